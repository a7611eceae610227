"""撞库: whether a customer may apply, asked with mask and digest. A lead is paid for, so doubt means no."""

import asyncio
from datetime import timedelta
from hashlib import md5

import msgspec

from connectors.kit.feeds import UNREADABLE
from connectors.kit.whose import mark_of, same
from connectors.wanlitong import wire
from connectors.wanlitong.envelope import Answer, ask
from connectors.wanlitong.facts import MANIFEST, STRIKE
from connectors.wanlitong.units import to_wan
from schemas.call import Attempt, Call
from schemas.errors import Garbled, MaybeSent, NotSent, Refused
from schemas.lending.applications import Referral
from schemas.lending.products import PreCheck, PreChecked
from schemas.outcome import Declined, Reason
from schemas.refs import PartnerRef

PATIENCE = timedelta(seconds=3)
MASK = 8
LENDER = "lender"
"""The handle under which whose product it is waits for the offer."""
UNCLEAR = "no clear answer in time, which counts as a duplicate"
EDUCATION = {"none": 0, "school": 1, "college": 2, "bachelor": 3, "postgraduate": 4}
HOUSING = {"owned": 1, "mortgaged": 2, "rented": 3, "family": 4}


class PreCheckId(msgspec.Struct, frozen=True, array_like=True):
    """How a passed pre-check is found again at the platform, and whose it is: of whom no more was told than a digest.

    Shape: that of a referral, which never leaves the house, has no `product_id` and no `mark`.
    """

    apply_no: str
    user_id: str
    product_id: str
    mark: str


def read_pre_check_id(ref: PartnerRef | None) -> PreCheckId:
    """Raises: Refused."""
    if ref is None:
        raise Refused("a pre-check comes first here", field="pre_check_id")
    try:
        return msgspec.json.decode(ref.local_id, type=PreCheckId)
    except UNREADABLE as error:
        raise Refused("is no pre-check of this partner", field="pre_check_id") from error


def refuse_anothers(pre_check: PreCheckId, mobile: str, call: Call) -> None:
    """The agreement that is reported next is the pre-check's customer's. Raises: Refused."""
    if not same(pre_check.mark, mark_of(call, pre_check.apply_no, digest(mobile))):
        raise Refused("was for another customer", field="pre_check_id")


def question(check_for: PreCheck) -> wire.Strike:
    known = check_for.qualification
    return wire.Strike(
        mobile_mask=check_for.mobile_mask,
        mobile_md5=check_for.mobile_digest,
        loan_amount=to_wan(check_for.amount),
        loan_time=check_for.term_months,
        product_id=check_for.product_id.local_id,
        age=known.age,
        education=EDUCATION[known.education] if known.education else None,
        housing_status=HOUSING[known.housing] if known.housing else None,
        has_car=_flag(known.has_car),
        has_provident_fund=_flag(known.has_provident_fund),
        has_social_security=_flag(known.has_social_security),
        overdue=_flag(known.overdue),
    )


def digest(mobile: str) -> str:
    """Of the plain digits, in lower-case hexadecimal."""
    return md5(mobile.encode(), usedforsecurity=False).hexdigest()


async def strike(call: Call, asked: wire.Strike) -> Answer | None:
    """The answer; None where there was none within three seconds, or none that can be read. Raises: NotSent."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await ask(call, wire.STRIKE, asked, PATIENCE)
    except (MaybeSent, TimeoutError):
        return None


async def verdict(check_for: PreCheck, call: Call) -> PreChecked:
    """Whoever could not be asked counts as a duplicate too: nobody knows better, and a second lead is paid twice."""
    try:
        answer = await strike(call, question(check_for))
    except NotSent:
        answer = None
    meaning = STRIKE.meaning(answer.code) if answer else None
    if answer is None or meaning is None:
        return PreChecked(verdict="duplicate", message=UNCLEAR)
    if meaning.means == "ok":
        return _passed(answer, check_for, call)
    if meaning.means == "refused" and meaning.reason != "duplicate":
        return PreChecked(verdict="refused", message=meaning.text)
    return PreChecked(verdict="duplicate", message=meaning.text or UNCLEAR)


async def passed(referral: Referral, mobile: str, attempt: Attempt) -> PreCheckId | Declined:
    """The pre-check of a customer whom we know; without a clear yes nothing is submitted.

    Raises: NotSent, after which it may be tried again.
    """
    asked = wire.Strike(
        mobile_mask=mobile[:MASK],
        mobile_md5=digest(mobile),
        loan_amount=to_wan(referral.amount),
        loan_time=referral.term_months,
    )
    answer = await strike(attempt, asked)
    meaning = STRIKE.meaning(answer.code) if answer else None
    if answer is None or meaning is None or meaning.means not in ("ok", "refused"):
        return Declined(reason=Reason(code="duplicate", message=UNCLEAR))
    if meaning.means == "refused":
        reason = Reason(code=meaning.reason or "declined", message=meaning.text, partner_code=answer.code)
        return Declined(reason=reason)
    struck = _struck(answer)
    if struck is None:
        return Declined(reason=Reason(code="duplicate", message=UNCLEAR))
    await attempt.remember(**{LENDER: struck.company_name})
    return PreCheckId(struck.apply_no, struck.user_id, product_id="", mark="")


def _passed(answer: Answer, check_for: PreCheck, call: Call) -> PreChecked:
    struck = _struck(answer)
    if struck is None:
        return PreChecked(verdict="duplicate", message=UNCLEAR)
    theirs = mark_of(call, struck.apply_no, check_for.mobile_digest)
    pre_check_id = PreCheckId(struck.apply_no, struck.user_id, check_for.product_id.local_id, theirs)
    return PreChecked(
        verdict="may-apply",
        pre_check_id=PartnerRef(MANIFEST.id, msgspec.json.encode(pre_check_id).decode()),
        authorise_url=struck.url,
        agreements=[protocol.url for protocol in struck.protocols],
    )


def _struck(answer: Answer) -> wire.Struck | None:
    try:
        return answer.read(wire.Struck)
    except Garbled:
        return None


def _flag(claim: bool | None) -> int | None:
    return None if claim is None else int(claim)
