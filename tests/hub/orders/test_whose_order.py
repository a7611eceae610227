"""An order that names another one: it must be the same customer's, whatever consent that one came under."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from hub.consents.parties import Parties
from hub.consents.rows import ConsentRow, insert_consent
from hub.errors import Invalid
from hub.orders.originals import Originals
from hub.orders.rows import OrderRow
from sandbox.stand.people import id_number
from schemas.contract import Operation
from schemas.medical_insurance.settlements import Revocation
from schemas.order import OrderRequest
from schemas.outcome import Pending
from schemas.person import Person
from tests.hub.orders.office import Office
from tests.hub.orders.test_reversals import BILL, REVOKE, SETTLE, Till, settled


def of(serial: int, name: str = "周桂英", consent_id: str = "cns_1") -> Parties:
    return Parties(consent_id=consent_id, subject=Person(name=name, id_number=id_number(serial)))


async def begun(office: Office, operation: Operation, request: OrderRequest, parties: Parties | None) -> OrderRow:
    """An order of an operation, about somebody or nobody."""
    if parties is not None:
        now = office.clock()
        consent = ConsentRow(
            consent_id=parties.consent_id, tenant=office.tenant, client_id="app", agreed=b"", created_at=now,
            expires_at=now + timedelta(hours=1),
        )  # fmt: skip
        await office.store.write(lambda tx: insert_consent(tx, consent))
    draft = office.draft()
    key = replace(draft.key, operation=operation.key)
    row, _ = await office.journal.begin(replace(draft, key=key, operation=operation, request=request, parties=parties))
    return row


@pytest.mark.parametrize(
    ("parties", "may"),
    [
        (of(101), True),
        (of(101, name="ZHOU GUIYING", consent_id="cns_2"), True),
        (of(102), False),
        (None, False),
    ],
    ids=["the same consent", "a later consent of the same customer", "another customer's consent", "no consent"],
)
async def test_whose_order_it_is(office: Office, parties: Parties | None, may: bool):
    """A consent reaches the orders of its own customer, and no other's: the field is named."""
    row = await begun(office, SETTLE, BILL, of(101))
    await Till(office).settle(row, SETTLE, BILL, Pending(stage="cash-failed", so_far=settled("declined")))
    named = Originals(office.store, office.journal).named(
        office.tenant, REVOKE, Revocation(reverses=row.order_id), parties
    )
    if may:
        assert (await named).row.order_id == row.order_id
        return
    with pytest.raises(Invalid) as refused:
        await named
    assert refused.value.errors[0].field == "reverses"
