"""SM4/ECB/PKCS7 under a key that is derived from the application's id and secret; bodies are upper hex."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK_BITS = 128
_KEY_LENGTH = 16


class BodyCipher:
    """Encrypts and decrypts the bodies of one application."""

    def __init__(self, app_id: str, app_secret: str) -> None:
        root = _sm4(app_id[:_KEY_LENGTH].encode())
        self._cipher = _sm4(_encrypted(root, app_secret.encode())[:_KEY_LENGTH].encode())

    def encrypted(self, text: str) -> str:
        return _encrypted(self._cipher, text.encode())

    def decrypted(self, text: str) -> str:
        """Raises: ValueError, for anything this application did not encrypt."""
        decryptor, unpadder = self._cipher.decryptor(), PKCS7(_BLOCK_BITS).unpadder()
        padded = decryptor.update(bytes.fromhex(text)) + decryptor.finalize()
        return (unpadder.update(padded) + unpadder.finalize()).decode()


def _sm4(key: bytes) -> Cipher[ECB]:
    return Cipher(SM4(key), ECB())  # noqa: S305 - the partner's own


def _encrypted(cipher: Cipher[ECB], plain: bytes) -> str:
    encryptor, padder = cipher.encryptor(), PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(plain) + padder.finalize()
    return (encryptor.update(padded) + encryptor.finalize()).hex().upper()
