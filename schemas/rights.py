"""Rights: vouchers, cards, top-ups and bookings that a bank gives its customers."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.call import Attempt, Call
from schemas.contract import A1, A2, Scenario, check, enquiry, order, query
from schemas.money import Currency, Money
from schemas.order import Flaw, OrderId, OrderRequest, Original, Reversal
from schemas.outcome import Found, Outcome
from schemas.page import Merged, Paged
from schemas.privacy import C2, private
from schemas.refs import PartnerRef
from schemas.region import RegionCode
from schemas.secret import Secret
from schemas.struct import Canonical, Instant, pattern, within_reach

Kind = Literal["voucher", "gift-card", "top-up", "lounge", "airport-transfer", "health-check"]
Tier = Literal["standard", "silver", "gold", "platinum", "diamond"]
"""The bank's own ranking of the customer."""

ProductRef = Annotated[PartnerRef, Meta(description="A product of `list_products`")]
Recipient = Annotated[
    str,
    pattern("[!-~]+", "Printable ASCII without blanks", min_length=3, max_length=100),
    private(C2, "contact", "Account, mobile number or e-mail that gets it"),
]


class ProductSearch(Paged):
    """Which products are wanted."""

    region: RegionCode | None = None
    kind: Kind | None = None


class TierPrice(Canonical):
    """What a customer of a tier pays; without a tier, what everybody pays."""

    price: Money
    tier: Tier | None = None


class Product(Canonical):
    """Something to give, its rule and its stock."""

    product_id: ProductRef
    name: str
    kind: Kind
    currency: Currency
    """Of the face value."""
    denominations: list[Money] = field(default_factory=list)
    """Face values there are; none: anything from minimum to maximum, or the product has no face value."""
    minimum: Money | None = None
    maximum: Money | None = None
    prices: list[TierPrice] = field(default_factory=list)
    """None: the price follows from a quote."""
    stock: Annotated[int, Meta(ge=0)] | None = None
    """None: the partner does not say."""
    most: Annotated[int, Meta(ge=1)] = 1
    """Pieces in one order."""
    region: RegionCode | None = None
    rule: str = ""
    """For people: who may have it, and until when."""


class EligibilityCheck(Canonical):
    """Whether the customer of the consent may have a product, by the bank's tier."""

    product_id: ProductRef
    tier: Tier


class Eligibility(Canonical):
    """Whether, and why not."""

    eligible: bool
    message: str = ""
    uses_left: Annotated[int, Meta(ge=0)] | None = None


class QuoteRequest(Canonical):
    """What is to be priced."""

    product_id: ProductRef
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1
    face_value: Money | None = None


class Quote(Canonical):
    """What it would cost, and until when. The order's `max_total` guards it."""

    total: Money
    unit_price: Money
    fee: Money | None = None
    valid_until: Instant | None = None


class Purchase(OrderRequest):
    """Pieces of a product to buy."""

    product_id: ProductRef
    max_total: Money
    """The price guard: if it costs more by now, nothing is bought."""
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1
    face_value: Money | None = None
    recipient: Recipient | None = None

    def contradicts(self, result: "Purchased") -> str | None:
        if result.ordered != self.quantity or result.delivered > self.quantity:
            return f"the partner reports {result.delivered} of {result.ordered} pieces, {self.quantity} were ordered"
        paid = result.paid
        if paid and (paid.currency != self.max_total.currency or paid.value > self.max_total.value):
            return f"the partner charged {paid.amount} {paid.currency}, at most {self.max_total.amount} was agreed"
        return None


class Piece(Canonical):
    """What one piece is used with. Numbers are text: a card number may begin with 0."""

    number: str | None = None
    pin: str | None = None
    link: str | None = None
    valid_until: Instant | None = None


class Purchased(Canonical):
    """What was bought. `delivered` may be fewer than `ordered`: the rest is not coming."""

    ordered: Annotated[int, Meta(ge=1)]
    delivered: Annotated[int, Meta(ge=0)]
    paid: Money | None = None
    pieces: Secret[list[Piece]] | None = None
    """None where nothing is handed over: a top-up is simply there."""


class Booking(OrderRequest):
    """A visit or a ride to book for the customer of the consent."""

    product_id: ProductRef
    starts_at: Instant
    tier: Tier
    guests: Annotated[int, Meta(ge=0, le=9)] = 0

    def __post_init__(self) -> None:
        within_reach("starts_at", self.starts_at)

    def contradicts(self, result: "Booked") -> str | None:
        return None if result.starts_at == self.starts_at else "the partner reports another time than was asked for"


class Booked(Canonical):
    """What is booked, and until when it may be changed or cancelled."""

    confirmation: str
    starts_at: Instant
    change_until: Instant | None = None
    place: str | None = None


