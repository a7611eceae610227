"""Which error of the bank's a connector's trouble is."""

import pytest

from hub.errors import PartnerDown, PartnerError, PartnerGarbled, PartnerSlow, RefusedByPartner
from hub.gateway.problems import problem_of
from hub.queries.told import told
from schemas import errors as failures
from schemas.errors import Garbled, Late, MaybeSent, NotReady, NotSent, PartnerFailure, Refused


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (NotSent("no connection"), PartnerDown, 503),
        (MaybeSent("connection reset"), PartnerGarbled, 502),
        (MaybeSent("answered '9999'"), PartnerGarbled, 502),
        (Late("no answer in time"), PartnerSlow, 504),
        (TimeoutError(), PartnerSlow, 504),
        (Garbled("no JSON", b"<html>"), PartnerGarbled, 502),
        (Refused("is too long", field="account"), RefusedByPartner, 422),
        (KeyError("zipcode"), PartnerGarbled, 502),
        (ZeroDivisionError(), PartnerGarbled, 502),
    ],
)
def test_told(error: Exception, kind: type[PartnerError], status: int) -> None:
    """Each failure has one status, and a mistake of ours in a connector is no 500 either."""
    found = told(error, "some_partner")
    assert type(found) is kind
    assert problem_of(found).status == status


@pytest.mark.parametrize("error", [Garbled("balance 12.30", b"6222"), MaybeSent("10.1.2.3:443"), KeyError("6222")])
def test_keeps_the_partners_words_inside(error: Exception) -> None:
    """What a partner said wrong, and where it is, never reaches a bank."""
    shown = str(problem_of(told(error, "some_partner")))
    assert "6222" not in shown
    assert "12.30" not in shown
    assert "10.1.2.3" not in shown
    assert "some_partner" in shown


def test_a_refusal_names_its_field() -> None:
    """A refusal about a field names it; one about the whole names none."""
    named = problem_of(told(Refused("is closed", field="account"), "some_partner"))
    assert [(error.field, error.message) for error in named.errors] == [("account", "is closed")]
    assert problem_of(told(Refused("is closed"), "some_partner")).errors == []


def test_every_failure_is_told() -> None:
    """No failure that a connector may raise falls under the rule for mistakes."""
    kinds = [kind for kind in vars(failures).values() if isinstance(kind, type) and issubclass(kind, PartnerFailure)]
    assert {Garbled, Late, MaybeSent, NotReady, NotSent, Refused} < set(kinds)
    for kind in set(kinds) - {PartnerFailure, NotReady}:
        assert "could not be understood" not in str(told(kind("x"), "some_partner"))
