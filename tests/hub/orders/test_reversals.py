"""Orders that undo orders: one at a time, never more than there was, and what their success means for the other."""

from datetime import timedelta
from typing import Any

import pytest

from hub.errors import Invalid
from hub.orders.journal import Settlement as News
from hub.orders.originals import Originals
from hub.orders.rows import Key, OrderRow
from hub.orders.sealed import fingerprint
from schemas.contract import Operation, operation_named
from schemas.medical_insurance.settlements import FeeItem, Refund, Refunded, Revocation, Revoked, Settled, Settlement
from schemas.medical_insurance.settlements import RefundLeg as Back
from schemas.money import Money
from schemas.order import Leg, OrderRequest
from schemas.outcome import Pending, Succeeded
from tests.hub.orders.office import MANIFEST, Office, declined

SETTLE = operation_named("medical-insurance.settle")
REFUND = operation_named("medical-insurance.refund")
REVOKE = operation_named("medical-insurance.revoke")


def yuan(amount: str) -> Money:
    return Money(amount=amount, currency="CNY")


BILL = Settlement(
    treatment_region="120000",
    insured_region="120000",
    institution="H12000000001",
    business="outpatient-settlement",
    voucher_token="t",
    total=yuan("100.00"),
    items=[FeeItem(code="1", name="x", quantity="1", amount=yuan("100.00"))],
)
LEGS = {"fund": "60.00", "account": "30.00", "cash": "10.00"}


def settled(cash: Any = "succeeded") -> Settled:
    legs = [Leg(name=name, state="succeeded", amount=yuan(amount)) for name, amount in LEGS.items()]
    legs[2] = Leg(name="cash", state=cash, amount=yuan("10.00"))
    return Settled(total=yuan("100.00"), legs=legs)


def refund(order_id: str, **legs: str) -> Refund:
    total = yuan(str(sum(int(amount) for amount in legs.values())))
    return Refund(reverses=order_id, total=total, legs=[Back(name=k, amount=yuan(v)) for k, v in legs.items()])  # type: ignore[arg-type]


