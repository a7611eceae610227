"""What customers agreed to: who is concerned, for how long, and who acts for whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from hub.audit.record import Record, read_record
from hub.consents.consents import ConsentRequest, Consents
from hub.errors import ConsentMissing, HubError, Invalid, NotFound, ScopeMissing
from hub.identity.guard import Caller
from hub.store import Sealer, Store
from hub.tenants import banks
from hub.tenants.data_keys import DataKeys
from sandbox.stand.people import id_number
from schemas.contract import operation_named
from schemas.person import Authority, Person
from schemas.scenarios import load

load()
START = datetime(2026, 11, 23, 8, tzinfo=UTC)
SEALER = Sealer(b"m" * 32)
ISSUE = operation_named("social-security.issue_card")
CUSTOMER = Person(name="周桂英", id_number=id_number(7), mobile="19900000007")
CHILD = Person(name="周小明", id_number=id_number(8))
UNBORN = Person(name="周未来", id_number=id_number(9, "20261124"))
RIGHT = Authority(relation="child", evidence="register", until=START + timedelta(days=60))


class Ward:
    """Consents of one bank under the test's clock."""

    def __init__(self, store: Store, tenant: str) -> None:
        self.store, self.now = store, START
        self.consents = Consents(store, DataKeys(store, SEALER), lambda: self.now)
        self.caller = caller(tenant)

    async def give(self, **changes: Any) -> str:
        return (await self.consents.give(self.caller, asked(**changes))).consent_id

    async def parties(self, consent_id: str | None, operation: str = ISSUE.key) -> Any:
        return await self.consents.parties(self.caller, operation_named(operation), consent_id)

    async def audit(self) -> list[Record]:
        def query(tx: Any) -> list[bytes]:
            return [bytes(row.body) for row in tx.execute(text("SELECT body FROM audit_records ORDER BY record_id"))]

        return [read_record(body) for body in await self.store.read(query)]


def caller(tenant: str, *scopes: str) -> Caller:
    scopes = scopes or ("social-security:card", "social-security:read")
    return Caller(tenant, "app", frozenset(scopes), token_id="t", expires_at=START + timedelta(days=1))


def asked(**changes: Any) -> ConsentRequest:
    given = {"customer": CUSTOMER, "operations": [ISSUE.key], "expires_at": START + timedelta(days=30)}
    return ConsentRequest(**(given | changes))


@pytest.fixture
async def ward(store: Store) -> Ward:
    bank = await store.write(lambda tx: banks.add(tx, SEALER, "some-bank", now=START))
    return Ward(store, bank.tenant_id)


async def test_a_call_learns_who_is_concerned(ward: Ward):
    """The consent names the customer; a call carries only its id."""
    parties = await ward.parties(await ward.give())
    assert (parties.subject, parties.actor, parties.authority) == (CUSTOMER, None, None)


async def test_what_may_concern_a_person_can_be_agreed_to(ward: Ward):
    """An operation that concerns whom its order concerned takes a consent like any other."""
    ward.caller = caller(ward.caller.tenant, "rights:read")
    consent_id = await ward.give(operations=["rights.find_redemptions"])
    assert (await ward.parties(consent_id, "rights.find_redemptions")).subject == CUSTOMER


@pytest.mark.parametrize("missing", [None, "cns_00000000000000000000000000"])
async def test_without_a_consent(ward: Ward, missing: str | None):
    """No consent, or nobody's: refused, naming the header."""
    with pytest.raises(ConsentMissing) as refused:
        await ward.parties(missing)
    assert refused.value.errors[0].field == "Consent-Id"


async def test_another_banks_consent_is_nobodys(ward: Ward, store: Store):
    """A second bank can neither use, see nor revoke it."""
    consent_id = await ward.give()
    other = await store.write(lambda tx: banks.add(tx, SEALER, "other-bank", now=START))
    stranger = caller(other.tenant_id)
    with pytest.raises(ConsentMissing):
        await ward.consents.parties(stranger, ISSUE, consent_id)
    for deed in (ward.consents.see, ward.consents.revoke):
        with pytest.raises(NotFound):
            await deed(stranger, consent_id)
    assert (await ward.consents.see(ward.caller, consent_id)).state == "active"


async def test_covers_what_it_says(ward: Ward):
    """An operation that the customer did not agree to is refused by its name."""
    consent_id = await ward.give()
    with pytest.raises(ConsentMissing, match=r"social-security\.unlink_card"):
        await ward.parties(consent_id, "social-security.unlink_card")


async def test_revoked_at_once(ward: Ward):
    """The very next call is refused; a second revocation changes nothing."""
    consent_id = await ward.give()
    revoked = await ward.consents.revoke(ward.caller, consent_id)
    assert (revoked.state, revoked.revoked_at) == ("revoked", START)
    with pytest.raises(ConsentMissing, match="revoked"):
        await ward.parties(consent_id)
    ward.now += timedelta(hours=1)
    assert (await ward.consents.revoke(ward.caller, consent_id)).revoked_at == START


