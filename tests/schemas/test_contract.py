"""What a scenario may not declare."""

import pytest

from schemas.call import Attempt, Call
from schemas.contract import A2, Scenario, Subject, enquiry, order, query
from schemas.order import OrderId, OrderRequest
from schemas.outcome import Found, Outcome
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
        ("followed", "required", True),
        ("none", "required", False),
        ("digest", "required", False),
        ("none", "none", True),
        ("required", "none", True),
        ("followed", "none", False),
    ],
)
def test_who_follows_an_order_about_a_person(
    subject: Subject, followed: Subject, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows an order about a person is not declared to concern nobody, nor the other way round."""
    monkeypatch.setattr("schemas.contract.SCENARIOS", {})
    if may:
        following(subject, followed)
        return
    with pytest.raises(TypeError, match=r"visits\.find: follows"):
        following(subject, followed)
