"""Social security: the electronic card, what a person is insured for, and moving it elsewhere."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from schemas.call import Attempt, Call
from schemas.contract import A2, Scenario, enquiry, order, query
from schemas.document import Document
from schemas.money import Money
from schemas.month import Month, refuse_reversed
from schemas.order import OrderRequest
from schemas.outcome import Found, Outcome
from schemas.privacy import C2, private
from schemas.region import RegionCode
from schemas.struct import Canonical, Instant, pattern

InsuranceKind = Literal["pension", "medical", "unemployment", "work-injury", "maternity"]
Purpose = Literal["identify", "hospital", "pharmacy", "transport", "government-service", "bank-service"]
"""What a QR token may be shown for."""
TransferStage = Literal["submitted", "origin-confirmed", "information-received", "funds-received", "done", "returned"]

SignNumber = Annotated[str, private(C2, "account", "签发号: the card as its issuer numbers it")]
QrText = Annotated[
    str, Meta(min_length=1, max_length=512), private(C2, "identity", "Opaque; shown once, within a minute")
]

MOVED = ("to_region", "from_region")
"""Both regions take part in a transfer, so either's office takes the application: the receiving one's first."""


class InRegion(Canonical):
    """What only needs to know where the customer is insured; who the customer is stands in the consent."""

    region: RegionCode


class Card(Canonical):
    """An electronic social-security card."""

    state: Literal["none", "issued", "unlinked", "blocked"]
    region: RegionCode
    sign_number: SignNumber | None = None
    issued_on: date | None = None


class CardOrder(OrderRequest):
    """Where the card is issued, or was."""

    region: RegionCode


class CardIssue(CardOrder):
    """A card to issue to the customer of the consent."""

    def contradicts(self, result: Card) -> str | None:
        return None if result.state == "issued" else f"the partner reports the card {result.state}, it was to be issued"


class CardUnlink(CardOrder):
    """A card to unlink from the customer's devices."""

    def contradicts(self, result: Card) -> str | None:
        return "the partner reports the card issued still" if result.state == "issued" else None


class QrRequest(InRegion):
    """What the token is to be shown for."""

    purpose: Purpose


class QrToken(Canonical):
    """A QR text: one use, one purpose, a minute at most."""

    token: QrText
    purpose: Purpose
    expires_at: Instant


class QrVerification(OrderRequest):
    """A QR text that was scanned, and what for. Using it up is an order: nobody may use it twice."""

    region: RegionCode
    token: QrText
    purpose: Purpose

    def contradicts(self, result: "QrVerified") -> str | None:
        if result.purpose != self.purpose:
            return f"the token was issued for {result.purpose}, not for {self.purpose}"
        return None


class QrVerified(Canonical):
    """Whose token it was, as far as the purpose allows."""

    purpose: Purpose
    verified_at: Instant
    holder: Annotated[str | None, private(C2, "identity", "The name as the partner masks it")] = None


class Insurance(Canonical):
    """One insurance relation."""

    kind: InsuranceKind
    region: RegionCode
    state: Literal["active", "suspended", "ended", "retired"]
    begins: Month
    ends: Month | None = None
    employer: Annotated[str | None, private(C2, "financial", "Who pays in")] = None


class PensionAccount(Canonical):
    """What has been paid in."""

    region: RegionCode
    balance: Annotated[Money, private(C2, "financial")]
    months: Annotated[int, Meta(ge=0, description="Months paid for")]
    as_of: date


class EstimateRequest(InRegion):
    """What the estimate shall assume."""

    retires_at_age: Annotated[int, Meta(ge=45, le=70)] = 60
    wage_growth: Annotated[str, pattern(r"0(?:\.[0-9]{1,4})?", "A decimal below 1, for a year: 0.03 is 3 %")] = "0.03"


class Assumption(Canonical):
    """One number that an estimate rests on."""

    name: str
    value: str


class PensionEstimate(Canonical):
    """A pension a month, as it might be. No promise of anybody's."""

    region: RegionCode
    monthly: Annotated[Money, private(C2, "financial")]
    from_month: Month
    assumptions: list[Assumption]


class CertificateRequest(InRegion):
    """For which months contributions are to be certified."""

    insurance: InsuranceKind
    begins: Month
    ends: Month

    def __post_init__(self) -> None:
        refuse_reversed(self.begins, self.ends)


