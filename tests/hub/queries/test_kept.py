"""A question that its partner needs longer for: asked again, under a claim, until it is answered or has failed."""

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from connectors.kit.codes import Codes
from hub.clock import utc_now
from hub.consents.consents import ConsentRequest, Consents
from hub.consents.parties import Parties
from hub.documents.documents import Documents
from hub.errors import ConsentMissing, NotFound, PartnerGarbled
from hub.events import rows as events
from hub.evidence.evidence import Exhibits
from hub.evidence.rows import unmapped_codes
from hub.gateway.problems import TYPE
from hub.gateway.tokens import Tokens
from hub.identity.guard import Caller
from hub.queries.questions import TRIES, Asked, Limits, Questions
from hub.queries.rows import QueryRow, forget_expired, update_query
from hub.store import Sealer, Store, StoreUnavailable, Unsealable
from hub.tenants import banks
from hub.tenants.data_keys import DataKeys
from hub.work import rows as work
from hub.work.rows import Work
from sandbox.stand.people import id_number
from schemas.call import Call
from schemas.contract import operation_named
from schemas.errors import Garbled, MaybeSent, NotReady, Refused
from schemas.money import Money
from schemas.person import Person
from schemas.refs import PartnerRef
from schemas.scenarios import load
from schemas.utility_bills import Bill, BillSearch
from tests.connectors.kit.bench import MANIFEST, Watch

load()
CUSTOMER = Person(name="周桂英", id_number=id_number(7))
TOKENS = Tokens(bytes(32))
LATER = NotReady(timedelta(seconds=10))
BILL = Bill(bill_id=PartnerRef(MANIFEST.id, "b1"), amount=Money(amount="12.30", currency="CNY"))
SEARCH = BillSearch(biller_id=PartnerRef(MANIFEST.id, "x1"), account="3300112233")


class Partner:
    """Answers from a list, one after another, and notes what it was asked under."""

    def __init__(self) -> None:
        self.answers: Iterator[object] = iter(())
        self.handles: list[dict[str, str]] = []

    async def find_bills(self, _: BillSearch, call: Call) -> object:
        self.handles.append(dict(call.handles))
        await call.remember(polls=str(len(self.handles)))
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Slow(Partner):
    """Answers once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.latch = asyncio.Event()
        self.ended = False

    async def find_bills(self, _: BillSearch, call: Call) -> object:
        try:
            await self.latch.wait()
        finally:
            self.ended = True
        return await super().find_bills(_, call)


async def no_original(*_: object) -> None:
    """These questions are about no order."""


class House:
    """Questions to one scripted partner, on a real store, at a time of the test's choosing."""

    def __init__(self, store: Store, sealer: Sealer, tenant: str) -> None:
        self.store, self.tenant = store, tenant
        self.clock, self.partner = Watch(utc_now()), Partner()
        self.connector: Any = SimpleNamespace(manifest=MANIFEST, scenarios={"utility-bills": self.partner})
        self.line: Any = SimpleNamespace(manifest=MANIFEST, account_id="acc_1", clock=self.clock, callback_url="")
        data_keys = DataKeys(store, sealer)
        self.consents = Consents(store, data_keys, self.clock)
        self.questions = Questions(
            store,
            data_keys,
            Lines(self),  # type: ignore[arg-type]
            Exhibits(store, data_keys, self.clock),
            SimpleNamespace(behind=no_original),  # type: ignore[arg-type]
            Documents(store, data_keys, self.consents, self.clock, kept=timedelta(minutes=5)),
            self.clock,
            consents=self.consents,
            tokens=TOKENS,
            owner="here",
            limits=Limits(wait=timedelta(seconds=5), call=timedelta(seconds=30), kept=timedelta(hours=1)),
        )

    async def ask(self, *answers: object, parties: Parties | None = None) -> bytes | QueryRow:
        self.partner.answers = iter(answers)
        return await self.questions.answer(
            Asked(
                tenant=self.tenant,
                client_id="cli_1",
                operation=operation_named("utility-bills.find_bills"),
                request=SEARCH,
                connector=self.connector,
                line=self.line,
                reference="R1",
                parties=parties,
            )
        )

    async def due(self) -> list[Work]:
        """Claims whatever is put down, however late it is due."""
        self.clock.forward(minutes=6)
        now = self.clock()
        return await self.store.write(lambda tx: work.claim(tx, "here", now, now + timedelta(minutes=5), 2))

    async def work(self) -> None:
        [piece] = await self.due()
        await self.questions.work(piece)


