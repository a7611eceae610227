"""The e-voucher, who holds it, and where it is taken."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.money import Money
from schemas.order import OrderRequest
from schemas.page import Paged
from schemas.privacy import C2, private
from schemas.region import RegionCode
from schemas.struct import Canonical, Instant, pattern

Business = Literal[
    "registration", "consultation", "examination", "treatment", "outpatient-settlement", "dispensing",
    "pharmacy-purchase", "prescription-download", "admission",
]  # fmt: skip
"""What a token is asked for. Source: the business types of the e-voucher (JR and NHSA code 01101 to 02122)."""
VoucherText = Annotated[
    str, Meta(min_length=1, max_length=512), private(C2, "identity", "Opaque; used once, within a minute")
]
InstitutionCode = Annotated[
    str, pattern("[A-Z][0-9A-Z]{11}", "A capital letter and 11 characters more, as the fund lists it")
]


class VoucherActivation(OrderRequest):
    """An e-voucher to activate, and to authorise for this bank's app. The two regions may differ."""

    treatment_region: RegionCode
    """Where it will be used."""
    insured_region: RegionCode

    def contradicts(self, result: "Voucher") -> str | None:
        return None if result.state == "active" else f"the partner reports the voucher {result.state}"


class Voucher(Canonical):
    """The customer's e-voucher."""

    state: Literal["active", "inactive", "blocked"]
    insured_region: RegionCode
    activated_at: Instant | None = None


class VoucherTokenRequest(Canonical):
    """Where the token will be shown, and for what."""

    treatment_region: RegionCode
    business: Business


class VoucherToken(Canonical):
    """A token for one business at one place: used once, within a minute."""

    token: VoucherText
    business: Business
    expires_at: Instant


class PersonSearch(Canonical):
    """Where the customer is treated; where they are insured is part of the answer."""

    treatment_region: RegionCode


class InsuranceRelation(Canonical):
    """One of the relations that a customer may have."""

    person_number: Annotated[str, private(C2, "account", "As the fund numbers the person")]
    insured_region: RegionCode
    kind: Literal["employee", "resident", "retired", "other"]
    active: bool
    account_balance: Annotated[Money | None, private(C2, "financial")] = None


class InstitutionSearch(Paged):
    """Designated hospitals and pharmacies near a place."""

    region: RegionCode
    kind: Literal["hospital", "pharmacy"] | None = None


class Institution(Canonical):
    """A hospital or pharmacy that settles with the fund."""

    institution: InstitutionCode
    name: str
    kind: Literal["hospital", "pharmacy"]
    region: RegionCode
    grade: str | None = None
    address: str | None = None
