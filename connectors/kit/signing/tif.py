"""The x-tif headers of the medical-insurance gateways: a digest over time, token and a number used once.

Source: the facts about FSI gateways, variant (b), and the mobile payment centre.
"""

import hashlib
import secrets


def tif_headers(paasid: str, token: str, seconds: int) -> dict[str, str]:
    """Headers of one request. Units: `seconds` since 1970. A repeated request needs new ones."""
    nonce = secrets.token_hex(16)
    return {
        "x-tif-paasid": paasid,
        "x-tif-timestamp": str(seconds),
        "x-tif-nonce": nonce,
        "x-tif-signature": signature(token, str(seconds), nonce),
    }


def signature(token: str, timestamp: str, nonce: str) -> str:
    """Upper-case hex SHA-256 of timestamp, token, nonce and timestamp again."""
    return hashlib.sha256(f"{timestamp}{token}{nonce}{timestamp}".encode()).hexdigest().upper()
