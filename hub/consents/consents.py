"""What a customer agreed to, as the bank asserts it: for which operations, until when, and who acts for whom."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from hub import ids
from hub.audit import rows as audit
from hub.audit.masking import masked
from hub.audit.record import new_record
from hub.consents import rows
from hub.consents.parties import Parties
from hub.consents.rows import ConsentRow
from hub.errors import ConsentMissing, FieldError, Invalid, NotFound, ScopeMissing
from hub.identity.guard import Caller
from hub.store import Connection, Store
from hub.tenants.data_keys import DataKeys
from hub.trace import trace_id
from schemas.call import Clock
from schemas.contract import Operation
from schemas.id_numbers import born_on
from schemas.person import Authority, Person
from schemas.scenarios import operations
from schemas.struct import Canonical, Instant

AGREED = "consents.agreed"
LONGEST = timedelta(days=366)
CHINA = ZoneInfo("Asia/Shanghai")
State = Literal["active", "revoked", "expired"]


class ConsentRequest(Canonical):
    """What the bank asserts that its customer agreed to.

    `actor` is somebody else who acts for the customer: then `authority` says by which right.
    """

    customer: Person
    operations: Annotated[list[str], Meta(min_length=1, max_length=100)]
    """As the API names them: `medical-insurance.settle`."""
    expires_at: Instant
    actor: Person | None = None
    authority: Authority | None = None

    def __post_init__(self) -> None:
        if self.actor is not None and self.authority is None:
            raise ValueError("authority: is missing: by which right does the actor act?")
        if self.authority is not None and self.actor is None:
            raise ValueError("actor: is missing: who acts under this authority?")
        if self.actor is not None and self.actor.id_number == self.customer.id_number:
            raise ValueError("actor: is the customer; leave it out")
        if self.authority is not None and self.expires_at > self.authority.until:
            raise ValueError("expires_at: is later than authority.until")


class Consent(Canonical):
    """A consent as it stands. Names and numbers are masked."""

    consent_id: str
    state: State
    operations: list[str]
    customer: msgspec.Raw
    actor: msgspec.Raw | None
    authority: Authority | None
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None


_agreed = msgspec.json.Decoder(ConsentRequest)


class Consents:
    """Every consent of every bank."""

    def __init__(self, store: Store, data_keys: DataKeys, clock: Clock) -> None:
        self._store = store
        self._data_keys = data_keys
        self._clock = clock
        self._concerning = {each.key: each for each in operations() if each.path and each.takes_consent}

    async def give(self, caller: Caller, request: ConsentRequest) -> Consent:
        """Writes a consent down. Raises: Invalid, ScopeMissing."""
        now = self._clock()
        self._refuse(caller, request, now)
        sealer = await self._data_keys.of(caller.tenant)
        consent_id = ids.new("cns", now)
        row = ConsentRow(
            consent_id=consent_id,
            tenant=caller.tenant,
            client_id=caller.client_id,
            agreed=sealer.seal(msgspec.json.encode(request), context=f"{AGREED}:{consent_id}"),
            created_at=now,
            expires_at=request.expires_at,
        )
        relation = {"acting": request.authority.relation} if request.authority else {}
        facts = {"operations": " ".join(request.operations)[:200], **relation}

        def unit(tx: Connection) -> None:
            rows.insert_consent(tx, row)
            _record(tx, caller, row, now, "given", facts)

        await self._store.write(unit)
        return self._shown(row, request)

    async def see(self, caller: Caller, consent_id: str) -> Consent:
        """Raises: NotFound, ScopeMissing where the client may do nothing that it covers."""
        row = await self._store.read(lambda tx: rows.find_consent(tx, consent_id))
        if row is None or row.tenant != caller.tenant:
            raise NotFound("there is no such consent")
        agreed = await self._opened(row)
        scopes = {self._concerning[key].scope for key in agreed.operations if key in self._concerning}
        if not scopes & caller.scopes:
            raise ScopeMissing(f"this consent needs one of the scopes {', '.join(sorted(scopes))}")
        return self._shown(row, agreed)

    async def revoke(self, caller: Caller, consent_id: str) -> Consent:
        """Ends a consent at once, for everything that has not been sent yet. Raises: NotFound, ScopeMissing."""
        await self.see(caller, consent_id)
        now = self._clock()

        def unit(tx: Connection) -> None:
            row = rows.find_consent(tx, consent_id)
            if row is not None and row.revoked_at is None:
                rows.revoke_consent(tx, consent_id, now)
                _record(tx, caller, row, now, "revoked", {})

        await self._store.write(unit)
        return await self.see(caller, consent_id)

    async def parties(self, caller: Caller, operation: Operation, consent_id: str | None) -> Parties:
        """Who a call is about, by the consent that it names. Raises: ConsentMissing."""
        if consent_id is None:
            raise _missing("send the id of the customer's consent in the header Consent-Id", "is missing")
        row = await self._active(caller.tenant, consent_id)
        agreed = await self._opened(row)
        if operation.key not in agreed.operations:
            raise _missing(f"the customer did not agree to {operation.key}", f"does not cover {operation.key}")
        return Parties(
            consent_id=row.consent_id, subject=agreed.customer, actor=agreed.actor, authority=agreed.authority
        )

    async def confirm(self, tenant: str, consent_id: str | None) -> None:
        """Lets pass what concerns nobody, or rests on a consent that still stands. Raises: ConsentMissing."""
        if consent_id is not None:
            await self._active(tenant, consent_id)

    async def _active(self, tenant: str, consent_id: str) -> ConsentRow:
        """A consent of this bank's that has not ended. Raises: ConsentMissing."""
        found = await self._store.read(lambda tx: standing(tx, tenant, consent_id, self._clock()))
        if isinstance(found, ConsentMissing):
            raise found
        return found

    def _refuse(self, caller: Caller, request: ConsentRequest, now: datetime) -> None:
        if not now < request.expires_at <= now + LONGEST:
            raise Invalid.at("expires_at", "must lie ahead, a year at most")
        for field, person in (("customer", request.customer), ("actor", request.actor)):
            if person is not None and _is_unborn(person, now):
                raise Invalid.at(f"{field}.id_number", "holds a date of birth that lies ahead")
        for place, key in enumerate(request.operations):
            operation = self._concerning.get(key)
            if operation is None:
                known = f"{key.partition('.')[0]}."
                there = [each for each in self._concerning if each.startswith(known)] or list(self._concerning)
                some = ", ".join(sorted(there))
                raise Invalid.at(f"operations[{place}]", f"is no operation that concerns a person; name some of {some}")
            if operation.scope not in caller.scopes:
                raise ScopeMissing(f"a consent to {key} needs the scope {operation.scope}")

    async def _opened(self, row: ConsentRow) -> ConsentRequest:
        sealer = await self._data_keys.of(row.tenant)
        return _agreed.decode(sealer.unseal(row.agreed, context=f"{AGREED}:{row.consent_id}"))

    def _shown(self, row: ConsentRow, agreed: ConsentRequest) -> Consent:
        return Consent(
            consent_id=row.consent_id,
            state=_state(row, self._clock()),
            operations=agreed.operations,
            customer=_masked(agreed.customer),
            actor=_masked(agreed.actor) if agreed.actor else None,
            authority=agreed.authority,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


def standing(tx: Connection, tenant: str, consent_id: str, now: datetime) -> ConsentRow | ConsentMissing:
    """A consent of this bank's that has not ended, or why there is none."""
    row = rows.find_consent(tx, consent_id)
    if row is None or row.tenant != tenant:
        return _missing("there is no such consent", "names no consent of this bank")
    state = _state(row, now)
    if state != "active":
        return _missing(f"this consent is {state}", f"is {state}; ask the customer for a new one")
    return row


def _state(row: ConsentRow, now: datetime) -> State:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at <= now else "active"


def _is_unborn(person: Person, now: datetime) -> bool:
    """Whether an identity number is of somebody who is not born yet, in China."""
    return person.id_type == "resident-id" and born_on(person.id_number) > now.astimezone(CHINA).date()


def _masked(person: Person) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(masked(person)))


def _record(tx: Connection, caller: Caller, row: ConsentRow, now: datetime, what: str, facts: dict[str, str]) -> None:
    record = new_record(
        tenant=caller.tenant,
        at=now,
        kind="consent",
        trace_id=trace_id.get(),
        actor=caller.client_id,
        operation=f"consents.{what}",
        order_id=None,
        facts={"consent_id": row.consent_id, **facts},
    )
    audit.append(tx, record)


def _missing(detail: str, message: str) -> ConsentMissing:
    return ConsentMissing(detail, FieldError(field="Consent-Id", message=message))
