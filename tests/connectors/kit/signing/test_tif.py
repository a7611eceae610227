"""The x-tif headers, against the recipe worked out by hand."""

import hashlib

from connectors.kit.signing.tif import signature, tif_headers


def test_signature_is_over_time_token_nonce_and_time_again() -> None:
    """No published vector exists: the text is put together here, in the order of the recipe."""
    text = b"1764000000" + b"token" + b"nonce" + b"1764000000"
    assert signature("token", "1764000000", "nonce") == hashlib.sha256(text).hexdigest().upper()


def test_a_number_is_used_once() -> None:
    """Two requests of one second differ, and each is signed over its own number."""
    one, other = (tif_headers("paas", "token", 1764000000) for _ in range(2))
    assert one["x-tif-nonce"] != other["x-tif-nonce"]
    for headers in (one, other):
        assert headers["x-tif-signature"] == signature("token", "1764000000", headers["x-tif-nonce"])
