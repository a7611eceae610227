"""Card secrets: made from the order, encrypted with the caller's secret, and told by the enquiry alone."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.padding import PKCS7

from sandbox.providers.fulu.magic import Situation
from sandbox.providers.fulu.words import stamp
from sandbox.stand.book import Order
from sandbox.stand.moment import now

_YEAR_SECONDS = 365 * 86400


def cards_of(order: Order, secret: str, late_seconds: float) -> list[dict[str, str]] | None:
    """The cards of a card order that succeeded; none while they are not there."""
    situation, final_at = order["situation"], order["finalAt"]
    late = late_seconds if situation == Situation.CARDS_LATE else 0.0
    if situation == Situation.CARDS_NEVER or now() < final_at + late:
        return None
    # Of a single card nothing can be missing.
    delivered = max(order["buyNum"] - (situation == Situation.PARTIAL), 1)
    return [_card(order, index, secret) for index in range(delivered)]


def encrypted(text: str, secret: str) -> str:
    """AES-256-ECB with PKCS#7 under the 32 characters of the secret, in Base64."""
    padder = PKCS7(AES256.block_size).padder()
    encryptor = Cipher(AES256(secret.encode()), ECB()).encryptor()  # noqa: S305 - the partner's own
    data = encryptor.update(padder.update(text.encode()) + padder.finalize()) + encryptor.finalize()
    return b64encode(data).decode()


def _card(order: Order, index: int, secret: str) -> dict[str, Any]:
    mark = sha256(f"card {order['orderId']} {index}".encode()).digest()
    return {
        "card_number": encrypted(f"{int.from_bytes(mark) % 10**15:016d}", secret),
        "card_pwd": encrypted(mark.hex()[:12].upper(), secret),
        "card_deadline": stamp(order["at"] + _YEAR_SECONDS),
    }
