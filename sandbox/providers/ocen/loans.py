"""A loan: paid out by and by, repaid by and by, and what of it is told at a moment."""

from decimal import Decimal
from typing import Any

from sandbox.providers.ocen.magic import Situation, situation_of
from sandbox.providers.ocen.plan import paid_up, plan, stamp
from sandbox.providers.ocen.states import Status
from sandbox.stand.settings import Settings

_STANDING = "LN"
_STANDING_SINCE = 1767225600.0
"""2026-01-01T00:00:00Z."""


class Loan:
    """Shape: `document` is what the book keeps."""

    def __init__(self, document: dict[str, Any], settings: Settings) -> None:
        self.document = document
        self._settings = settings

    @property
    def loan_id(self) -> str:
        return str(self.document["loanId"])

    @property
    def account(self) -> str:
        return str(self.document["account"])

    @property
    def terms(self) -> dict[str, Any]:
        terms: dict[str, Any] = self.document["offer"]["terms"]
        return terms

    @property
    def net(self) -> float:
        return float(self.terms["netDisbursedAmount"])

    @property
    def outstanding(self) -> Decimal:
        return Decimal(str(self.terms["totalRepayableAmount"])) - Decimal(self.document["repaid"])

    def status(self, moment: float) -> Status:
        """Paid out when triggered; the lender itself starts --late-seconds after the grant."""
        begins = self.document["triggeredAt"] or self.document["grantedAt"] + self._settings.late_seconds
        if moment < begins:
            return Status.GRANTED
        if moment < begins + self._settings.processing_seconds:
            return Status.DISBURSEMENT_INITIATED
        if situation_of(self.account) is Situation.DISBURSEMENT_FAILS and not self.document["standing"]:
            return Status.DISBURSED_FAILED
        return Status.DISBURSEMENT_COMPLETED if self.outstanding else Status.CLOSED

    def payment(self, moment: float) -> dict[str, Any]:
        """The payout as a Payment."""
        status = self.status(moment)
        paid = status in (Status.DISBURSEMENT_COMPLETED, Status.CLOSED)
        return {
            "id": "DSB-" + self.loan_id,
            "amount": self.net,
            "date": stamp(moment),
            "status": "SUCCESS" if paid else "FAILURE" if status is Status.DISBURSED_FAILED else "PENDING_AUTH",
            "txnRefNo": "UTR" + self.loan_id[-12:] if paid else "",
        }

    def plan(self) -> dict[str, Any]:
        return paid_up(self.document["offer"]["repayment"]["plans"][0], Decimal(self.document["repaid"]))

    def shown(self, moment: float) -> dict[str, Any]:
        """As getloan and listloans tell it."""
        status, repaid, shown = self.status(moment), Decimal(self.document["repaid"]), self.plan()
        due = [each for each in shown["installments"] if each["status"] == "EMI_DUE"]
        health = "HEALTHY" if not repaid else "PARTIALLY_PAID" if self.outstanding else "LOAN_CLOSED"
        return {
            "loanId": self.loan_id,
            "loanApplicationId": self.document["loanApplicationId"],
            "loanApplicationStatus": status,
            "loanStatus": health,
            "lender": self.document["offer"]["lender"],
            "createdDate": stamp(self.document["grantedAt"]),
            "startDate": shown["startDate"],
            "endDate": shown["installments"][-1]["date"],
            "terms": self.terms,
            "summary": {
                "nextRepayment": due[0] if due else None,
                "amountDisbursed": self.net if self.payment(moment)["status"] == "SUCCESS" else 0.0,
                "amountRepaid": float(repaid),
                "amountPending": float(self.outstanding),
                "tenure": self.terms["tenure"],
            },
        }


def granted(offer: dict[str, Any], application_id: str, account: str, moment: float) -> dict[str, Any]:
    """A fresh loan as the book keeps it."""
    return {
        "loanId": "LON" + offer["id"].removeprefix("OFR-").upper(),
        "loanApplicationId": application_id,
        "account": account,
        "offer": offer,
        "grantedAt": moment,
        "triggeredAt": None,
        "repaid": "0.00",
        "standing": False,
    }


def standing_id(account: str) -> str:
    return _STANDING + account


def standing(loan_id: str) -> dict[str, Any] | None:
    """The old loan that every borrower has, so that repaying can be tried without a journey."""
    account = loan_id.removeprefix(_STANDING)
    if account == loan_id or not account.isascii() or not account.isalnum():
        return None
    principal, interest, months = Decimal(60000), Decimal("7200.00"), 12
    terms = {
        "requestedAmount": float(principal),
        "currency": "INR",
        "sanctionedAmount": float(principal),
        "netDisbursedAmount": float(principal),
        "interestType": "FIXED",
        "interestRate": 12.0,
        "annualPercentageRate": 12.0,
        "totalRepayableAmount": float(principal + interest),
        "interestAmount": float(interest),
        "tenure": {"duration": str(months), "unit": "MONTH"},
        "charges": [],
    }
    lender = {"primaryId": "LND-A", "primaryIdType": "FIU", "name": "Ganga Sandbox Finance"}
    plans = [plan(loan_id, principal, interest, months, _STANDING_SINCE)]
    offer = {"id": "OFR-" + loan_id, "lender": lender, "terms": terms, "repayment": {"plans": plans}}
    return {
        **granted(offer, "OLD-" + account, account, _STANDING_SINCE),
        "loanId": loan_id,
        "triggeredAt": _STANDING_SINCE,
        "standing": True,
    }
