"""The journal: once, under a claim, and everything about one piece of news in one unit."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from msgspec.structs import replace

from hub.consents.parties import Parties
from hub.consents.rows import ConsentRow, insert_consent, revoke_consent
from hub.errors import ConsentMissing, KeyReused
from hub.evidence.rows import unmapped_codes
from hub.orders import journal as journalling
from hub.orders.journal import ClaimLost
from hub.orders.rows import TIMELINE_KEPT, Overtaken
from hub.orders.states import NotSent
from hub.store import Unsealable
from hub.work import rows as work
from sandbox.stand.people import id_number
from schemas.codec import PLAIN
from schemas.outcome import Absent, Pending, Unknown
from schemas.person import Person
from tests.hub.orders.office import (
    ABSENCE,
    LEASE,
    PAUSES,
    PAY,
    START,
    WINDOW,
    Office,
    declined,
    payment,
    pending,
    receipt,
    succeeded,
    units_that_raise,
)

NOT_SENT = NotSent("no connection")
SILENCE = Unknown(why="silence")
SECOND = timedelta(seconds=1)


async def test_order_is_journalled_whole(office: Office):
    """Row, key, reference, held work and audit are there once `begin` returns."""
    row = await office.begin(key="k1", reference="R1")
    assert (row.state, row.version, row.sent_at) == ("submitting", 0, START)
    assert await office.due(row.order_id) == (START + LEASE, "first-hub")
    assert [record.kind for record in await office.audit(row.order_id)] == ["order.journalled"]
    found = await office.journal.replay(office.draft(key="k1").key)
    assert found == row
    assert await office.journal.opened(row, PAY) == (payment(), {"use": "local"}, None)


async def test_key_gives_one_order(office: Office):
    """The same key at the same time gives one order, journalled once."""
    began = await asyncio.gather(*(office.journal.begin(office.draft(key="k1")) for _ in range(32)))
    assert len({row.order_id for row, _ in began}) == 1
    assert [is_new for _, is_new in began].count(True) == 1
    assert len(await office.audit(began[0][0].order_id)) == 1


async def test_key_of_another_request_is_refused(office: Office):
    """A key stands for one request: another one under it makes no order."""
    await office.begin(key="k1")
    for ask in (office.journal.begin, lambda draft: office.journal.replay(draft.key)):
        with pytest.raises(KeyReused):
            await ask(office.draft(key="k1", request=payment("11.00")))


async def test_key_belongs_to_its_bank(office: Office):
    """Two banks may use the same key."""
    other = await Office.opened(office.store, "other-bank")
    ours, theirs = await office.begin(key="k1"), await other.begin(key="k1", reference="R2")
    assert ours.order_id != theirs.order_id


async def test_reference_is_used_once(office: Office):
    """An account's reference names one order; a second draft under it is refused, and takes no key."""
    await office.begin(reference="R1")
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        await office.journal.begin(office.draft(key="k2", reference="R1"))
    assert await office.journal.replay(office.draft(key="k2").key) is None


async def test_success_settles(office: Office):
    """Success ends the work and is told in audit, timeline and an event, all at once."""
    row = await office.begin()
    settled = await office.settle(row.order_id, succeeded())
    assert settled is not None
    assert (settled.state, settled.settled_at, settled.next_check_at) == ("succeeded", START, None)
    assert await office.row(row.order_id) == settled
    assert await office.due(row.order_id) is None
    assert await office.events(row.order_id) == ["order.succeeded"]
    assert [record.facts.get("state") for record in await office.audit(row.order_id)] == [None, "succeeded"]
    assert await office.journal.result(settled, PAY) == receipt()


async def test_unknown_is_asked_about_later_and_later(office: Office):
    """Enquiries follow the schedule, and its last pause repeats."""
    row = await office.begin()
    settled = await office.settle(row.order_id, SILENCE)
    for pause in [*PAUSES, PAUSES[-1]]:
        assert settled is not None
        assert settled.next_check_at == office.clock() + pause
        assert await office.due(row.order_id) == (settled.next_check_at, None)
        office.clock.forward(pause)
        taken_up = await office.taken_up()
        settled = await office.settle(row.order_id, SILENCE, "enquiry", taken_up.fence)


