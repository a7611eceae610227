"""What lenders offer to everybody, and what may be asked before a customer consents."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.money import Currency, Money
from schemas.page import Paged
from schemas.privacy import C2, private
from schemas.refs import PartnerRef
from schemas.region import RegionCode
from schemas.struct import Canonical, Instant, pattern

LoanPurpose = Literal["working-capital", "farming", "equipment", "consumption", "education", "housing", "other"]
Term = Annotated[int, Meta(ge=1, le=360, description="Months")]
Rate = Annotated[str, pattern(r"(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,4})?", "Per cent a year: 7.2")]
ProductRef = Annotated[PartnerRef, Meta(description="A product of `list_products`")]
PreCheckRef = Annotated[PartnerRef, private(C2, "identity", "A pre-check of one customer, to be named when applying")]


class ProductSearch(Paged):
    """Which products are wanted."""

    region: RegionCode | None = None


class LoanProduct(Canonical):
    """What a lender offers to everybody."""

    product_id: ProductRef
    name: str
    lender: str
    currency: Currency
    minimum: Money
    maximum: Money
    terms: list[Term]
    rate_from: Rate
    purposes: list[LoanPurpose] = field(default_factory=list)


class Qualification(Canonical):
    """What may be said about a customer before consent: nothing that names anybody."""

    age: Annotated[int, Meta(ge=16, le=100)] | None = None
    education: Literal["none", "school", "college", "bachelor", "postgraduate"] | None = None
    housing: Literal["owned", "mortgaged", "rented", "family"] | None = None
    has_car: bool | None = None
    has_provident_fund: bool | None = None
    has_social_security: bool | None = None
    overdue: bool | None = None


class PreCheck(Canonical):
    """Whether a customer may apply, asked with mask and digest only."""

    product_id: ProductRef
    mobile_mask: Annotated[str, pattern(r"[0-9]{8}", "The first eight digits"), private(C2, "contact")]
    mobile_digest: Annotated[
        str, pattern("[0-9a-f]{32}", "MD5 of the plain digits, lower-case hex"), private(C2, "contact")
    ]
    amount: Money
    term_months: Term
    qualification: Qualification = Qualification()

    def __post_init__(self) -> None:
        self.amount.refuse_zero()


class PreChecked(Canonical):
    """What the partner says. `duplicate`, and silence counts as that: the case must not be submitted."""

    verdict: Literal["may-apply", "duplicate", "refused"]
    pre_check_id: PreCheckRef | None = None
    authorise_url: Annotated[str | None, Meta(description="Where the customer reads and agrees")] = None
    agreements: list[str] = field(default_factory=list)
    message: str = ""


class EstimateSearch(Paged):
    """What is known of the customer beside the consent."""

    qualification: Qualification = Qualification()
    monthly_income: Annotated[Money | None, private(C2, "financial")] = None
    region: RegionCode | None = None


class Estimate(Canonical):
    """What one lender might lend. No promise."""

    product_id: ProductRef
    lender: str
    up_to: Annotated[Money, private(C2, "financial")]
    as_of: Instant