class BookingChange(OrderRequest):
    """A booking to move to another time."""

    booking: OrderId
    starts_at: Instant

    def __post_init__(self) -> None:
        within_reach("starts_at", self.starts_at)

    def contradicts(self, result: Booked) -> str | None:
        return None if result.starts_at == self.starts_at else "the partner reports another time than was asked for"


class Cancellation(Reversal):
    """A booking to cancel."""

    def refusal(self, original: Original, earlier: list[Reversal]) -> Flaw | None:
        if earlier:
            return Flaw("reverses", "is cancelled already")
        return None if original.state == "succeeded" else Flaw("reverses", "is not booked (yet)")

    def returned(self, result: "Cancelled") -> Money | None:
        return result.returned


class Cancelled(Canonical):
    """A booking that is no more."""

    cancelled_at: Instant | None = None
    returned: Money | None = None


class BookingSearch(Canonical):
    """Which booking is meant."""

    booking: OrderId


class Pass(Canonical):
    """What is shown at the door, on the day."""

    token: Annotated[str, private(C2, "identity")]
    expires_at: Instant


class RedemptionSearch(Canonical):
    """Of which purchase or booking."""

    order: OrderId


class Redemption(Canonical):
    """Something was used."""

    redeemed_at: Instant
    place: str | None = None
    piece: str | None = None


class NearbySearch(Paged):
    """Near which place."""

    region: RegionCode


class MerchantOffer(Canonical):
    """What a merchant nearby gives the bank's customers."""

    offer_id: PartnerRef
    merchant: str
    title: str
    region: RegionCode
    address: str | None = None
    valid_until: Instant | None = None


class Rights(Scenario, name="rights"):
    """Rights and benefits: catalogue, eligibility, quotes, purchases, bookings, redemptions, offers nearby."""

    @query("GET /products", access="read", level=A1)
    async def list_products(self, search: ProductSearch, call: Call) -> Merged[Product]:
        """What every supplier on the shelf has, with rule, stock and price."""

    @query("POST /eligibility-checks", access="read", level=A2, subject="required", optional=True)
    async def check_eligibility(self, request: EligibilityCheck, call: Call) -> Eligibility:
        """Whether the customer may have a product."""

    @query("POST /quotes", access="read", level=A2, optional=True)
    async def quote(self, request: QuoteRequest, call: Call) -> Quote:
        """What it would cost now."""

    @order("POST /purchases", access="order", level=A2, subject="required", optional=True)
    async def buy(self, purchase: Purchase, attempt: Attempt) -> Outcome[Purchased]:
        """Buy vouchers, cards or top-ups. Numbers are sealed, and released by a call of their own."""

    @check(of=buy)
    async def check_purchase(self, purchase: Purchase, call: Call) -> None:
        """Refuses what is not offered, out of stock or dearer than the price guard, naming the field."""

    @enquiry(of=buy)
    async def find_purchase(self, purchase: Purchase, attempt: Attempt) -> Found[Purchased]:
        """What became of a purchase that was or may have been sent."""

    @order("POST /bookings", access="order", level=A2, subject="required", optional=True)
    async def book(self, booking: Booking, attempt: Attempt) -> Outcome[Booked]:
        """Book a lounge, a transfer or a health check."""

    @enquiry(of=book)
    async def find_booking(self, booking: Booking, attempt: Attempt) -> Found[Booked]:
        """What became of a booking that was or may have been sent."""

    @order("POST /booking-changes", access="order", level=A2, subject="required", follows=(book,), optional=True)
    async def change_booking(self, change: BookingChange, attempt: Attempt) -> Outcome[Booked]:
        """Move a booking, before its deadline."""

    @enquiry(of=change_booking)
    async def find_change(self, change: BookingChange, attempt: Attempt) -> Found[Booked]:
        """What became of a change that was or may have been sent."""

    @order("POST /booking-cancellations", access="order", level=A2, subject="required", follows=(book,), optional=True)
    async def cancel_booking(self, cancellation: Cancellation, attempt: Attempt) -> Outcome[Cancelled]:
        """Cancel a booking, before its deadline."""

    @enquiry(of=cancel_booking)
    async def find_cancellation(self, cancellation: Cancellation, attempt: Attempt) -> Found[Cancelled]:
        """What became of a cancellation that was or may have been sent."""

    @query("POST /booking-passes", access="order", level=A2, subject="required", follows=(book,), optional=True)
    async def issue_pass(self, search: BookingSearch, call: Call) -> Pass:
        """The pass to a booking, on the day: good for a short while."""

    @query("POST /redemption-searches", access="read", level=A2, subject="required", follows=(book, buy), optional=True)
    async def find_redemptions(self, search: RedemptionSearch, call: Call) -> list[Redemption]:
        """When and where something was used."""

    @query("GET /merchant-offers", access="read", level=A1, optional=True)
    async def list_offers(self, search: NearbySearch, call: Call) -> Merged[MerchantOffer]:
        """What merchants near a place give the bank's customers."""
