"""Signatures, ciphers and signed texts that partners' dialects use, each proven against what is published of it.

What takes milliseconds (RSA, SM2) is asynchronous and leaves the event loop alone; the rest are plain functions.
"""
