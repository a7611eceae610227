"""Answers in JSON that are one thing where all is well, and another where the partner says no."""

from typing import TypeVar

import msgspec

from connectors.kit.attempt import SERVER_ERROR
from connectors.kit.feeds import UNREADABLE
from schemas.call import Reply
from schemas.errors import Garbled

T = TypeVar("T")
F = TypeVar("F")


def said(reply: Reply, answer: msgspec.json.Decoder[T], failure: msgspec.json.Decoder[F]) -> T | F:
    """What a reply says: an answer with a 2xx, else what the partner says is wrong.

    Raises: Garbled for a failure of the partner's own, whatever its body says, and for what cannot be read.
    """
    if reply.status >= SERVER_ERROR:
        raise Garbled(f"HTTP {reply.status}", reply.body)
    try:
        if 200 <= reply.status < 300:  # noqa: PLR2004
            return answer.decode(reply.body)
        return failure.decode(reply.body)
    except UNREADABLE as error:
        raise Garbled(f"the answer (HTTP {reply.status}) cannot be read", reply.body) from error