async def test_reading_does_not_stretch_the_schedule(office: Office):
    """Somebody who looks at an order has it asked about early, and the next pause is no longer for that."""
    row = await office.begin()
    await office.settle(row.order_id, SILENCE)
    looked = await office.asked(row.order_id, SILENCE)
    assert looked.next_check_at == office.clock() + PAUSES[0]


async def test_lost_fence_writes_nothing(office: Office):
    """An attempt whose lease ran out and was taken over has no say any more: not in one table."""
    row = await office.begin()
    office.clock.forward(LEASE)
    claimed = await office.claim(row.order_id)
    assert claimed is not None
    before = await office.row(row.order_id)
    assert await office.settle(row.order_id, succeeded(token="1234")) is None
    await office.journal.remember(row.order_id, office.tenant, {"late": "handle"}, fence=1)
    with pytest.raises(ClaimLost):
        await office.journal.step_taken(row.order_id, "capture", fence=1)
    assert not await office.journal.resume(row.order_id, fence=1)
    assert await office.row(row.order_id) == before
    assert len(await office.audit(row.order_id)) == 1
    assert await office.events(row.order_id) == []
    assert await office.deliverables(row.order_id) == []
    assert await office.settle(row.order_id, SILENCE, "enquiry", claimed.fence) is not None


async def test_lost_fence_after_the_end_is_noted(office: Office):
    """A late answer about an order that is final is still recorded, and a contradiction calls for a person."""
    row = await office.begin()
    await office.settle(row.order_id, declined(), "callback", fence=None)
    late = await office.settle(row.order_id, succeeded(token="1111-2222"))
    assert late is not None
    assert (late.state, late.review, late.timeline[-1].what) == ("declined", True, "contradiction")
    assert await office.events(row.order_id) == ["order.declined"]
    for _ in range(2):
        await office.settle(row.order_id, succeeded(token="1111-2222"), "callback", fence=None)
    kept = await office.evidence(late.trace_id)
    assert [b'"1111-2222"' in each for each in kept] == [True, True], "what each brought, once, and the token too"


async def test_what_nobody_can_print_is_counted(office: Office):
    """A code may hold anything, and not every database takes a NUL: the order moves all the same."""
    row = await office.begin()
    moved = await office.settle(row.order_id, Pending(stage="A\x00B", unmapped=True))
    assert moved is not None
    assert moved.state == "pending"
    assert [code.said for code in await office.store.read(unmapped_codes)] == ["A?B"]


async def test_a_consent_that_ends_during_the_check(office: Office):
    """Between the look at the consent and the journal the partner may be asked: nothing is ordered on an ended one."""
    parties = Parties(consent_id="cns_none", subject=Person(name="x", id_number=id_number(1)))
    with pytest.raises(ConsentMissing):
        await office.journal.begin(replace(office.draft(key="k9"), parties=parties))
    row, is_new = await office.journal.begin(office.draft(key="k9"))
    assert (is_new, row.state) == (True, "submitting"), "the key was not used up"


