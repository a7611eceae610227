"""Offers and products: the lenders' terms as a bank sees them, and how an offer is found again."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from connectors.kit.feeds import UNREADABLE
from connectors.kit.units import from_major
from connectors.kit.whose import is_theirs, mark
from connectors.ocen import wire
from connectors.ocen.facts import MANIFEST
from schemas.call import Call
from schemas.errors import Garbled, Refused
from schemas.lending.applications import Acceptance, Offer
from schemas.lending.products import LoanProduct
from schemas.money import Money
from schemas.refs import PartnerRef

CURRENCY = "INR"
MONTHS = {"MONTH": 1, "YEAR": 12}
LONGEST_TERM = 360
NO_OFFER = "is no offer of this network"


class OfferId(msgspec.Struct, frozen=True, array_like=True):
    """How an offer is found again at the network, what it said, and whose it is.

    Units: rupees; `valid_until` in epoch seconds.
    """

    application_id: str
    offer_id: str
    amount: str
    valid_until: int
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
    if not is_theirs(call, offer.offer_id, offer.mark):
        raise Refused(NO_OFFER, field="offer_id")
    if call.clock().timestamp() >= offer.valid_until:
        raise Refused("has expired; search for offers again", field="offer_id")
    if acceptance.amount.currency != CURRENCY:
        raise Refused(f"must be {CURRENCY}", field="amount.currency")
    if not acceptance.amount.equals(Money(amount=offer.amount, currency=CURRENCY)):
        raise Refused(f"the offer is of {offer.amount}", field="amount.amount")


def offer(row: wire.Offer, application_id: str, call: Call) -> Offer:
    """Raises: Garbled."""
    terms, valid_until = row.terms, moment(row.valid_till)
    amount, tenure, rate = terms.sanctioned_amount, terms.tenure, terms.interest_rate
    if amount is None or tenure is None or rate is None:
        raise Garbled("an offer without amount, term or rate")
    lent = money(amount)
    offer_id = OfferId(application_id, row.id, lent.amount, int(valid_until.timestamp()), mark(call, row.id))
    return Offer(
        offer_id=PartnerRef(MANIFEST.id, msgspec.json.encode(offer_id).decode()),
        lender=row.lender.name,
        amount=lent,
        term_months=months(tenure),
        annual_rate=percent(rate),
        total_repayable=None if terms.total_repayable_amount is None else money(terms.total_repayable_amount),
        fee=None if terms.net_disbursed_amount is None else money(amount - terms.net_disbursed_amount),
        valid_until=valid_until,
        binding=True,
    )


def product(raw: msgspec.Raw) -> LoanProduct:
    """Raises: Garbled, or what a decoder raises."""
    row = msgspec.json.decode(raw, type=wire.Product)
    if row.currency != CURRENCY:
        raise Garbled("a product in another currency")
    return LoanProduct(
        product_id=PartnerRef(MANIFEST.id, row.id),
        name=row.name,
        lender=row.lender.name,
        currency=CURRENCY,
        minimum=money(row.min_amount),
        maximum=money(row.max_amount),
        terms=list(range(1, months(row.tenure) + 1)),
        rate_from=percent(row.interest_rate),
    )


def months(tenure: wire.Tenure) -> int:
    """Raises: Garbled for what is not counted in months."""
    text, unit = tenure.duration, MONTHS.get(tenure.unit)
    if unit is None or not (text.isascii() and text.isdigit()) or not 1 <= int(text) * unit <= LONGEST_TERM:
        raise Garbled("a tenure that is no number of months")
    return int(text) * unit


def money(amount: Decimal) -> Money:
    """Raises: Garbled."""
    return from_major(amount, CURRENCY)


def percent(rate: Decimal) -> str:
    """A rate as the contract writes it: 13.25. Raises: Garbled where it has more than four decimals."""
    exact = rate.normalize() if rate.is_finite() else Decimal(-1)
    exponent = exact.as_tuple().exponent
    if not 0 <= exact < 1000 or not isinstance(exponent, int) or exponent < -4:  # noqa: PLR2004
        raise Garbled("what should be a yearly rate is none")
    return f"{exact:f}"


def moment(text: str) -> datetime:
    """A time of the network's, which names its zone. Raises: Garbled."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Garbled("what should be a time is none") from error
    if at.tzinfo is None:
        raise Garbled("a time names no zone")
    return at.astimezone(UTC)
