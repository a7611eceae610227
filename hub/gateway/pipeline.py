"""The two ways that a bank's call takes: a question, and an order. Who, may, which partner; then ask, or journal."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from connectors.kit import references
from hub import errors
from hub.consents.consents import Consents
from hub.consents.parties import Parties
from hub.errors import FieldError
from hub.gateway.merging import Merger, Share
from hub.identity.guard import Caller
from hub.orders.attempts import Attempts, Job
from hub.orders.drafts import Draft
from hub.orders.journal import Journal
from hub.orders.originals import Originals
from hub.orders.rows import Key, OrderRow
from hub.partners.rows import AccountRow
from hub.queries.questions import Asked, Questions
from hub.queries.rows import QueryRow
from hub.routing.choice import Route, offering, serving
from hub.routing.lines import Lines
from hub.store import StoreUnavailable
from hub.trace import trace_id
from schemas.call import Clock
from schemas.contract import SCENARIOS, Operation
from schemas.errors import NotReady
from schemas.order import OrderRequest
from schemas.page import Paged
from schemas.refs import PartnerRef

log = structlog.get_logger("hub.pipeline")


class Pipeline:
    """From a decoded request to an answer, for every operation alike."""

    def __init__(
        self,
        *,
        journal: Journal,
        originals: Originals,
        consents: Consents,
        attempts: Attempts,
        lines: Lines,
        questions: Questions,
        merger: Merger,
        clock: Clock,
        order_wait: timedelta,
    ) -> None:
        self._journal = journal
        self._originals = originals
        self._consents = consents
        self._attempts = attempts
        self._lines = lines
        self._questions = questions
        self._merger = merger
        self._clock = clock
        self.order_wait = order_wait

    def may(self, caller: Caller, operation: Operation) -> None:
        """Raises: ScopeMissing."""
        if operation.scope not in caller.scopes:
            raise errors.ScopeMissing(f"this needs the scope {operation.scope}")

    async def ask(self, caller: Caller, operation: Operation, request: Any, consent_id: str | None) -> bytes | QueryRow:
        """Answers a question, or keeps it where the partner needs longer. Raises: CallerError, PartnerError."""
        parties = await self._parties(caller, operation, consent_id)
        if operation.routing == "everyone":
            return await self._merged(caller, operation, request, parties)
        route = await self._route(caller, operation, request, parties)
        return await self._questions.answer(await self._asked(caller, operation, request, route, parties))

    async def order(
        self,
        caller: Caller,
        operation: Operation,
        request: OrderRequest,
        key: str,
        wait: timedelta,
        consent_id: str | None,
    ) -> tuple[OrderRow, bool]:
        """Journals and sends an order, or finds the one under this key. Returns it, and whether it was replayed.

        Raises: CallerError, PartnerError, HubFault; then no order exists and the key is free.
        """
        answer_by = self._clock() + wait
        concerns = consent_id if consent_id and operation.takes_consent else ""
        fingerprint = await self._journal.fingerprint(caller.tenant, request, concerns)
        mark = Key(tenant=caller.tenant, operation=operation.key, key=key, fingerprint=fingerprint)
        standing = await self._journal.replay(mark)
        if standing is not None:
            return await self._joined(standing, answer_by), True
        try:
            parties = await self._parties(caller, operation, consent_id)
            route = await self._route(caller, operation, request, parties)
            asked = await self._asked(caller, operation, request, route, parties)
            handles = await self._checked(asked)
        except errors.HubError:
            standing = await self._journal.replay(mark)  # a twin may have passed the check meanwhile
            if standing is None:
                raise
            return await self._joined(standing, answer_by), True
        row, is_new = await self._journal.begin(self._draft(mark, asked, handles, route.reversals))
        if is_new:
            self._attempts.start(
                Job(
                    row=row,
                    request=request,
                    handles=handles,
                    line=asked.line,
                    connector=asked.connector,
                    fence=1,
                    parties=asked.parties,
                    original=asked.original,
                )
            )
        return await self._joined(row, answer_by), not is_new

    async def _parties(self, caller: Caller, operation: Operation, consent_id: str | None) -> Parties | None:
        """Who a call is about; None where nobody is, whatever consent it names. Raises: ConsentMissing."""
        if not operation.takes_consent:
            return None
        return await self._consents.parties(caller, operation, consent_id)

    def _draft(self, mark: Key, asked: Asked, handles: dict[str, str], reversals: int) -> Draft:
        manifest = asked.connector.manifest
        return Draft(
            key=mark,
            client_id=asked.client_id,
            operation=asked.operation,
            request=asked.request,
            parties=asked.parties,
            reversals=reversals,
            manifest=manifest,
            account_id=asked.line.account_id,
            reference=asked.reference,
            handles=handles,
            trace_id=trace_id.get(),
            lease=self._attempts.lease(asked.line),
        )

    async def _joined(self, row: OrderRow, answer_by: datetime) -> OrderRow:
        """The order after the attempt that this process is making at it, or when an answer is due."""
        attempt = self._attempts.running(row.order_id)
        if attempt is None or row.final:
            return row
        left = answer_by - self._clock()
        await asyncio.wait([attempt], timeout=max(left.total_seconds(), 0))
        if attempt.done() and not attempt.cancelled() and attempt.exception() is None:
            return attempt.result() or await self._standing(row)
        return await self._standing(row)

    async def _standing(self, row: OrderRow) -> OrderRow:
        """The order as it is by now; as it was last seen while the store is away, for it stands all the same."""
        try:
            return await self._journal.find(row.order_id) or row
        except StoreUnavailable:
            return row

    async def _checked(self, asked: Asked) -> dict[str, str]:
        """Runs the operation's check, and returns what it remembered for the attempt. Raises: Invalid, PartnerError."""
        operation = asked.operation
        if operation.check is None:
            return {}
        check = SCENARIOS[operation.scenario].operations[operation.check]
        question = msgspec.structs.replace(asked, operation=check, handles={})
        try:
            await self._questions.call(question, within=min(asked.line.patience * 2, self.order_wait))
        except errors.RefusedByPartner as error:
            raise errors.Invalid(error.detail, *error.errors) from None
        except NotReady as error:
            raise errors.PartnerSlow(f"{asked.connector.manifest.name} needs longer to check this") from error
        return question.handles

    async def _merged(self, caller: Caller, operation: Operation, request: Paged, parties: Parties | None) -> bytes:
        shelf = await self._lines.shelf(caller.tenant)
        routes = offering(self._routes(shelf), operation)
        if not routes:
            raise _nobody(operation)
        found = serving(routes, operation, request)

        def share(route: Route) -> Share:
            return Share(route.connector.manifest, lambda at: self._asked(caller, operation, at, route, parties))

        return await self._merger.page([share(route) for route in found], request, caller.tenant, parties)

    async def _asked(
        self, caller: Caller, operation: Operation, request: Any, route: Route, parties: Parties | None
    ) -> Asked:
        return Asked(
            tenant=caller.tenant,
            client_id=caller.client_id,
            operation=operation,
            request=request,
            connector=route.connector,
            line=await self._lines.line(route.account),
            reference=references.make(route.connector.manifest.reference),
            parties=parties,
            original=route.original,
        )

    async def _route(self, caller: Caller, operation: Operation, request: Any, parties: Parties | None) -> Route:
        """The one partner of a call. Raises: Invalid, NotOffered."""
        shelf = await self._lines.shelf(caller.tenant)
        if operation.routing == "order":
            return await self._following(caller, operation, request, parties)
        if operation.ref_field is not None:
            return self._owner(shelf, operation, getattr(request, operation.ref_field))
        for route in serving(offering(self._routes(shelf), operation), operation, request):
            return _able(route, operation)
        raise _nobody(operation)

    async def _following(self, caller: Caller, operation: Operation, request: Any, parties: Parties | None) -> Route:
        """Where the order went that the request names. Raises: Invalid, NotOffered."""
        followed = await self._originals.named(caller.tenant, operation, request, parties)
        connector = self._lines.connector(followed.row.partner_id)
        account = await self._lines.account(followed.row.account_id)
        if connector is None or account is None or not connector.offers(operation.scenario, operation.name):
            raise errors.NotOffered(f"{followed.row.partner} does not offer {operation.key}")
        return Route(connector, account, followed.original, followed.reversals)

    def _owner(self, shelf: Mapping[int, AccountRow], operation: Operation, ref: PartnerRef) -> Route:
        account = shelf.get(ref.partner)
        connector = self._lines.connector(ref.partner)
        if account is None or connector is None:
            field = str(operation.ref_field)
            error = FieldError(field=field, message="belongs to a partner that this bank has no account at")
            raise errors.Invalid("the bank cannot reach this partner", error)
        return _able(Route(connector, account), operation)

    def _routes(self, shelf: Mapping[int, AccountRow]) -> list[Route]:
        """Every partner on the shelf."""
        found = [(self._lines.connector(partner_id), account) for partner_id, account in shelf.items()]
        return [Route(connector, account) for connector, account in found if connector is not None]


def _nobody(operation: Operation) -> errors.NotOffered:
    accounts = "whoever runs the hub sets accounts (hub partner account set)"
    return errors.NotOffered(f"no partner that this bank has an account at offers {operation.key} there; {accounts}")


def _able(route: Route, operation: Operation) -> Route:
    """Raises: NotOffered."""
    name = route.connector.manifest.name
    if not route.connector.offers(operation.scenario, operation.name):
        keeps = f"keeps the {operation.about}s there, and " if operation.about else ""
        raise errors.NotOffered(f"{name} {keeps}does not offer {operation.key}")
    return route
