"""The x-tif headers in front of the platforms of medical insurance: variant (b) of the facts.

Source: partners/social-security-and-medical.md, section B2.
"""

import hmac
from hashlib import sha256

from sandbox.stand.message import Request
from sandbox.stand.moment import now

WINDOW_SECONDS = 300


def verifies(request: Request, paasid: str, token: str) -> bool:
    """Whether the headers are this caller's and of this moment."""
    given, timestamp, nonce, signature = (
        request.headers.get(f"x-tif-{name}", "") for name in ("paasid", "timestamp", "nonce", "signature")
    )
    if given != paasid or not nonce or not (timestamp.isascii() and timestamp.isdecimal()):
        return False
    if abs(int(timestamp) - now()) > WINDOW_SECONDS:
        return False
    expected = sha256(f"{timestamp}{token}{nonce}{timestamp}".encode()).hexdigest().upper()
    return hmac.compare_digest(signature.encode(), expected.encode())
