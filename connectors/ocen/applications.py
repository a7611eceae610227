"""Applications: filed by createLoan, asked about by getloan, and brought to a verdict by generateOffers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from connectors.kit.feeds import UNREADABLE
from connectors.kit.manifest import Meaning
from connectors.ocen import answers, wire
from connectors.ocen.exchange import Content, OcenAccount
from connectors.ocen.facts import APPLICATION, REJECTION
from connectors.ocen.offers import CURRENCY, offer
from schemas.call import Attempt, Call
from schemas.errors import Garbled, NotReady, Refused
from schemas.lending.applications import Application, ApplicationState, Applied, Offer, OfferSearch, Referral
from schemas.lending.products import LoanProduct
from schemas.outcome import Absent, Declined, Found, Pending, Reason, Succeeded, Unknown
from schemas.page import Merged

OTHERS = timedelta(minutes=2)
"""So long are the other lenders waited for once one has made an offer and the network says that more may come."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a list of offers goes on: whose application they were made to, and the last one that was told."""

    application_id: str
    offer_id: str


def borrower(call: Call) -> wire.Borrower:
    """The customer, known to the network by the mobile number. Raises: Refused."""
    person = call.subject
    if person is None or person.mobile is None:
        raise Refused("the consent names no mobile number, by which the network knows a borrower", field="Consent-Id")
    mobile = person.mobile.removeprefix("+91").removeprefix("+")
    return wire.Borrower(
        primary_id=mobile,
        primary_id_type="MOBILE",
        name=person.name,
        category="ORGANIZATION" if person.id_type == "credit-code" else "INDIVIDUAL",
        contact_details=[{"type": "PRIMARY", "phone": mobile}],
    )


def filing(
    call: Call, wish: OfferSearch | Application | Referral, *, created: datetime, product_id: str | None = None
) -> Content:
    """What createLoan says of one application, whose id is our reference: the same at every try. Raises: Refused."""
    product = {"productNetworkId": call.account(OcenAccount).product_network_id}
    application = wire.Filing(
        created_date=created.date().isoformat(),
        loan_application_id=call.reference,
        borrower=borrower(call),
        terms=wire.Terms(
            requested_amount=wish.amount.value,
            currency=wish.amount.currency,
            tenure=wire.Tenure(duration=str(wish.term_months), unit="MONTH"),
        ),
        description=description(wish),
    )
    return {
        "productData": product | ({"productId": product_id} if product_id else {}),
        "loanApplications": [application],
    }


def description(wish: OfferSearch | Application | Referral) -> str:
    """What the network has no field for: the purpose, and why the bank itself said no."""
    if not isinstance(wish, Referral):
        return f"purpose: {wish.purpose}"
    return f"purpose: {wish.purpose}; declined by the referring bank: {wish.reason}. {wish.remark}".strip()


def refuse_application(application: Application, product: LoanProduct) -> None:
    """Raises: Refused, naming the field."""
    if application.pre_check_id is not None:
        raise Refused("there are no pre-checks here", field="pre_check_id")
    if application.amount.currency != CURRENCY:
        raise Refused(f"must be {CURRENCY}", field="amount.currency")
    if not product.minimum.value <= application.amount.value <= product.maximum.value:
        bounds = f"{product.minimum.amount} to {product.maximum.amount}"
        raise Refused(f"this product is for {bounds}", field="amount.amount")
    if application.term_months not in product.terms:
        raise Refused(f"this product is for at most {product.terms[-1]} months", field="term_months")


async def gathered(search: OfferSearch, call: Call) -> Merged[Offer]:
    """The offers of all lenders, or of those that have answered in a while, from where the search goes on.

    Raises: NotReady; Refused; MaybeSent where nobody answers at all.
    """
    waited, place = await answers.waiting(call), _place(search)
    known = list(answers.applications(call.handles))
    if place is None and (not known or answers.missing(known[-1])):
        request = filing(call, search, created=call.clock() - waited)
        answers.give_up_after(waited)
        await answers.ask(call, wire.CREATE, request, call.reference)
        raise NotReady(answers.pause(waited))
    if known and answers.errs(known[-1]):
        raise Refused("the network does not take such an application", field="cursor" if place else None)
    others = _others(call)
    if known and _answered(known, waited, others):
        return _page(known, place or Place(call.reference, ""), search, call)
    answers.give_up_after(waited)
    application_id = place.application_id if place else call.reference
    await answers.ask(call, wire.OFFERS, {"loanApplicationIds": [application_id]})
    left = others - waited
    raise NotReady(min(answers.pause(waited), left) if left > timedelta() else answers.pause(waited))


