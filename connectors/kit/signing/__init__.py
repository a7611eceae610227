"""Signatures and ciphers that partners' dialects use, each proven against a published vector, off the event loop."""