class Certificate(Canonical):
    """A certificate of contributions, and how anybody can check it with its issuer."""

    certificate_number: Annotated[str, private(C2, "financial")]
    verification_code: Annotated[str, private(C2, "financial", "Opens the certificate at its issuer")]
    valid_until: date
    document: Document


class TransferRequest(OrderRequest):
    """An insurance relation that follows its holder to another region."""

    to_region: RegionCode
    from_region: RegionCode
    insurance: Literal["pension", "medical"]

    def __post_init__(self) -> None:
        if self.to_region == self.from_region:
            raise ValueError("to_region: is the region that the relation is in already")

    def contradicts(self, result: "Transfer") -> str | None:
        if (result.from_region, result.to_region) != (self.from_region, self.to_region):
            return "the partner reports a transfer between other regions"
        return None


class Transfer(Canonical):
    """How far a transfer has come. Two regions take part, so it takes its time."""

    stage: TransferStage
    from_region: RegionCode
    to_region: RegionCode
    months: Annotated[int | None, Meta(description="Months that move along")] = None
    funds: Annotated[Money | None, private(C2, "financial")] = None


class SocialSecurity(Scenario, name="social-security"):
    """Social security: the electronic card, insured status, pension, certificates, and transfers."""

    @query("POST /card-searches", access="read", level=A2, subject="required", about="card")
    async def find_card(self, search: InRegion, call: Call) -> Card:
        """The customer's electronic card, or that there is none."""

    @order("POST /cards", access="card", level=A2, subject="required", about="card")
    async def issue_card(self, issue: CardIssue, attempt: Attempt) -> Outcome[Card]:
        """Issue the electronic card to the customer."""

    @enquiry(of=issue_card)
    async def find_card_issue(self, issue: CardIssue, attempt: Attempt) -> Found[Card]:
        """What became of an issue that was or may have been sent."""

    @order("POST /card-unlinkings", access="card", level=A2, subject="required", about="card")
    async def unlink_card(self, unlink: CardUnlink, attempt: Attempt) -> Outcome[Card]:
        """Unlink the card: whoever showed it must forget it."""

    @enquiry(of=unlink_card)
    async def find_card_unlinking(self, unlink: CardUnlink, attempt: Attempt) -> Found[Card]:
        """What became of an unlinking that was or may have been sent."""

    @query("POST /qr-tokens", access="card", level=A2, subject="required", about="card", optional=True)
    async def issue_qr(self, request: QrRequest, call: Call) -> QrToken:
        """A QR token for one stated purpose: one use, a minute at most."""

    @order("POST /qr-verifications", access="card", level=A2, about="card", optional=True)
    async def verify_qr(self, scanned: QrVerification, attempt: Attempt) -> Outcome[QrVerified]:
        """Use up a QR token that was scanned. One that was used, or has expired, is declined."""

    @enquiry(of=verify_qr)
    async def find_qr_verification(self, scanned: QrVerification, attempt: Attempt) -> Found[QrVerified]:
        """What became of a verification that was or may have been sent."""

    @query("POST /insurance-searches", access="read", level=A2, subject="required", optional=True)
    async def find_insurances(self, search: InRegion, call: Call) -> list[Insurance]:
        """What the customer is insured for there; none at all is an answer."""

    @query("POST /pension-account-searches", access="read", level=A2, subject="required", optional=True)
    async def find_pension_account(self, search: InRegion, call: Call) -> PensionAccount:
        """What the customer has in the pension account."""

    @query("POST /pension-estimates", access="read", level=A2, subject="required", optional=True)
    async def estimate_pension(self, request: EstimateRequest, call: Call) -> PensionEstimate:
        """What the pension may come to, and what that assumes."""

    @query("POST /contribution-certificates", access="read", level=A2, subject="required", optional=True)
    async def certify_contributions(self, request: CertificateRequest, call: Call) -> Certificate:
        """A certificate of contributions as a PDF, fetched by its link until it expires."""

    @order("POST /transfers", access="transfer", level=A2, subject="required", where=MOVED, optional=True)
    async def transfer(self, transfer: TransferRequest, attempt: Attempt) -> Outcome[Transfer]:
        """Move an insurance relation to another region: pending with its stage until funds have arrived."""

    @enquiry(of=transfer)
    async def find_transfer(self, transfer: TransferRequest, attempt: Attempt) -> Found[Transfer]:
        """How far a transfer has come."""