async def found(wish: Application | Referral, attempt: Attempt) -> Found[Applied]:
    """What became of an application. Its offers are asked for as soon as it is known to be filed."""
    known = list(answers.applications(attempt.handles))
    if not known or answers.missing(known[-1]):
        if await answers.news_of(attempt, wire.LOAN):
            return Absent(why="the network knows no such application")
        await answers.ask(attempt, wire.LOAN, {"loanApplicationId": attempt.reference})
        return Unknown(why=answers.ASKED)
    outcome = judged(known, wish, attempt)
    if isinstance(outcome, Pending):
        offered = answers.latest(attempt.handles, wire.OFFERS)
        if offered and answers.errs(offered):
            await answers.ask(attempt, wire.LOAN, {"loanApplicationId": attempt.reference})
        else:
            await answers.ask(attempt, wire.OFFERS, {"loanApplicationIds": [attempt.reference]})
    return outcome


def judged(
    known: Sequence[wire.Response], wish: Application | Referral, attempt: Attempt
) -> Succeeded[Applied] | Declined | Pending[Applied] | Unknown:
    """What the latest response says of our application. Raises: Garbled where it is about another."""
    last, application = known[-1], known[-1].application
    if answers.errs(last):
        return answers.failed(last)
    if not answers.succeeded(last):
        return Pending(stage=last.response.status[:64], unmapped=True)
    if application.loan_application_id != attempt.reference:
        raise Garbled("the response is about another application")
    asked = application.terms.requested_amount if application.terms else None
    if asked is not None and asked != wish.amount.value:
        return Unknown(why="the network reports an application for another amount")
    meaning = APPLICATION.meaning(_state(last))
    if meaning is None:
        return Pending(stage=_state(last)[:64], unmapped=True)
    if meaning.means == "declined":
        return Declined(reason=_why(application, meaning))
    others = _others(attempt) if isinstance(wish, Referral) else timedelta()  # a product is one lender's
    if _answered(known, attempt.clock() - attempt.sent_at, others) and meaning.text != "action-required":
        state = msgspec.convert(meaning.text if meaning.means == "succeeded" else "offered", ApplicationState)
        return Succeeded(result=_applied(known, state, attempt))
    wanted: ApplicationState = "action-required" if meaning.text == "action-required" else "processing"
    so_far = _applied(known, wanted, attempt)
    later = attempt.sent_at + others if meaning.text == "offered" else None
    return Pending(stage=meaning.text, so_far=so_far, check_after=later)


def made(known: Sequence[wire.Response], call: Call) -> list[Offer]:
    """The offers of all responses, each once, in an order that stays. Raises: Garbled."""
    return [offer(row, application_id, call) for row, application_id in _rows(known)]


def _rows(known: Sequence[wire.Response]) -> list[tuple[wire.Offer, str]]:
    """Offers by their number, each with its application's."""
    told = {
        row.id: (row, response.application.loan_application_id or "")
        for response in known
        for row in response.application.offers
    }
    return [told[offer_id] for offer_id in sorted(told)]


def _page(known: Sequence[wire.Response], place: Place, search: OfferSearch, call: Call) -> Merged[Offer]:
    """The network does not page: it tells all offers again, and they are told on from the last one. Raises: Garbled."""
    rows = [(row, application_id) for row, application_id in _rows(known) if row.id > place.offer_id]
    shown = rows[: search.limit]
    following = Place(place.application_id, shown[-1][0].id) if len(rows) > len(shown) else None
    return Merged(
        items=[offer(row, application_id, call) for row, application_id in shown],
        next=msgspec.json.encode(following).decode() if following else None,
    )


def _place(search: OfferSearch) -> Place | None:
    """Raises: Refused."""
    if search.cursor is None:
        return None
    try:
        return msgspec.json.decode(search.cursor, type=Place)
    except UNREADABLE as error:
        raise Refused("is no cursor of this network", field="cursor") from error


def _others(call: Call) -> timedelta:
    """How long lenders take, though there are offers: that one has answered says nothing of another."""
    return timedelta(seconds=call.account(OcenAccount).lenders_seconds)


def _answered(known: Sequence[wire.Response], waited: timedelta, others: timedelta) -> bool:
    """Whether nothing more is to be waited for: a verdict with all its offers, a no, a lender who wants something."""
    meaning = APPLICATION.meaning(_state(known[-1]))
    offered = any(response.application.offers for response in known)
    if meaning is None or (meaning.means == "pending" and meaning.text != "action-required"):
        return offered and waited >= OTHERS
    return meaning.text != "offered" or (offered and waited >= others)


def _state(response: wire.Response) -> str:
    return response.application.loan_application_status or ""


def _applied(known: Sequence[wire.Response], state: ApplicationState, attempt: Attempt) -> Applied:
    wanted = "; ".join(action.description for action in known[-1].application.action_required)
    offers = made(known, attempt)
    return Applied(application_number=attempt.reference, state=state, offers=offers, action=wanted or None)


def _why(application: wire.Application, meaning: Meaning) -> Reason:
    """The lenders' own reason, if they gave one that is known."""
    said = application.rejection_details[0].reason if application.rejection_details else None
    known = REJECTION.meaning(said) if said else None
    better = known or meaning
    return Reason(code=better.reason or "declined", message=better.text, partner_code=said)
