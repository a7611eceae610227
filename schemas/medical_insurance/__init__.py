"""Medical insurance: the e-voucher, what it is good for, and settling a bill in three legs."""

from schemas.call import Attempt, Call
from schemas.contract import A1, A2, Scenario, check, enquiry, order, query
from schemas.medical_insurance.settlements import (
    MedicalBill,
    RecordSearch,
    Refund,
    Refunded,
    Revocation,
    Revoked,
    Settled,
    Settlement,
    SettlementPreview,
    SettlementRecord,
)
from schemas.medical_insurance.vouchers import (
    Institution,
    InstitutionSearch,
    InsuranceRelation,
    PersonSearch,
    Voucher,
    VoucherActivation,
    VoucherToken,
    VoucherTokenRequest,
)
from schemas.outcome import Found, Outcome
from schemas.page import Merged

TREATED = ("treatment_region",)
"""Who is asked hangs on where the customer is treated, never on where they are insured."""


class MedicalInsurance(Scenario, name="medical-insurance"):
    """Medical insurance: e-voucher, person and balances, settlement in three legs, revocation, refund, records."""

    @order("POST /vouchers", access="voucher", level=A2, subject="required", where=TREATED, optional=True)
    async def activate_voucher(self, activation: VoucherActivation, attempt: Attempt) -> Outcome[Voucher]:
        """Activate the customer's e-voucher and authorise it for this app."""

    @check(of=activate_voucher)
    async def check_activation(self, activation: VoucherActivation, call: Call) -> None:
        """Refuses a customer who is not insured where the activation says, before anything is journalled."""

    @enquiry(of=activate_voucher)
    async def find_activation(self, activation: VoucherActivation, attempt: Attempt) -> Found[Voucher]:
        """What became of an activation that was or may have been sent."""

    @query("POST /voucher-tokens", access="voucher", level=A2, subject="required", optional=True)
    async def issue_token(self, request: VoucherTokenRequest, call: Call) -> VoucherToken:
        """A token of the e-voucher for one stated business: used once, within a minute."""

    @query("POST /person-searches", access="read", level=A2, subject="required")
    async def find_person(self, search: PersonSearch, call: Call) -> list[InsuranceRelation]:
        """The customer's insurance relations and balances: several, one, or none at all."""

    @query("GET /institutions", access="read", level=A1, optional=True)
    async def list_institutions(self, search: InstitutionSearch, call: Call) -> Merged[Institution]:
        """Designated hospitals and pharmacies near a place."""

    @query("POST /settlement-previews", access="read", level=A2, subject="required", where=TREATED, optional=True)
    async def preview(self, bill: MedicalBill, call: Call) -> SettlementPreview:
        """How a bill would be split between fund, personal account and cash."""

    @order("POST /settlements", access="settle", level=A2, subject="required", where=TREATED)
    async def settle(self, settlement: Settlement, attempt: Attempt) -> Outcome[Settled]:
        """Settle a bill in three legs. Pending with a failed leg: revoke it, and it ends declined."""

    @check(of=settle)
    async def check_settlement(self, settlement: Settlement, call: Call) -> None:
        """Refuses what the fund would refuse, naming the field, before anything is journalled."""

    @enquiry(of=settle)
    async def find_settlement(self, settlement: Settlement, attempt: Attempt) -> Found[Settled]:
        """What became of a settlement that was or may have been sent."""

    @order("POST /revocations", access="settle", level=A2, subject="required", follows=(settle,))
    async def revoke(self, revocation: Revocation, attempt: Attempt) -> Outcome[Revoked]:
        """Take a settlement back whole."""

    @enquiry(of=revoke)
    async def find_revocation(self, revocation: Revocation, attempt: Attempt) -> Found[Revoked]:
        """What became of a revocation that was or may have been sent."""

    @order("POST /refunds", access="settle", level=A2, subject="required", follows=(settle,), optional=True)
    async def refund(self, refund: Refund, attempt: Attempt) -> Outcome[Refunded]:
        """Give money back, leg by leg."""

    @enquiry(of=refund)
    async def find_refund(self, refund: Refund, attempt: Attempt) -> Found[Refunded]:
        """What became of a refund that was or may have been sent."""

    @query("POST /record-searches", access="read", level=A2, subject="required", optional=True)
    async def find_records(self, search: RecordSearch, call: Call) -> list[SettlementRecord]:
        """What was settled in some months."""