async def test_expires(ward: Ward):
    """From the moment of its expiry it is worth nothing."""
    consent_id = await ward.give(expires_at=START + timedelta(minutes=5))
    ward.now += timedelta(minutes=5) - timedelta(microseconds=1)
    assert await ward.parties(consent_id)
    ward.now += timedelta(microseconds=1)
    with pytest.raises(ConsentMissing, match="expired"):
        await ward.parties(consent_id)


async def test_acting_for_another(ward: Ward):
    """Subject and actor are two people, and the right to act is told to the audit."""
    authority = Authority(relation="child", evidence="file 12/7", until=START + timedelta(days=40))
    parties = await ward.parties(await ward.give(actor=CHILD, authority=authority))
    assert (parties.subject, parties.actor, parties.authority) == (CUSTOMER, CHILD, authority)
    assert parties.facts["acting"] == "child"
    assert (await ward.audit())[-1].facts["acting"] == "child"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"actor": CHILD}, "authority"),
        ({"authority": Authority(relation="child", evidence="x", until=START + timedelta(days=40))}, "actor"),
        (
            {"actor": CUSTOMER, "authority": Authority(relation="agent", evidence="x", until=START + timedelta(40))},
            "actor",
        ),
        (
            {"actor": CHILD, "authority": Authority(relation="child", evidence="x", until=START + timedelta(days=1))},
            "expires_at",
        ),
    ],
)
def test_acting_needs_its_right(changes: dict[str, Any], field: str):
    """No actor without an authority, no authority without an actor, and none that ends before the consent."""
    with pytest.raises(ValueError, match=f"^{field}: "):
        asked(**changes)


@pytest.mark.parametrize(
    ("changes", "kind", "field"),
    [
        ({"expires_at": START}, Invalid, "expires_at"),
        ({"expires_at": START + timedelta(days=400)}, Invalid, "expires_at"),
        ({"customer": UNBORN}, Invalid, "customer.id_number"),
        ({"actor": UNBORN, "authority": RIGHT}, Invalid, "actor.id_number"),
        ({"operations": [ISSUE.key, "social-security.nothing"]}, Invalid, "operations[1]"),
        ({"operations": ["utility-bills.pay"]}, Invalid, "operations[0]"),
        ({"operations": ["lending.apply"]}, ScopeMissing, None),
    ],
)
async def test_what_cannot_be_agreed_to(ward: Ward, changes: dict[str, Any], kind: type[HubError], field: str | None):
    """A consent that is over, too long, of nobody born yet, to nothing, or beyond the client's own scopes."""
    with pytest.raises(kind) as refused:
        await ward.give(**changes)
    assert [error.field for error in refused.value.errors] == ([field] if field else [])


async def test_what_could_be_agreed_to(ward: Ward):
    """Who names an operation that there is not hears those of the scenario that there are."""
    with pytest.raises(Invalid, match=ISSUE.key) as refused:
        await ward.give(operations=["social-security.nothing"])
    assert "lending." not in refused.value.detail
    assert "is no operation that concerns a person" in refused.value.detail


@pytest.mark.parametrize(
    ("id_type", "number", "holds"),
    [
        ("resident-id", "11010519491231002X", True),
        ("resident-id", "440524188001010014", True),
        ("resident-id", "110105194912310021", False),
        ("resident-id", "99000019850230001X", False),
        ("resident-id", "99000019850615", False),
        ("credit-code", "91350100M000100Y43", True),
        ("credit-code", "91350100M000100Y44", False),
        ("credit-code", "91350100M000100I43", False),
        ("passport", "E12345678", True),
    ],
)
def test_check_digits(id_type: Any, number: str, holds: bool):
    """A number that its own check digit denies is refused, naming the field. Vectors: GB 11643, GB 32100."""
    body = {"name": "x", "id_type": id_type, "id_number": number}
    if holds:
        assert msgspec.convert(body, Person).id_number == number
        return
    with pytest.raises(msgspec.ValidationError, match="id_number: "):
        msgspec.convert(body, Person)


async def test_nobody_is_named_in_the_clear(ward: Ward, store: Store):
    """What is shown, stored and audited does not hold name or number."""
    consent_id = await ward.give()
    seen = msgspec.json.encode(await ward.consents.see(ward.caller, consent_id))
    stored = await store.read(lambda tx: bytes(tx.execute(text("SELECT agreed FROM consents")).scalar_one()))
    records = msgspec.json.encode(await ward.audit())
    for text_ in (seen, stored, records):
        for secret in (CUSTOMER.name, CUSTOMER.id_number, CUSTOMER.mobile or ""):
            assert secret.encode() not in text_


async def test_a_client_without_its_scopes_sees_nothing(ward: Ward):
    """A program of the bank that may do nothing of what a consent covers can neither see nor end it."""
    consent_id = await ward.give()
    bills = caller(ward.caller.tenant, "utility-bills:read")
    for deed in (ward.consents.see, ward.consents.revoke):
        with pytest.raises(ScopeMissing):
            await deed(bills, consent_id)
    assert (await ward.consents.see(ward.caller, consent_id)).state == "active"


async def test_born_today_in_china(ward: Ward):
    """A day begins in China before it does in UTC: who is born by then may be a customer."""
    ward.now = datetime(2026, 11, 23, 16, 1, tzinfo=UTC)
    assert await ward.give(customer=UNBORN)
