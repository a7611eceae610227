"""What an attempt proves: only what was submitted decides an order, never what a connector raises."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.kit.attempt import Line
from connectors.kit.sessions import Sessions
from hub.consents.consents import ConsentRequest, Consents
from hub.consents.parties import Parties
from hub.errors import Misconfigured
from hub.evidence.evidence import Exhibits
from hub.identity.guard import Caller
from hub.orders.attempts import Attempts, Job
from hub.orders.originals import Originals
from hub.orders.rows import OrderRow
from hub.store import Store
from sandbox.stand.people import id_number
from schemas.call import Attempt, Http, Reply
from schemas.contract import operation_named
from schemas.errors import Garbled, MaybeSent, NotSent, Refused
from schemas.outcome import Absent, Pending
from schemas.person import Person
from schemas.utility_bills import BillPayment, UtilityBills
from tests.connectors.kit.bench import FakeChannel, NoAccount, OpenGate, in_turn
from tests.hub.orders.office import LEASE, MANIFEST, Office, payment, succeeded

PAY = Http(method="POST", url="https://partner.example/pay")
FINE, LOST, HELD = Reply(status=200), MaybeSent("lost"), NotSent("no connection")
LIMIT = timedelta(days=1)
CUSTOMER = Person(name="周桂英", id_number=id_number(7))
Paying = Callable[[BillPayment, Attempt], Awaitable[Any]]


class Connector(UtilityBills):
    """Pays as the test says."""

    def __init__(self, pay: Paying, find: Paying) -> None:
        self._pay = pay
        self._find = find

    async def list_billers(self, search, call):
        raise NotImplementedError

    async def find_bills(self, search, call):
        raise NotImplementedError

    async def check_payment(self, payment, call):
        raise NotImplementedError

    async def pay(self, payment, attempt):
        return await self._pay(payment, attempt)

    async def find_payment(self, payment, attempt):
        return await self._find(payment, attempt)


async def knows_nothing(payment: BillPayment, attempt: Attempt) -> Any:
    return Absent()


class Counter:
    """Attempts over an office, at a partner whose wire and connector are the test's."""

    def __init__(self, office: Office, pay: Paying, *answers: Reply | BaseException, find: Paying = knows_nothing):
        self.office = office
        self.unset = False
        self.channel = FakeChannel(in_turn(*answers))
        self.line = Line(
            manifest=MANIFEST,
            account=NoAccount(),
            account_id="acc",
            callback_url="https://hub.example/callbacks/some_partner/acc",
            channel=self.channel,  # type: ignore[arg-type]
            gate=OpenGate(),
            sessions=Sessions(office.clock),
            clock=office.clock,
            patience=timedelta(seconds=2),
        )
        self.connector: Any = SimpleNamespace(
            manifest=MANIFEST, scenarios={"utility-bills": Connector(pay, find)}, name="some_partner"
        )
        exhibits = Exhibits(office.store, office.data_keys, office.clock)
        self.consents = Consents(office.store, office.data_keys, office.clock)
        self.attempts = Attempts(
            office.journal,
            Originals(office.store, office.journal),
            self.consents,
            Lines(self),  # type: ignore[arg-type]
            exhibits,
            office.clock,
            not_sent_limit=LIMIT,
        )

    @property
    def sent(self) -> int:
        return len(self.channel.seen)

    async def pay(self, parties: Parties | None = None) -> OrderRow:
        """A new order and its first attempt."""
        row, _ = await self.office.journal.begin(replace(self.office.draft(), parties=parties))
        await self.run(row)
        return await self.office.row(row.order_id)

    async def run(self, row: OrderRow) -> None:
        job = Job(row=row, request=payment(), handles={}, line=self.line, connector=self.connector, fence=1)
        await self.attempts.start(job)

    async def worked(self, row: OrderRow) -> OrderRow:
        """The order after a worker took it up."""
        claimed = await self.office.claim(row.order_id)
        assert claimed is not None
        await self.attempts.work(claimed)
        return await self.office.row(row.order_id)


class Agreement:
    """What a customer agreed to, for an hour."""

    def __init__(self, counter: Counter) -> None:
        self._consents, self._clock = counter.consents, counter.office.clock
        self._caller = Caller(
            counter.office.tenant, "app", frozenset({"rights:order"}), token_id="t", expires_at=self._clock()
        )

    async def made(self) -> Parties:
        until = self._clock() + timedelta(hours=1)
        asked = ConsentRequest(customer=CUSTOMER, operations=["rights.book"], expires_at=until)
        consent = await self._consents.give(self._caller, asked)
        return Parties(consent_id=consent.consent_id, subject=CUSTOMER)

    async def ended(self, how: str, parties: Parties) -> None:
        if how == "expired":
            self._clock.forward(timedelta(hours=1))
        else:
            await self._consents.revoke(self._caller, parties.consent_id)