class Lines:
    """What Questions asks of the lines: one account, one connector, one line."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def account(self, _: str) -> object:
        return SimpleNamespace(partner_id=MANIFEST.id)

    def connector(self, _: int) -> object:
        return self._house.connector

    async def line(self, _: object) -> object:
        return self._house.line


@pytest.fixture
async def house(sqlite_store: Store) -> House:
    sealer = Sealer(bytes(32))
    bank = await sqlite_store.write(lambda tx: banks.add(tx, sealer, "a-bank", now=utc_now()))
    return House(sqlite_store, sealer, bank.tenant_id)


async def ended(house: House, row: bytes | QueryRow) -> tuple[str, dict[str, Any]]:
    """The state of a kept question, and its answer."""
    assert isinstance(row, QueryRow)
    found, answer = await house.questions.find(row.query_id, house.tenant)
    return found.state, msgspec.json.decode(answer) if answer else {}


class Riddler(Partner):
    """Speaks in codes that nobody mapped: some more than once, and the last of them ends the question."""

    async def find_bills(self, _: BillSearch, call: Call) -> object:
        codes = Codes(MANIFEST, "bill")
        for code in ("E7", "E7", "E9"):
            codes.meaning(code)
        return await super().find_bills(_, call)


@pytest.mark.parametrize("answer", [[BILL], Garbled("E9 means nothing"), LATER], ids=["answer", "failure", "later"])
async def test_codes_that_nobody_mapped_are_counted(house: House, answer: object) -> None:
    """However a question ends, an operator finds what it met: each code once."""
    house.partner = house.connector.scenarios["utility-bills"] = Riddler()
    with nullcontext() if not isinstance(answer, Garbled) else pytest.raises(PartnerGarbled):
        await house.ask(answer)
    found = await house.store.read(unmapped_codes)
    assert {(each.partner, each.operation, each.said, each.times) for each in found} == {
        (MANIFEST.name, "utility-bills.find_bills", "E7", 1),
        (MANIFEST.name, "utility-bills.find_bills", "E9", 1),
    }


async def test_answered_at_once(house: House) -> None:
    """What the partner has is a page, and nothing is kept."""
    page = msgspec.json.decode(await house.ask([BILL]))  # type: ignore[arg-type]
    assert [item["amount"]["amount"] for item in page["items"]] == ["12.30"]
    assert await house.due() == []


async def test_asked_until_ready(house: House) -> None:
    """Each look is made with what the one before remembered, and the answer is kept once it is there."""
    row = await house.ask(LATER, LATER, LATER, [BILL])
    assert await ended(house, row) == ("running", {})
    for _ in range(3):
        await house.work()
    state, page = await ended(house, row)
    assert (state, len(page["items"])) == ("done", 1)
    assert house.partner.handles == [{}, {"polls": "1"}, {"polls": "2"}, {"polls": "3"}]
    assert await house.due() == []


async def test_looks_do_not_wear_it_out(house: House) -> None:
    """A partner may say "later" as often as it likes: one that then stumbles is asked again all the same."""
    row = await house.ask(*[LATER] * 8, MaybeSent("reset"), [BILL])
    for _ in range(9):
        await house.work()
    assert (await ended(house, row))[0] == "done"


async def test_fails_in_the_end(house: House) -> None:
    """A partner that fails several times in a row has failed, and the answer is the problem."""
    row = await house.ask(LATER, *[MaybeSent("reset")] * TRIES)
    for _ in range(TRIES - 1):
        await house.work()
        assert (await ended(house, row))[0] == "running"
    await house.work()
    state, problem = await ended(house, row)
    assert (state, problem["status"]) == ("failed", 502)


async def test_a_refusal_is_final(house: House) -> None:
    """A refusal is an answer: nobody asks again."""
    row = await house.ask(LATER, Refused("is unknown", field="account"))
    await house.work()
    state, problem = await ended(house, row)
    assert (state, problem["status"]) == ("failed", 422)
    assert [error["field"] for error in problem["errors"]] == ["account"]
    assert await house.due() == []


async def test_answer_is_told_only_while_its_consent_stands(house: House):
    """An answer that is there already is not handed out once its customer agrees no more."""
    caller = Caller(house.tenant, "cli_1", frozenset({"rights:order"}), token_id="t", expires_at=house.clock())
    until = house.clock() + timedelta(days=1)
    agreed = ConsentRequest(customer=CUSTOMER, operations=["rights.book"], expires_at=until)
    consent = await house.consents.give(caller, agreed)
    row = await house.ask(LATER, [BILL], parties=Parties(consent_id=consent.consent_id, subject=CUSTOMER))
    await house.work()
    assert (await ended(house, row))[0] == "done"
    await house.consents.revoke(caller, consent.consent_id)
    with pytest.raises(ConsentMissing, match="revoked"):
        await ended(house, row)


@pytest.mark.parametrize("how", ["revoked", "expired", None])
async def test_is_asked_only_while_its_consent_stands(house: House, how: str | None):
    """A question whose consent has ended fails for the want of one, and its partner hears nothing more of it."""
    until = house.clock() + timedelta(minutes=5 if how == "expired" else 60)
    caller = Caller(house.tenant, "cli_1", frozenset({"lending:read"}), token_id="t", expires_at=until)
    agreed = ConsentRequest(customer=CUSTOMER, operations=["lending.find_loan"], expires_at=until)
    consent = await house.consents.give(caller, agreed)
    row = await house.ask(LATER, [BILL], parties=Parties(consent_id=consent.consent_id, subject=CUSTOMER))
    if how == "revoked":
        await house.consents.revoke(caller, consent.consent_id)
    await house.work()
    state, answer = await ended(house, row)
    if how is None:
        assert (state, len(answer["items"]), len(house.partner.handles)) == ("done", 1, 2)
        return
    assert (state, answer["status"], len(house.partner.handles)) == ("failed", 403, 1)
    assert (answer["type"], how in answer["detail"]) == (f"{TYPE}consent-missing", True)
    assert await house.due() == []


async def test_a_lost_claim_writes_nothing(house: House) -> None:
    """Who was frozen past its lease, while another took the question over, changes nothing when it wakes."""
    row = await house.ask(LATER, [], [BILL])
    [frozen] = await house.due()
    [later] = await house.due()
    assert (frozen.work_id, frozen.fence + 1) == (later.work_id, later.fence)
    await house.questions.work(frozen)
    assert (await ended(house, row))[0] == "running"
    await house.questions.work(later)
    state, page = await ended(house, row)
    assert (state, len(page["items"])) == ("done", 1)


async def test_forgotten_after_a_while(house: House) -> None:
    """An answer is kept for so long, shown no longer, and then deleted."""
    row = await house.ask(LATER, [BILL])
    await house.work()
    assert (await ended(house, row))[0] == "done"
    house.clock.forward(hours=1)
    with pytest.raises(NotFound):
        await ended(house, row)
    now = house.clock()
    assert await house.store.write(lambda tx: forget_expired(tx, now)) == 1


async def test_a_forgotten_question_is_not_asked(house: House) -> None:
    """One that was still open when its time was over is dropped."""
    await house.ask(LATER)
    house.clock.forward(hours=2)
    now = house.clock()
    await house.store.write(lambda tx: forget_expired(tx, now))
    await house.work()
    assert len(house.partner.handles) == 1
    assert await house.due() == []


async def test_is_sealed(house: House, sqlite_url: str) -> None:
    """Neither what was asked nor what was answered lies in the clear."""
    row = await house.ask(LATER, [BILL])
    await house.work()
    assert isinstance(row, QueryRow)
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert row.query_id.encode() in stored
    assert SEARCH.account.encode() not in stored
    assert b"12.30" not in stored


def slow(house: House) -> Slow:
    """A partner that lets the bank wait for longer than it likes to."""
    partner = house.partner = Slow()
    house.connector.scenarios = {"utility-bills": partner}
    house.questions._limits = msgspec.structs.replace(house.questions._limits, wait=timedelta(milliseconds=20))
    return partner


async def away(*_: object) -> None:
    raise StoreUnavailable("gone")


async def test_a_question_that_cannot_be_kept_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody could ever ask for its answer, the running call is ended."""
    partner = slow(house)
    monkeypatch.setattr(house.store, "write", away)
    with pytest.raises(StoreUnavailable):
        await house.ask([BILL])
    await asyncio.sleep(0.01)
    assert partner.ended


