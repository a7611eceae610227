"""References and cursors are the hub's own words, and nobody else's."""

from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Malformed
from hub.gateway.tokens import Tokens
from schemas.refs import PartnerRef

TOKENS = Tokens(bytes(32))
REF = PartnerRef(1621842739, "330100.100000")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.integers(min_value=1, max_value=2**31 - 1), st.text(max_size=60))
def test_round_trip(partner: int, local_id: str) -> None:
    """A reference comes back as it went out, in letters that need no escaping anywhere."""
    token = TOKENS.write_ref(PartnerRef(partner, local_id))
    assert set(token) <= set(ALPHABET)
    assert TOKENS.read_ref(token) == PartnerRef(partner, local_id)


def test_every_change_is_seen() -> None:
    """No letter can be another, missing or added: also where Base64 would read the same bytes."""
    token = TOKENS.write_ref(REF)
    changed = {token[:index] + letter + token[index + 1 :] for index in range(len(token)) for letter in ALPHABET}
    shorter = {token[:index] + token[index + 1 :] for index in range(len(token))}
    longer = {token + end for end in ("A", "=", "==", "\n", " ")}
    for other in (changed | shorter | longer) - {token}:
        with pytest.raises(ValueError, match="no reference"):
            TOKENS.read_ref(other)


@pytest.mark.parametrize("token", ["", "=", "AAAA", "é", "\ud800", "+/+/", "A" * 5000])
def test_garbage(token: str) -> None:
    """What was never a token is refused like one that was spoilt."""
    with pytest.raises(ValueError, match="no reference"):
        TOKENS.read_ref(token)
    with pytest.raises(Malformed):
        TOKENS.read_cursor(token, b"list")


def test_content_is_not_seen() -> None:
    """A reference or a cursor shows nothing of what the partner wrote into its id, a mobile number say."""
    mobile = "13800138000"
    for token in (TOKENS.write_ref(PartnerRef(1, f"9:{mobile}")), TOKENS.write_cursor(mobile.encode(), b"list")):
        assert mobile.encode() not in urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_one_thing_has_one_reference() -> None:
    """A bank may keep a reference and compare it: the same thing is the same text, whenever it is written."""
    assert TOKENS.write_ref(REF) == Tokens(bytes(32)).write_ref(REF)


def test_another_hub() -> None:
    """Under another master key nothing is good."""
    with pytest.raises(ValueError, match="no reference"):
        Tokens(bytes(31) + b"\x01").read_ref(TOKENS.write_ref(REF))


def test_purposes_are_apart() -> None:
    """A cursor is no reference, a reference no cursor, and a cursor belongs to one list."""
    cursor = TOKENS.write_cursor(b"place", b"list")
    assert TOKENS.read_cursor(cursor, b"list") == b"place"
    with pytest.raises(ValueError, match="no reference"):
        TOKENS.read_ref(cursor)
    for token, bound_to in [(cursor, b"lis"), (cursor, b"list\n"), (cursor, b""), (TOKENS.write_ref(REF), b"list")]:
        with pytest.raises(Malformed):
            TOKENS.read_cursor(token, bound_to)