class Lines:
    """The one line that there is."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def connector(self, _: int) -> Any:
        return self._counter.connector

    async def account(self, _: str) -> Any:
        return object()

    async def line(self, _: Any) -> Line:
        if self._counter.unset:
            raise Misconfigured("the account must be set anew")
        return self._counter.line


async def submitting(payment: BillPayment, attempt: Attempt) -> Any:
    await attempt.submit("create", PAY)
    return succeeded()


@pytest.fixture
async def office(sqlite_store: Store) -> Office:
    return await Office.opened(sqlite_store)


@pytest.mark.parametrize(
    "error", [NotSent("x"), MaybeSent("x"), Garbled("x", b"evidence"), RuntimeError("x"), TimeoutError()]
)
async def test_failure_before_the_first_submit_sends_nothing(office: Office, error: Exception):
    """However a connector fails before it submits: the order is `received`, and due again."""

    async def fails(payment: BillPayment, attempt: Attempt) -> Any:
        raise error

    row = await Counter(office, fails).pay()
    assert (row.state, row.review) == ("received", False)


async def test_refusal_before_the_first_submit_declines(office: Office):
    """What the partner's rules speak against is declined in the connector's words: nothing was sent."""

    async def refuses(payment: BillPayment, attempt: Attempt) -> Any:
        raise Refused("takes round sums only", "amount.amount")

    row = await Counter(office, refuses).pay()
    assert row.reason is not None
    assert (row.state, row.reason.message, row.reason.field) == ("declined", "takes round sums only", "amount.amount")


@pytest.mark.parametrize("error", [LOST, Garbled("half a reply"), RuntimeError("odd"), HELD, Refused("too late")])
async def test_failure_after_a_submit_is_unknown(office: Office, error: Exception):
    """Whatever a connector raises once it submitted, be it "not sent": the order is unknown."""

    async def fails(payment: BillPayment, attempt: Attempt) -> Any:
        await attempt.submit("create", PAY)
        raise error

    counter = Counter(office, fails, FINE)
    assert (await counter.pay()).state == "unknown"
    assert counter.sent == 1


@pytest.mark.parametrize("said", [None, Absent(), "paid"])
async def test_no_outcome_is_unknown(office: Office, said: Any):
    """A connector that gives no outcome of a submission, or none that fits, proves nothing."""

    async def odd(payment: BillPayment, attempt: Attempt) -> Any:
        await attempt.submit("create", PAY)
        return said

    assert (await Counter(office, odd, FINE).pay()).state == "unknown"


async def test_certainly_not_sent_is_received(office: Office):
    """No connection, however often within the budget: nothing left, and the order waits."""
    counter = Counter(office, submitting, HELD, HELD, HELD)
    row = await counter.pay()
    assert (row.state, counter.sent) == ("received", 3)


async def test_later_step_that_was_not_sent_is_unknown(office: Office):
    """The first step was answered and the second never left: the order may be half done, so it is unknown."""

    async def two_steps(payment: BillPayment, attempt: Attempt) -> Any:
        await attempt.submit("create", PAY)
        await attempt.submit("capture", PAY)
        return succeeded()

    assert (await Counter(office, two_steps, FINE, HELD, HELD, HELD).pay()).state == "unknown"


async def test_connector_cannot_submit_into_doubt(office: Office):
    """A connector that swallows silence and submits again does not reach the partner twice."""

    async def stubborn(payment: BillPayment, attempt: Attempt) -> Any:
        for _ in range(3):
            try:
                await attempt.submit("create", PAY)
            except MaybeSent:
                continue
        return succeeded()

    counter = Counter(office, stubborn, LOST, FINE, FINE)
    await counter.pay()
    assert counter.sent == 1


async def test_no_step_is_sent_under_a_lost_claim(office: Office):
    """An attempt that was frozen past its lease, and thaws between two steps, sends the second to nobody."""
    orders: list[str] = []

    async def frozen(payment: BillPayment, attempt: Attempt) -> Any:
        await attempt.submit("create", PAY)
        office.clock.forward(LEASE)
        assert await office.claim(orders[0])
        await attempt.submit("capture", PAY)
        return succeeded()

    counter = Counter(office, frozen, FINE, FINE)
    row = await office.begin()
    orders.append(row.order_id)
    await counter.run(row)
    found = await office.row(row.order_id)
    assert counter.sent == 1
    assert found.state == "submitting", "the frozen attempt wrote nothing"


async def test_nothing_is_sent_long_after_it_was_journalled(office: Office):
    """A process that was frozen between the journal and the first message may have been taken for dead since."""
    counter = Counter(office, submitting, FINE)
    row = await office.begin()
    office.clock.forward(LEASE)
    assert await office.claim(row.order_id)
    await counter.run(row)
    assert counter.sent == 0


async def test_what_an_enquiry_remembers_takes_no_news_away(office: Office):
    """A callback replaces a handle while an enquiry that loaded the old one goes on: the new one stays."""

    async def first(payment: BillPayment, attempt: Attempt) -> Any:
        await attempt.remember(told="old")
        await attempt.submit("create", PAY)
        return Pending(stage="processing")

    async def asks(payment: BillPayment, attempt: Attempt) -> Any:
        await office.journal.remember(orders[0], office.tenant, {"told": "new"}, None)
        await attempt.remember(asked="again")
        return Pending(stage="processing")

    counter = Counter(office, first, FINE, find=asks)
    row = await counter.pay()
    orders = [row.order_id]
    row = await counter.worked(row)
    opened = await office.journal.opened(row, operation_named(row.operation))
    assert opened.handles.items() >= {("told", "new"), ("asked", "again")}


async def test_enquiry_cannot_submit(office: Office):
    """An enquiry that would change something reaches nobody, and its order stays unknown."""
    counter = Counter(office, submitting, LOST, find=submitting)
    row = await counter.worked(await counter.pay())
    assert (row.state, counter.sent) == ("unknown", 1)


async def test_failed_enquiry_takes_nothing_away(office: Office):
    """An acknowledged order stays acknowledged while enquiries fail."""

    async def acknowledged(payment: BillPayment, attempt: Attempt) -> Any:
        await attempt.submit("create", PAY)
        return Pending(stage="processing")

    async def fails(payment: BillPayment, attempt: Attempt) -> Any:
        raise NotSent("no connection")

    counter = Counter(office, acknowledged, FINE, find=fails)
    row = await counter.worked(await counter.pay())
    assert (row.state, row.next_check_at is not None) == ("pending", True)


async def test_received_order_is_given_up_after_its_time(office: Office):
    """What could not be sent for so long is declined as not sent, without another try."""
    counter = Counter(office, submitting, HELD, HELD, HELD, FINE)
    row = await counter.pay()
    office.clock.forward(LIMIT)
    row = await counter.worked(row)
    assert row.reason is not None
    assert (row.state, row.reason.code, counter.sent) == ("declined", "not-sent", 3)


@pytest.mark.parametrize(("answer", "state"), [(HELD, "received"), (LOST, "unknown")])
async def test_order_whose_account_cannot_be_used(office: Office, answer: BaseException, state: str):
    """An order that nobody can send or ask about, because its account must be set anew, is handed to a person."""
    counter = Counter(office, submitting, answer, answer, answer)
    row = await counter.pay()
    counter.unset = True
    row = await counter.worked(row)
    assert (row.state, row.review, row.timeline[-1].detail) == (state, True, "the account must be set anew")


async def test_received_order_is_sent_again(office: Office):
    """An order that was not sent goes out once the partner is reached, under the same reference."""
    counter = Counter(office, submitting, HELD, HELD, HELD, FINE)
    row = await counter.worked(await counter.pay())
    assert (row.state, counter.sent) == ("succeeded", 4)


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_received_order_without_a_consent_any_more(office: Office, how: str):
    """What could not be sent before its consent ended is declined by the hub, and never leaves."""
    counter = Counter(office, submitting, HELD, HELD, HELD, FINE)
    agreement = Agreement(counter)
    parties = await agreement.made()
    row = await counter.pay(parties)
    assert row.state == "received"
    await agreement.ended(how, parties)
    row = await counter.worked(row)
    assert row.reason is not None
    assert (row.state, row.reason.code, counter.sent) == ("declined", "consent-ended", 3)
    assert how in row.reason.message
    assert (await office.audit(row.order_id))[-1].facts["by"] == "hub"


async def test_received_order_with_its_consent(office: Office):
    """While the customer agrees, an order about somebody is sent again like any other."""
    counter = Counter(office, submitting, HELD, HELD, HELD, FINE)
    row = await counter.worked(await counter.pay(await Agreement(counter).made()))
    assert (row.state, counter.sent) == ("succeeded", 4)


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_what_was_sent_is_asked_about_without_a_consent(office: Office, how: str):
    """An enquiry asks nobody's leave: what left is found out, whatever became of the consent."""

    async def paid(payment: BillPayment, attempt: Attempt) -> Any:
        return succeeded()

    counter = Counter(office, submitting, LOST, find=paid)
    agreement = Agreement(counter)
    parties = await agreement.made()
    row = await counter.pay(parties)
    assert row.state == "unknown"
    await agreement.ended(how, parties)
    assert (await counter.worked(row)).state == "succeeded"


async def test_killed_attempt_is_asked_about_never_repeated(office: Office):
    """An attempt that ended without a word leaves an order to enquire about: it is not sent a second time."""
    reached = asyncio.Event()

    async def hangs(payment: BillPayment, attempt: Attempt) -> Any:
        reached.set()
        await asyncio.Event().wait()

    counter = Counter(office, hangs, FINE)
    row = await office.begin()
    running = asyncio.create_task(counter.run(row))
    await reached.wait()
    await counter.attempts.drain(timedelta(0))
    await asyncio.gather(running, return_exceptions=True)
    office.clock.forward(LEASE)
    found = await counter.worked(row)
    assert (found.state, counter.sent) == ("unknown", 0)
