"""Credit: leads that become offers, quotes that are no offers yet, and what may be accepted."""

from datetime import timedelta

import msgspec

from connectors.kit.feeds import UNREADABLE
from connectors.kit.units import to_yuan
from connectors.kit.whose import is_theirs, mark
from connectors.wanlitong import catalogue, orders, wire
from connectors.wanlitong.envelope import ask, submit
from connectors.wanlitong.facts import ASK, MANIFEST
from connectors.wanlitong.prechecks import LENDER, PreCheckId
from connectors.wanlitong.units import CURRENCY, moment, percent, yuan
from schemas.call import Attempt, Call
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.lending.applications import Acceptance, Application, Applied, Offer, OfferSearch, Referral
from schemas.money import Money
from schemas.outcome import Found, Outcome
from schemas.refs import PartnerRef

PLATFORM = "万利通"
"""The lender's name where the platform does not tell whose money it is."""
QUOTE_HOLDS = timedelta(days=1)
APPLY = "apply"
NO_OFFER = "is no offer of this partner"


class OfferId(msgspec.Struct, frozen=True, array_like=True):
    """How an offer is found again, what it said, and whose it is: the platform does not ask who takes a credit.

    Units: 元, months, epoch seconds. A quote has no `apply_no`.
    """

    apply_no: str
    amount: str
    term: int
    valid_until: int
    rate: str
    lender: str
    mark: str


def read_offer_id(ref: PartnerRef) -> OfferId:
    """Raises: Refused."""
    try:
        return msgspec.json.decode(ref.local_id, type=OfferId)
    except UNREADABLE as error:
        raise Refused(NO_OFFER, field="offer_id") from error


def refuse_acceptance(acceptance: Acceptance, call: Call) -> None:
    """What the offer itself says about accepting it. Raises: Refused, for another customer's as for none at all."""
    offer = read_offer_id(acceptance.offer_id)
    if not is_theirs(call, offer.apply_no, offer.mark):
        raise Refused(NO_OFFER, field="offer_id")
    if not offer.apply_no:
        raise Refused("is indicative; apply first, and accept what is granted", field="offer_id")
    if call.clock().timestamp() >= offer.valid_until:
        raise Refused("has expired; apply again", field="offer_id")
    if acceptance.amount.currency != CURRENCY:
        raise Refused(f"must be {CURRENCY}", field="amount.currency")
    if not acceptance.amount.equals(Money(amount=offer.amount, currency=CURRENCY)):
        raise Refused(f"the offer is of {offer.amount}", field="amount.amount")


async def lead(pre_check: PreCheckId, wish: Application | Referral, mobile: str, attempt: Attempt) -> Outcome[Applied]:
    """授权, then 进件: the customer's agreement is reported, then the plain number is told."""
    agreement = wire.Agreement(pre_check.apply_no, pre_check.user_id)
    answer = await submit(attempt, "authorise", wire.AUTHORISE, agreement)
    if not orders.accepted(answer):
        return orders.refused(answer, orders.LEAD)
    message = wire.Lead(
        order_no=attempt.reference,
        apply_no=pre_check.apply_no,
        mobile=mobile,
        amount=to_yuan(wish.amount),
        term=wish.term_months,
        notify_url=attempt.callback_url,
    )
    return orders.taken(await submit(attempt, APPLY, wire.APPLY, message), attempt, orders.LEAD)


async def found(wish: Application | Referral, attempt: Attempt) -> Found[Applied]:
    """What became of a lead. Without its last step nobody applied."""
    if APPLY not in attempt.steps:
        return orders.not_sent("the application")
    lender = attempt.handles.get(LENDER) or PLATFORM
    return await orders.found(attempt, wire.APPLY, wish.amount, lambda order: granted(order, wish, lender, attempt))


def granted(order: wire.Order, wish: Application | Referral, lender: str, call: Call) -> Applied:
    """The credit as an offer: of what was granted, which may be less than was asked for. Raises: Garbled."""
    if order.apply_no is None or order.credit_amount is None or order.year_rate is None or order.valid_to is None:
        raise Garbled("credit without number, amount, rate or validity")
    amount, rate, valid_until = yuan(order.credit_amount), percent(order.year_rate), moment(order.valid_to)
    term = min(wish.term_months, order.max_term or wish.term_months)
    theirs = mark(call, order.apply_no)
    offer_id = OfferId(order.apply_no, amount.amount, term, int(valid_until.timestamp()), rate, lender, theirs)
    offer = Offer(
        offer_id=_ref(offer_id),
        lender=lender,
        amount=amount,
        term_months=term,
        annual_rate=rate,
        valid_until=valid_until,
        binding=True,
    )
    return Applied(application_number=order.apply_no, state="offered", offers=[offer])


async def quotes(search: OfferSearch, call: Call) -> list[Offer]:
    """利息试算: what it would cost, if some product is for such a loan at all. Raises: Refused, NotSent, MaybeSent."""
    mobile = orders.mobile_of(call)
    if not any(catalogue.fits(one, search.amount, search.term_months) for one in await catalogue.products(call)):
        return []
    asked = {"mobile": mobile, "loanAmount": to_yuan(search.amount), "loanTime": search.term_months}
    answer = await ask(call, wire.TRIAL, asked)
    meaning = ASK.meaning(answer.code)
    if meaning and meaning.means == "nothing":
        return []
    if meaning is None or meaning.means != "ok":
        raise MaybeSent(f"the trial was answered {answer.code[:16]}")
    return [quote(answer.read(wire.Quoted), search, call)]


def quote(quoted: wire.Quoted, search: OfferSearch, call: Call) -> Offer:
    """Raises: Garbled."""
    rate, valid_until = percent(quoted.year_rate), (call.clock() + QUOTE_HOLDS).replace(microsecond=0)
    until, theirs = int(valid_until.timestamp()), mark(call, "")
    offer_id = OfferId("", search.amount.amount, search.term_months, until, rate, PLATFORM, theirs)
    return Offer(
        offer_id=_ref(offer_id),
        lender=PLATFORM,
        amount=search.amount,
        term_months=search.term_months,
        annual_rate=rate,
        total_repayable=yuan(search.amount.value + quoted.interest),
        valid_until=valid_until,
        binding=False,
    )


def _ref(offer_id: OfferId) -> PartnerRef:
    return PartnerRef(MANIFEST.id, msgspec.json.encode(offer_id).decode())
