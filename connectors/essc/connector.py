"""Cards and QR tokens of the platform. It knows a card by area and 签发号, so those are asked for first."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from connectors.essc import requests, verdicts, wire
from connectors.essc.callback import read_callback
from connectors.essc.envelope import Answer, EsscAccount, seal, unseal
from connectors.essc.facts import QR, SIGN_STATUS, STATUS
from connectors.essc.verdicts import Denied
from connectors.kit.partner import Partner
from schemas.call import Attempt, Call, Http, Reply
from schemas.errors import Garbled, Refused
from schemas.outcome import Declined, Found, Outcome
from schemas.social_security import (
    Card,
    CardIssue,
    CardUnlink,
    InRegion,
    QrRequest,
    QrToken,
    QrVerification,
    QrVerified,
    SocialSecurity,
)

T = TypeVar("T")


class EsscCards(SocialSecurity):
    """The national platform's cards, wherever in the country they were issued."""

    async def find_card(self, search: InRegion, call: Call) -> Card:
        """The card that is held, even where it was issued in another area than was asked about: it is the one card."""
        card = await _held(call)
        return verdicts.card_of("issued", card) if card else Card(state="none", region=search.region)

    async def issue_card(self, issue: CardIssue, attempt: Attempt) -> Outcome[Card]:
        try:
            application = requests.application(issue.region, attempt)
        except Denied as denied:
            return Declined(reason=denied.reason)
        answer = await _exchange(attempt, partial(attempt.submit, "issue"), wire.APPLY, application)
        return verdicts.taken(answer, attempt.reference, verdicts.issued)

    async def find_card_issue(self, issue: CardIssue, attempt: Attempt) -> Found[Card]:  # noqa: ARG002 - found by busiSeq
        return await _found(attempt, verdicts.issued)

    async def unlink_card(self, unlink: CardUnlink, attempt: Attempt) -> Outcome[Card]:
        try:
            unlinking = requests.unlinking(requests.card_in(unlink.region, await _held(attempt)), attempt)
        except Denied as denied:
            return Declined(reason=denied.reason)
        answer = await _exchange(attempt, partial(attempt.submit, "unlink"), wire.UNLINK, unlinking)
        return verdicts.taken(answer, attempt.reference, verdicts.unlinked)

    async def find_card_unlinking(self, unlink: CardUnlink, attempt: Attempt) -> Found[Card]:  # noqa: ARG002 - found by busiSeq
        return await _found(attempt, verdicts.unlinked)

    async def issue_qr(self, request: QrRequest, call: Call) -> QrToken:
        requests.purpose_code(request.purpose)
        card = requests.card_in(request.region, await _held(call))
        wanted = requests.token(card, request.purpose, call)
        answer = await _exchange(call, call.send, wire.QR, wanted)
        if not verdicts.answered(QR, answer):
            raise Refused("no card is held; one must be issued first")
        code = answer.read(wire.QrCode)
        if code.qrPurpose != wanted.qrPurpose:
            raise Garbled("the token is for another purpose than was asked for")
        return QrToken(token=code.qrCode, purpose=request.purpose, expires_at=verdicts.moment(code.expireTime))

    async def verify_qr(self, scanned: QrVerification, attempt: Attempt) -> Outcome[QrVerified]:
        try:
            scan = requests.scan(scanned, attempt)
        except Denied as denied:
            return Declined(reason=denied.reason)
        answer = await _exchange(attempt, partial(attempt.submit, "verify"), wire.SCAN, scan)
        return verdicts.taken(answer, attempt.reference, partial(verdicts.verified, purpose=scanned.purpose))

    async def find_qr_verification(self, scanned: QrVerification, attempt: Attempt) -> Found[QrVerified]:
        return await _found(attempt, partial(verdicts.verified, purpose=scanned.purpose))


async def _held(call: Call) -> wire.Signed | None:
    """The person's card. Raises: Denied; Garbled for a signStatus that nobody mapped."""
    account = call.account(EsscAccount)
    request = wire.StatusRequest(channelNo=account.channel_no, aac002=requests.holder(call).id_number)
    answer = await _exchange(call, call.send, wire.STATUS, request)
    if not verdicts.answered(STATUS, answer):
        return None
    status = answer.read(wire.Status).signStatus
    meaning = SIGN_STATUS.meaning(status)
    if meaning is None:
        raise Garbled(f"a card has the signStatus {status[:16]!r}", answer.data)
    return answer.read(wire.Signed) if meaning.means == "ok" else None


async def _found(attempt: Attempt, make: Callable[[Answer], T]) -> Found[T]:
    account = attempt.account(EsscAccount)
    enquiry = wire.Enquiry(channelNo=account.channel_no, busiSeq=attempt.reference)
    answer = await _exchange(attempt, attempt.send, wire.ENQUIRY, enquiry)
    return verdicts.found(answer, attempt.reference, make)


async def _exchange(
    call: Call, exchange: Callable[[Http], Awaitable[Reply]], api_name: str, business: wire.Business
) -> Answer:
    """One exchange, by `send` or an attempt's `submit`. Raises: NotSent, MaybeSent, Garbled."""
    account = call.account(EsscAccount)
    return unseal(account, await exchange(await seal(account, api_name, business, call.clock())))


PARTNER = Partner(account=EsscAccount, scenarios=(EsscCards,), read_callback=read_callback)
