"""One audit record, and the bytes that are stored and hashed."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Literal

import msgspec

from hub.store.metadata import EPOCH, MICROSECOND

Kind = Literal[
    "call",
    "order.journalled",
    "order.attempt",
    "order.outcome",
    "order.posting",
    "callback",
    "delivery",
    "admin",
    "consent",
    "token",
    "release",
    "refusals",
]
"""What a writer may say happened; a new kind is one line here. A reader takes any, for records outlive programs."""

HOUSE = "_hub"
"""The tenant of what concerns no bank: administration of the hub itself, refusals of strangers."""

_SEQUENCE = count()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, told without personal data.

    Shape: `kind` is a Kind of its time; `actor` is a client_id, "operator", "partner:NAME" or "hub"; `facts` are
    short, masked values (`masking.facts_of`); `digests` are lower-case hexadecimal digests of bodies, so that evidence
    verifies after the bodies are gone: SHA-256 of an answer, HMAC under the bank's key of a request, which could be
    guessed. It holds no sequence number: its place is the leaf's index in its tenant's tree.
    Units: `at` is microseconds since 1970-01-01T00:00:00Z.
    """

    v: int = 1
    record_id: str
    tenant: str
    at: int
    kind: str
    trace_id: str
    actor: str
    operation: str
    order_id: str | None
    partner: str | None
    facts: dict[str, str]
    digests: dict[str, str]


def new_record(
    *,
    tenant: str,
    at: datetime,
    kind: Kind,
    trace_id: str,
    actor: str,
    operation: str,
    order_id: str | None = None,
    partner: str | None = None,
    facts: Mapping[str, str] | None = None,
    digests: Mapping[str, str] | None = None,
) -> Record:
    """A record with an id of its own. Make it before the unit of writing, so that a second run appends the same."""
    micros = (at - EPOCH) // MICROSECOND
    return Record(
        record_id=_new_id(micros),
        tenant=tenant,
        at=micros,
        kind=kind,
        trace_id=trace_id,
        actor=actor,
        operation=operation,
        order_id=order_id,
        partner=partner,
        facts=dict(facts) if facts else {},
        digests=dict(digests) if digests else {},
    )


def _new_id(micros: int) -> str:
    """Shape: hexadecimal digits; 14 digits of microseconds, 6 that count up in this process, 12 of chance."""
    return f"aud_{micros:014x}{next(_SEQUENCE) & 0xFFFFFF:06x}{secrets.token_hex(6)}"


_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical(record: Record) -> bytes:
    """The bytes that are stored, hashed, and never written a second time: verification reads what is stored.

    Shape: one JSON object (RFC 8259) in UTF-8 with every field of Record, `v` included and absent values
    as null, names sorted by code point at every depth, no white space, no escape that JSON does not demand.
    Raises: UnicodeEncodeError for text that is not Unicode (a lone surrogate).
    """
    return _ENCODER.encode(record)


def read_record(body: bytes) -> Record:
    """Reads stored bytes. Raises: msgspec.DecodeError."""
    return msgspec.json.decode(body, type=Record)
