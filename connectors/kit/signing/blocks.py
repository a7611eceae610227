"""Texts of any length in ciphers of 16-byte blocks: PKCS #7 fills up the last block. `aes` and `sm4` say which cipher.

ECB and CBC hide, and prove nothing: who can write to the wire can change what they hide, so a signature goes with them.

Source: RFC 5652, section 6.3.
"""

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.padding import PKCS7

from schemas.errors import Garbled

_PKCS7 = PKCS7(128)


def encrypt(algorithm: BlockCipherAlgorithm, mode: ECB | CBC, plain: bytes) -> bytes:
    """Raises: ValueError for an initialisation vector that is no block."""
    padder, encryptor = _PKCS7.padder(), Cipher(algorithm, mode).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def decrypt(algorithm: BlockCipherAlgorithm, mode: ECB | CBC, sealed: bytes) -> bytes:
    """Raises: Garbled, in the same words whatever is wrong with the text or the initialisation vector."""
    unpadder = _PKCS7.unpadder()
    try:
        decryptor = Cipher(algorithm, mode).decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise Garbled("the text cannot be decrypted", sealed) from None