class Till:
    """The journal of an office that settles and refunds."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.originals = Originals(office.store, office.journal)
        self._keys = 0

    async def begin(self, operation: Operation, request: OrderRequest, reversals: int = 0) -> OrderRow:
        self._keys += 1
        draft = self.office.draft()
        mark = Key(
            tenant=self.office.tenant,
            operation=operation.key,
            key=f"till-{self._keys}",
            fingerprint=fingerprint(self.office.sealer, request),
        )
        fields = {name: getattr(draft, name) for name in draft.__struct_fields__}
        changed = {"key": mark, "operation": operation, "request": request, "reversals": reversals}
        row, _ = await self.office.journal.begin(type(draft)(**(fields | changed)))
        return row

    async def settle(self, row: OrderRow, operation: Operation, request: OrderRequest, news: Any) -> OrderRow:
        told = News(
            order_id=row.order_id, tenant=row.tenant, operation=operation, request=request, manifest=MANIFEST,
            news=news, source="answer", fence=1,
        )  # fmt: skip
        settled_row = await self.office.journal.settle(told)
        assert settled_row is not None
        return settled_row

    async def bill(self, news: Any) -> OrderRow:
        return await self.settle(await self.begin(SETTLE, BILL), SETTLE, BILL, news)

    async def named(self, operation: Operation, request: Any) -> int:
        return (await self.originals.named(self.office.tenant, operation, request)).reversals

    async def refund(self, order_id: str, **legs: str) -> OrderRow:
        """Checked, journalled and performed."""
        request = refund(order_id, **legs)
        row = await self.begin(REFUND, request, await self.named(REFUND, request))
        back = [Leg(name=leg.name, state="succeeded", amount=leg.amount) for leg in request.legs]
        return await self.settle(row, REFUND, request, Succeeded(result=Refunded(total=request.total, legs=back)))


@pytest.fixture
def till(office: Office) -> Till:
    return Till(office)


async def test_legs_stand_in_the_order(till: Till):
    """Legs are lifted out of the result, and of what there is so far."""
    row = await till.bill(Pending(stage="cash-failed", so_far=settled("declined")))
    assert [(leg.name, leg.state) for leg in row.legs][-1] == ("cash", "declined")


async def test_a_refund_is_posted_to_its_original(till: Till):
    """The state stays; a posting says what went back and why, and the bank is told."""
    bill = await till.bill(Succeeded(result=settled()))
    back = await till.refund(bill.order_id, cash="10")
    original = await till.office.row(bill.order_id)
    assert (original.state, back.reverses) == ("succeeded", bill.order_id)
    assert [(posting.cause, posting.amount) for posting in original.postings] == [(REFUND.key, yuan("10"))]
    assert "order.posted" in await till.office.events(bill.order_id)


@pytest.mark.parametrize("legs", [{"fund": "61"}, {"fund": "60", "cash": "11"}, {"account": "31"}])
async def test_never_above_the_original(till: Till, legs: dict[str, str]):
    """A leg gives back at most what it paid, and the field is named."""
    bill = await till.bill(Succeeded(result=settled()))
    with pytest.raises(Invalid) as refused:
        await till.named(REFUND, refund(bill.order_id, **legs))
    assert refused.value.errors[0].field == f"legs[{len(legs) - 1}].amount.amount"


async def test_refunds_add_up(till: Till):
    """What went back already is not there any more."""
    bill = await till.bill(Succeeded(result=settled()))
    await till.refund(bill.order_id, fund="50")
    with pytest.raises(Invalid):
        await till.named(REFUND, refund(bill.order_id, fund="11"))
    assert await till.named(REFUND, refund(bill.order_id, fund="10")) == 1


async def test_one_at_a_time(till: Till):
    """While a refund is open another is refused, also one that was checked before the first was written."""
    bill = await till.bill(Succeeded(result=settled()))
    request = refund(bill.order_id, fund="60")
    seen = [await till.named(REFUND, request) for _ in range(2)]
    await till.begin(REFUND, request, seen[0])
    with pytest.raises(Invalid):
        await till.begin(REFUND, request, seen[1])
    with pytest.raises(Invalid, match="is being undone"):
        await till.named(REFUND, request)


async def test_a_revocation_makes_the_original_be_asked_about(till: Till):
    """A settlement with a failed leg is open: once revoked, the partner is asked at once what it is now."""
    bill = await till.bill(Pending(stage="cash-failed", so_far=settled("declined")))
    request = Revocation(reverses=bill.order_id)
    row = await till.begin(REVOKE, request, await till.named(REVOKE, request))
    till.office.clock.forward(timedelta(seconds=1))
    await till.settle(row, REVOKE, request, Succeeded(result=Revoked(returned=yuan("90.00"))))
    original = await till.office.row(bill.order_id)
    assert (original.state, original.postings) == ("pending", [])
    due = await till.office.due(bill.order_id)
    assert due is not None
    assert due[0] == till.office.clock()


async def test_an_original_that_learnt_it_first(till: Till):
    """Declined as revoked before the revocation itself was heard of: no money is posted back to it."""
    bill = await till.bill(Pending(stage="cash-failed", so_far=settled("declined")))
    request = Revocation(reverses=bill.order_id)
    row = await till.begin(REVOKE, request, await till.named(REVOKE, request))
    await till.settle(bill, SETTLE, BILL, declined())
    await till.settle(row, REVOKE, request, Succeeded(result=Revoked(returned=yuan("90.00"))))
    original = await till.office.row(bill.order_id)
    assert (original.state, original.postings) == ("declined", [])
    assert "undone" in {entry.what for entry in original.timeline}


async def test_nothing_is_refunded_of_what_was_revoked(till: Till):
    """A settlement that was taken back whole holds nothing that could go back again."""
    bill = await till.bill(Succeeded(result=settled()))
    request = Revocation(reverses=bill.order_id)
    row = await till.begin(REVOKE, request, await till.named(REVOKE, request))
    await till.settle(row, REVOKE, request, Succeeded(result=Revoked(returned=yuan("100.00"))))
    for again in (request, refund(bill.order_id, cash="1")):
        with pytest.raises(Invalid, match=r"^reverses: was .*revoked already"):
            await till.named(REVOKE if again is request else REFUND, again)


@pytest.mark.parametrize("which", ["nobody's", "another bank's", "of another operation", "declined", "on its way"])
async def test_what_cannot_be_undone(till: Till, which: str):
    """An order that is not there for this bank, of another kind, or in no state to be undone."""
    tenant, bill = till.office.tenant, await till.begin(SETTLE, BILL)
    order_id = {"nobody's": "ord_" + "0" * 26}.get(which, bill.order_id)
    if which == "of another operation":
        order_id = (await till.office.begin()).order_id
    elif which == "declined":
        await till.settle(bill, SETTLE, BILL, declined())
    elif which == "another bank's":
        tenant = "bnk_other"
    with pytest.raises(Invalid) as refused:
        await till.originals.named(tenant, REFUND, refund(order_id, cash="1"))
    assert refused.value.errors[0].field == "reverses"


@pytest.mark.parametrize(
    ("total", "legs", "field"),
    [("11", {"cash": "10"}, "legs"), ("0", {"cash": "0"}, "total.amount")],
)
def test_legs_that_do_not_sum(total: str, legs: dict[str, str], field: str):
    """Refused when read, naming the field."""
    with pytest.raises(ValueError, match=f"^{field}"):
        Refund(
            reverses="ord_" + "0" * 26,
            total=yuan(total),
            legs=[Back(name=name, amount=yuan(amount)) for name, amount in legs.items()],  # type: ignore[arg-type]
        )


def test_a_bill_that_does_not_sum():
    """Items that do not add up to the total."""
    with pytest.raises(ValueError, match=r"^items: add up to 100\.00, not to 99\.00"):
        Settlement(**({name: getattr(BILL, name) for name in BILL.__struct_fields__} | {"total": yuan("99.00")}))


async def test_a_success_that_comes_after_its_revocation_calls_for_a_person(till: Till):
    """An answer that was on its way while the settlement was taken back settles it, and somebody must look."""
    bill = await till.bill(Pending(stage="processing", so_far=settled("pending")))
    request = Revocation(reverses=bill.order_id)
    row = await till.begin(REVOKE, request, await till.named(REVOKE, request))
    await till.settle(row, REVOKE, request, Succeeded(result=Revoked(returned=yuan("100.00"))))
    late = await till.settle(bill, SETTLE, BILL, Succeeded(result=settled()))
    assert (late.state, late.review) == ("succeeded", True)