async def test_a_late_answer_that_cannot_be_kept_is_logged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that came late and was lost is in the log, and the question is asked again."""
    partner = slow(house)
    row = await house.ask([BILL], [BILL])
    assert isinstance(row, QueryRow)
    assert house.questions.pause(row) == timedelta(seconds=1)
    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(house.store, "write", away)
        partner.latch.set()
        await asyncio.sleep(0.05)
    assert [entry["event"] for entry in logs] == ["late-answer-lost"]
    await house.work()
    assert (await ended(house, row))[0] == "done"


async def test_the_bank_is_told_when_to_come_again(house: House) -> None:
    """As long as the partner wants to be left alone, there is no use in asking."""
    row = await house.ask(LATER)
    assert isinstance(row, QueryRow)
    assert house.questions.pause(row) == timedelta(seconds=10)


async def test_an_answer_belongs_to_its_question(house: House) -> None:
    """An answer that was put under another question does not open."""
    first, second = await house.ask(LATER), await house.ask(LATER, [BILL])
    assert isinstance(first, QueryRow)
    assert isinstance(second, QueryRow)
    sealer = await house.questions._data_keys.of(house.tenant)
    first.answer = sealer.seal(b"[]", context=f"queries.answer:{second.query_id}")
    await house.store.write(lambda tx: update_query(tx, first))
    with pytest.raises(Unsealable):
        await ended(house, first)


async def test_news_are_taken_down(house: House) -> None:
    """What a callback brings for a kept question is there when it is asked again, which is at once."""
    row = await house.ask(LATER, [BILL])
    assert isinstance(row, QueryRow)
    meant = await house.questions.meant("acc_1", "R1")
    assert meant is not None
    await house.questions.told(meant, {"offers": "[]"})
    now = house.clock()
    [piece] = await house.store.write(lambda tx: work.claim(tx, "here", now, now + timedelta(minutes=5), 2))
    await house.questions.work(piece)
    assert house.partner.handles[-1] == {"polls": "1", "offers": "[]"}
    assert (await ended(house, row))[0] == "done"
    assert await house.questions.meant("acc_1", "R1") is None, "an answered question waits for nothing"


async def test_news_that_come_while_it_is_asked(house: House) -> None:
    """They are not written over by what the call remembered, and nobody waits for the next look."""
    row = await house.ask(LATER, LATER, [BILL])
    assert isinstance(row, QueryRow)
    [piece] = await house.due()
    meanwhile = house.partner.find_bills

    async def interrupted(search: BillSearch, call: Call) -> object:
        await house.questions.told(row, {"offers": "[]"})
        return await meanwhile(search, call)

    house.partner.find_bills = interrupted  # type: ignore[method-assign]
    await house.questions.work(piece)
    house.partner.find_bills = meanwhile  # type: ignore[method-assign]
    now = house.clock()
    [again] = await house.store.write(lambda tx: work.claim(tx, "here", now, now + timedelta(minutes=5), 2))
    await house.questions.work(again)
    assert house.partner.handles[-1] == {"polls": "2", "offers": "[]"}
    assert (await ended(house, row))[0] == "done"


async def test_news_that_came_before_it_was_kept(house: House) -> None:
    """A callback that found nobody to tell is taken up again once its question is written down; once."""
    now = house.clock()

    def early(tx: Any) -> None:
        events.keep_callback(
            tx, "cbk_1", tenant=house.tenant, partner_id=MANIFEST.id, account_id="acc_1", at=now, raw=b"x"
        )
        events.judge_callback(tx, "cbk_1", events.EARLY, None, trusted=True, reference="R1")

    await house.store.write(early)
    await house.ask(LATER, LATER)
    due = await house.store.write(lambda tx: work.claim(tx, "here", now, now + timedelta(minutes=5), 5))
    assert [(piece.kind, piece.work_id) for piece in due] == [(events.KIND, "cbk_1")]
    await house.store.write(lambda tx: work.finish(tx, "cbk_1"))
    await house.ask(LATER)
    assert events.KIND not in {piece.kind for piece in await house.due()}
