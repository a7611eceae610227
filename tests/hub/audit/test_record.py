"""A record and its bytes."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.audit.record import Record, canonical, new_record, read_record

AT = datetime(2026, 10, 1, 8, 0, 0, 123456, tzinfo=UTC)
WORDS = st.text(st.characters(codec="utf-8"), max_size=20)


def a_record(**changes) -> Record:
    fields = {"tenant": "bank-a", "at": AT, "kind": "call", "trace_id": "t", "actor": "app", "operation": "x.y"}
    return new_record(**(fields | changes))


def test_canonical_bytes():
    """The bytes of a record are exactly these, for ever."""
    record = msgspec.structs.replace(
        a_record(order_id="ord_1", facts={"b": "电费", "a": '"'}, digests={"reply": "00"}), record_id="aud_1"
    )
    assert canonical(record).decode() == (
        '{"actor":"app","at":1790841600123456,"digests":{"reply":"00"},"facts":{"a":"\\"","b":"电费"},"kind":"call",'
        '"operation":"x.y","order_id":"ord_1","partner":null,"record_id":"aud_1","tenant":"bank-a","trace_id":"t","v":1}'
    )


@given(facts=st.dictionaries(WORDS, WORDS), actor=WORDS)
def test_canonical_is_plain_json(facts, actor):
    """The bytes are what any JSON library writes with sorted names and without spaces, and read back the same."""
    record = a_record(facts=facts, actor=actor)
    plain = json.dumps(msgspec.structs.asdict(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(record).decode() == plain
    assert read_record(canonical(record)) == record


def test_lone_surrogate():
    """Text that is not Unicode has no canonical bytes."""
    with pytest.raises(UnicodeEncodeError):
        canonical(a_record(actor="\ud800"))


def test_ids_sort_by_time():
    """Records sort in the order in which this process made them, also within one microsecond."""
    made = [a_record(at=AT + timedelta(microseconds=number // 3)).record_id for number in range(50)]
    assert made == sorted(made)
    assert len(set(made)) == 50


def test_unknown_kind_is_read():
    """A reader takes a kind of a later version."""
    body = canonical(a_record()).replace(b'"call"', b'"later"')
    assert read_record(body).kind == "later"
