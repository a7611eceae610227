"""What a declaration must say, and is refused for leaving out."""

import pytest

from schemas.call import Attempt, Call
from schemas.contract import A2, SCENARIOS, Scenario, Subject, enquiry, operation_named, order, query
from schemas.order import OrderId, OrderRequest
from schemas.outcome import Found, Outcome
from schemas.page import Merged, Paged
from schemas.region import RegionCode
from schemas.struct import Canonical


class Visit(OrderRequest):
    """Something to order."""


class Visited(Canonical):
    """What came of it."""


class Search(Canonical):
    """About which order."""

    order: OrderId


def following(subject: Subject, followed: Subject) -> None:
    """Declares a question about an order, each of a subject."""

    class Visits(Scenario, name="visits"):
        @order("POST /visits", access="order", level=A2, subject=followed)
        async def visit(self, visit: Visit, attempt: Attempt) -> Outcome[Visited]:
            """Visit."""

        @enquiry(of=visit)
        async def find_visit(self, visit: Visit, attempt: Attempt) -> Found[Visited]:
            """What became of it."""

        @query("POST /visit-searches", access="read", level=A2, subject=subject, follows=(visit,))
        async def find(self, search: Search, call: Call) -> Visited:
            """See."""


@pytest.mark.parametrize(
    ("subject", "followed", "may"),
    [
        ("required", "required", True),
        ("none", "required", False),
        ("digest", "required", False),
        ("none", "none", True),
        ("required", "none", True),
    ],
)
def test_who_follows_an_order_about_a_person(
    subject: Subject, followed: Subject, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows an order about a person is not declared to concern nobody."""
    monkeypatch.setattr("schemas.contract.SCENARIOS", {})
    if may:
        following(subject, followed)
        return
    with pytest.raises(TypeError, match=r"visits\.find: follows"):
        following(subject, followed)


class Journey(Canonical):
    """From one region to another."""

    begins: RegionCode
    ends: RegionCode


@pytest.mark.parametrize(("where", "named"), [((), "begins, ends"), (("ends", "stops"), "stops")])
def test_who_is_asked_hangs_on_no_order_of_fields(where: tuple[str, ...], named: str) -> None:
    """A request with two regions does not import until its operation says which of them decide, by their names."""
    with pytest.raises(TypeError, match=rf"made-up.travel: .*{named}"):

        class MadeUp(Scenario, name="made-up"):
            @query("POST /journeys", access="read", level=A2, where=where)
            async def travel(self, journey: Journey, call: Call) -> Journey:
                """Travels."""

    assert "made-up" not in SCENARIOS


@pytest.mark.parametrize(
    "name", ["activate_voucher", "check_activation", "find_activation", "issue_token", "preview", "settle"]
)
def test_the_treatment_region_decides(name: str) -> None:
    """In medical insurance who is asked hangs on where the customer is treated, in every step of an operation."""
    assert operation_named(f"medical-insurance.{name}").region_fields == ("treatment_region",)


def test_whatever_is_about_a_card_is_kin() -> None:
    """Issuing, finding, showing, verifying and unlinking one go together; what is about nothing stands alone."""
    names = {kin.name for kin in operation_named("social-security.issue_qr").kin}
    assert names == {"find_card", "issue_card", "unlink_card", "issue_qr", "verify_qr"}
    assert [kin.name for kin in operation_named("social-security.transfer").kin] == ["transfer"]


def test_a_list_from_everyone_is_about_nothing() -> None:
    """Who is asked about one thing is found by its region: a merged list of such things does not import."""
    with pytest.raises(TypeError, match=r"made-up.travel: .* a trip hangs on its region"):

        class MadeUp(Scenario, name="made-up"):
            @query("POST /journeys", access="read", level=A2, about="trip")
            async def travel(self, where: Paged, call: Call) -> Merged[Journey]:
                """Travels."""
