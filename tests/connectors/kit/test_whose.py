"""Marks of customers in references to what is theirs."""

from dataclasses import replace

import pytest

from connectors.kit.attempt import PartnerCall
from connectors.kit.whose import is_theirs, mark
from sandbox.stand.people import id_number
from schemas.errors import NotSent
from schemas.person import Person
from tests.connectors.kit.bench import Bench

OWNER = Person(name="王小明", id_number=id_number(7), mobile="19912345678")


async def nobody(_: object) -> NotSent:
    return NotSent("nobody is asked")


BENCH = Bench(nobody, subject=OWNER)


def test_a_mark_is_one_customers_on_one_thing() -> None:
    """The same customer under another name or mobile number owns it still, and nobody else, nor another thing."""
    marked = mark(BENCH.call(), "LON1")
    moved = replace(BENCH, subject=Person(name="王 小明", id_number=id_number(7), mobile="19900000000"))
    assert is_theirs(moved.call("R2"), "LON1", marked)
    other = replace(BENCH, subject=Person(name="王小明", id_number=id_number(8), mobile="19912345678"))
    assert not is_theirs(other.call(), "LON1", marked)
    assert not is_theirs(BENCH.call(), "LON2", marked)
    assert not is_theirs(BENCH.call(), "LON1", "")


def test_another_banks_mark_is_another() -> None:
    """Two banks with one customer have no mark in common, and a mark tells nothing that is in it."""
    errand = BENCH.errand()
    errand.tenant = "another bank"
    assert mark(PartnerCall(BENCH.line, errand), "LON1") != mark(BENCH.call(), "LON1")
    assert OWNER.id_number not in mark(BENCH.call(), "LON1")


def test_without_a_customer_nothing_is_anybodys() -> None:
    """A mark of nobody would be everybody's."""
    with pytest.raises(TypeError, match="no customer"):
        mark(replace(BENCH, subject=None).call(), "LON1")