async def test_a_key_that_stands_wins_over_an_ended_consent(office: Office):
    """Two calls under one key pass the look at the consent, and it ends: the order that one made is told to both."""
    parties = Parties(consent_id="cns_1", subject=Person(name="x", id_number=id_number(1)))
    now = office.clock()
    consent = ConsentRow(
        consent_id="cns_1", tenant=office.tenant, client_id="app", agreed=b"", created_at=now,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    await office.store.write(lambda tx: insert_consent(tx, consent))
    draft = replace(office.draft(key="k9"), parties=parties)
    row, _ = await office.journal.begin(draft)
    await office.store.write(lambda tx: revoke_consent(tx, "cns_1", now))
    again, is_new = await office.journal.begin(draft)
    assert (again.order_id, is_new) == (row.order_id, False)
    other = replace(office.draft(key="k9", request=payment("11.00")), parties=parties)
    with pytest.raises(KeyReused):
        await office.journal.begin(other)


async def test_no_step_leaves_after_the_end(office: Office):
    """Once a callback settled an order, the attempt that still runs may take no further step."""
    row = await office.begin()
    await office.journal.step_taken(row.order_id, "create", fence=1)
    await office.settle(row.order_id, declined(), "callback", fence=None)
    with pytest.raises(ClaimLost):
        await office.journal.step_taken(row.order_id, "capture", fence=1)


async def test_what_a_step_needs_is_kept(office: Office):
    """Handles and steps of the attempt that holds the order are committed."""
    row = await office.begin()
    await office.journal.remember(row.order_id, office.tenant, {"number": "17"}, fence=1)
    await office.journal.step_taken(row.order_id, "capture", fence=1)
    found = await office.row(row.order_id)
    assert await office.journal.opened(found, PAY) == (payment(), {"use": "local", "number": "17"}, None)
    assert found.timeline[-1].what == "step"
    assert [record.facts.get("step") for record in await office.audit(row.order_id)] == [None, "capture"]


async def test_unsent_order_is_sent_again_under_a_claim(office: Office):
    """What certainly did not leave is due again, and only who holds it may send it, once."""
    row = await office.begin()
    received = await office.settle(row.order_id, NOT_SENT)
    assert received is not None
    assert received.state == "received"
    claimed = await office.claim(row.order_id)
    assert claimed is not None
    assert not await office.journal.resume(row.order_id, claimed.fence - 1)
    assert await office.journal.resume(row.order_id, claimed.fence)
    assert not await office.journal.resume(row.order_id, claimed.fence), "it is being sent already"
    assert (await office.row(row.order_id)).state == "submitting"


async def test_giving_up_comes_too_late(office: Office):
    """Between reading a `received` order and giving it up the partner acknowledged it: it is not declined."""
    row = await office.begin()
    await office.settle(row.order_id, NOT_SENT)
    claimed = await office.claim(row.order_id)
    assert claimed is not None
    await office.settle(row.order_id, pending(), "callback", fence=None)
    late = await office.settle(row.order_id, declined("not-sent"), "hub", claimed.fence)
    assert late is not None
    assert (late.state, late.reason) == ("pending", None)


async def test_news_of_its_own_leaves_a_claim_alone(office: Office):
    """A callback moves the order but not the lease of the attempt that still waits for its answer."""
    row = await office.begin()
    told = await office.settle(row.order_id, pending(), "callback", fence=None)
    assert told is not None
    assert told.state == "pending"
    assert await office.due(row.order_id) == (START + PAUSES[0], "first-hub")
    assert await office.claim(row.order_id) is None
    settled = await office.settle(row.order_id, succeeded(token="1234"))
    assert settled is not None
    assert settled.state == "succeeded"
    assert await office.deliverables(row.order_id) == ["1234"]


async def test_absence_counts_from_the_last_sending(office: Office):
    """An order that left late is not declined by an enquiry that comes soon after, old as the order may be."""
    row = await office.begin()
    await office.settle(row.order_id, NOT_SENT)
    office.clock.forward(ABSENCE - SECOND)
    claimed = await office.claim(row.order_id)
    assert claimed is not None
    assert await office.journal.resume(row.order_id, claimed.fence)
    await office.settle(row.order_id, SILENCE, "answer", claimed.fence)
    office.clock.forward(SECOND)
    assert (await office.asked(row.order_id, Absent())).state == "unknown"
    office.clock.forward(ABSENCE - 2 * SECOND)
    assert (await office.asked(row.order_id, Absent())).state == "unknown"
    office.clock.forward(SECOND)
    last = await office.asked(row.order_id, Absent())
    assert (last.state, last.reason.code) == ("declined", "absent")


async def test_long_life_keeps_when_it_was_sent(small_office: Office):
    """However much happens to an order, the moment of its last sending is not forgotten."""
    row = await small_office.begin()
    await small_office.settle(row.order_id, NOT_SENT)
    claimed = await small_office.claim(row.order_id)
    assert claimed is not None
    small_office.clock.forward(SECOND)
    assert await small_office.journal.resume(row.order_id, claimed.fence)
    sent = small_office.clock()
    found = await small_office.row(row.order_id)
    for number in range(2 * TIMELINE_KEPT):
        found.note(sent + number * SECOND, f"thing-{number}")
    assert len(found.timeline) == TIMELINE_KEPT
    assert found.may_have_left_at == sent


async def test_absence_at_its_time_declines(office: Office):
    """Absence is final exactly when the manifest says, and not before."""
    row = await office.begin()
    await office.settle(row.order_id, SILENCE)
    office.clock.forward(ABSENCE - SECOND)
    assert (await office.asked(row.order_id, Absent())).state == "unknown"
    office.clock.forward(SECOND)
    assert (await office.asked(row.order_id, Absent())).state == "declined"


async def test_window_ends_with_a_person(office: Office):
    """Past the partner's window nobody asks any more, and the order says that a person must find out."""
    row = await office.begin()
    await office.settle(row.order_id, SILENCE)
    office.clock.forward(WINDOW)
    over = await office.asked(row.order_id, SILENCE)
    assert (over.state, over.review, over.next_check_at) == ("unknown", True, None)
    assert await office.due(row.order_id) is None
    told = await office.settle(row.order_id, succeeded(), "callback", fence=None)
    assert told is not None
    assert told.state == "succeeded", "a callback still decides"


async def test_partner_cannot_put_off_for_ever(office: Office):
    """A partner that asks to be left alone for a century is asked again when its window ends."""
    row = await office.begin()
    far = START + timedelta(days=36500)
    settled = await office.settle(row.order_id, pending(check_after=far))
    assert settled is not None
    assert settled.next_check_at == START + WINDOW


async def test_wrong_amount_is_no_success(office: Office):
    """Another amount than was ordered is no success, keeps no receipt, and a person looks."""
    row = await office.begin()
    doubted = await office.settle(row.order_id, succeeded("11.00", token="1234"))
    assert doubted is not None
    assert (doubted.state, doubted.review, doubted.result) == ("unknown", True, None)
    assert await office.deliverables(row.order_id) == []
    partly = await office.settle(row.order_id, pending(so_far=receipt("11.00")), "callback", fence=None)
    assert partly is not None
    assert (partly.state, partly.result) == ("pending", None)


async def test_deliverable_is_sealed_once(office: Office):
    """What success hands over is sealed with it, not before; what comes later replaces nothing."""
    row = await office.begin()
    so_far = await office.settle(row.order_id, pending(so_far=receipt(token="first")))
    assert so_far is not None
    assert so_far.deliverable_id is None
    assert await office.deliverables(row.order_id) == []
    done = await office.asked(row.order_id, succeeded(token="second"))
    await office.settle(row.order_id, succeeded(token="third"), "callback", fence=None)
    assert done.deliverable_id is not None
    assert await office.deliverables(row.order_id) == ["second"]
    found = await office.row(row.order_id)
    assert found.deliverable_id == done.deliverable_id
    assert b"second" not in (found.result or b"")


async def test_declined_order_shows_no_result(office: Office):
    """What an order had so far is no result once it is declined."""
    row = await office.begin()
    await office.settle(row.order_id, pending(so_far=receipt()))
    assert (await office.asked(row.order_id, declined())).result is None


async def test_overtaken_unit_leaves_nothing(office: Office, monkeypatch: pytest.MonkeyPatch):
    """If somebody wrote the order between reading and writing, audit and event do not stand either."""
    row = await office.begin()
    find = journalling.rows.find

    def stale(tx, order_id, *, for_update=False):
        found = find(tx, order_id)
        if found is not None and for_update:
            found.version -= 1
        return found

    monkeypatch.setattr(journalling.rows, "find", stale)
    with pytest.raises(Overtaken):
        await office.settle(row.order_id, succeeded(token="1234"))
    monkeypatch.undo()
    assert await office.row(row.order_id) == row
    assert len(await office.audit(row.order_id)) == 1
    assert await office.events(row.order_id) == []
    assert await office.deliverables(row.order_id) == []
    assert await office.due(row.order_id) == (START + LEASE, "first-hub")


async def test_a_claim_that_stands(office: Office):
    """Anybody may see which claim stands and how often work was tried; a wrong fence holds nothing."""
    row = await office.begin()

    async def held(fence: int) -> bool:
        return await office.store.write(lambda tx: work.held(tx, row.order_id, fence))

    async def standing() -> work.Standing | None:
        return await office.store.write(lambda tx: work.standing(tx, row.order_id))

    assert (await standing(), await held(1), await held(2)) == (work.Standing(1, 0), True, False)
    assert await office.claim(row.order_id) is None, "its lease stands"
    office.clock.forward(LEASE)
    await office.taken_up()
    assert (await standing(), await held(1), await held(2)) == (work.Standing(2, 1), False, True)
    await office.settle(row.order_id, succeeded(), "enquiry", 2)
    assert (await standing(), await held(2)) == (None, False)


async def test_a_lost_claim_says_nothing_about_a_settled_order(office: Office):
    """What another claim settled is left alone, contradictions too; the claim that settled it may repeat itself."""
    row = await office.begin()
    office.clock.forward(LEASE)
    await office.taken_up()
    await office.settle(row.order_id, succeeded(), "enquiry", 2)
    settled, told = await office.row(row.order_id), len(await office.audit(row.order_id))
    for news in (succeeded(), declined(), pending()):
        assert await office.settle(row.order_id, news, "answer", 1) is None
    assert (await office.row(row.order_id), len(await office.audit(row.order_id))) == (settled, told)
    repeated = await office.settle(row.order_id, succeeded(), "enquiry", 2)
    assert repeated is not None
    assert repeated.timeline[-1].what == "enquiry-repeated"


async def test_refusals_are_answers_of_their_units(office: Office, monkeypatch: pytest.MonkeyPatch):
    """A reused key and a lost claim roll back nobody else's work: their units do not raise."""
    row = await office.begin(key="k1")
    raised = units_that_raise(office, monkeypatch)
    with pytest.raises(KeyReused):
        await office.journal.begin(office.draft(key="k1", request=payment("11.00")))
    with pytest.raises(ClaimLost):
        await office.journal.step_taken(row.order_id, "capture", fence=9)
    assert raised == []


@pytest.mark.parametrize("field", ["request", "handles", "result"])
async def test_what_was_sealed_for_another_order_does_not_open(office: Office, field: str):
    """A sealed value is tied to its order: under another one it is no value."""
    mine, other = [await office.begin(), await office.begin(request=payment(account="7654321"))]
    for row in (mine, other):
        await office.settle(row.order_id, succeeded())
    mine, other = [await office.row(row.order_id) for row in (mine, other)]
    setattr(mine, field, getattr(other, field))
    with pytest.raises(Unsealable):
        await (office.journal.result(mine, PAY) if field == "result" else office.journal.opened(mine, PAY))


async def test_fingerprint_needs_the_banks_key(office: Office):
    """A request that can be guessed cannot be confirmed from its stored digest; another bank's is another."""
    row = await office.begin(key="k1")
    [journalled] = [record for record in await office.audit(row.order_id) if record.kind == "order.journalled"]
    plain = hashlib.sha256(PLAIN.encode(payment())).hexdigest()
    other = await Office.opened(office.store, "other-bank")
    mine = await office.journal.fingerprint(office.tenant, payment())
    assert journalled.digests["request"] == mine.hex()
    assert not plain.startswith(mine.hex())
    assert mine != await other.journal.fingerprint(other.tenant, payment())
    assert mine != await office.journal.fingerprint(office.tenant, payment("11.00"))


async def test_what_nobody_has_mapped_is_counted(office: Office):
    """Each answer with an unmapped code counts, beside the alert; mapped ones do not."""
    row = await office.begin()
    await office.settle(row.order_id, pending("77", unmapped=True))
    await office.asked(row.order_id, pending("77", unmapped=True))
    await office.asked(row.order_id, pending())
    [counted] = await office.store.read(unmapped_codes)
    assert (counted.partner, counted.operation, counted.said) == (row.partner, PAY.key, "77")
    assert counted.times == 2
    assert (await office.row(row.order_id)).review
