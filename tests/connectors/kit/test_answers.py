"""What a reply of a JSON partner says, by its status and then by its body."""

import msgspec
import pytest

from connectors.kit.answers import said
from schemas.call import Reply
from schemas.errors import Garbled


class Thing(msgspec.Struct):
    thing: str


class Wrong(msgspec.Struct):
    code: str


THING = msgspec.json.Decoder(Thing)
WRONG = msgspec.json.Decoder(Wrong)


def test_the_status_says_which_of_two_it_is() -> None:
    """A 2xx is the answer, another status the partner's no, even if the body could be both."""
    both = b'{"thing": "t", "code": "c"}'
    assert said(Reply(status=201, body=both), THING, WRONG) == Thing("t")
    assert said(Reply(status=422, body=both), THING, WRONG) == Wrong("c")


@pytest.mark.parametrize(
    ("status", "body"), [(500, b'{"code": "c"}'), (302, b""), (200, b'{"code": "c"}'), (404, b"<html>"), (200, b"\xff")]
)
def test_nothing_else_is_said(status: int, body: bytes) -> None:
    """A failure of the partner's own decides nothing, whatever its body says; nor does what cannot be read."""
    with pytest.raises(Garbled) as raised:
        said(Reply(status=status, body=body), THING, WRONG)
    assert raised.value.evidence == body
