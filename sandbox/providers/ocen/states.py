"""The network's states, and the refusals that stand in its two places: the acknowledgement and the response."""

from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """LoanApplicationStatus, all thirty."""

    CREATED = "CREATED"
    PROCESSING = "PROCESSING"
    CONSENT_INITIATED = "CONSENT_INITIATED"
    CONSENT_RECEIVED = "CONSENT_RECEIVED"
    CONSENT_REJECTED = "CONSENT_REJECTED"
    OFFERED = "OFFERED"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    KYC_INITIATED = "KYC_INITIATED"
    KYC_COMPLETED = "KYC_COMPLETED"
    KYC_FAILED = "KYC_FAILED"
    KYC_REJECTED = "KYC_REJECTED"
    LOAN_AGREEMENT_INITIATED = "LOAN_AGREEMENT_INITIATED"
    LOAN_AGREEMENT_COMPLETED = "LOAN_AGREEMENT_COMPLETED"
    LOAN_AGREEMENT_FAILED = "LOAN_AGREEMENT_FAILED"
    REPAYMENT_SETUP_INITIATED = "REPAYMENT_SETUP_INITIATED"
    REPAYMENT_SETUP_COMPLETED = "REPAYMENT_SETUP_COMPLETED"
    REPAYMENT_SETUP_FAILED = "REPAYMENT_SETUP_FAILED"
    REPAYMENT_SETUP_REJECTED = "REPAYMENT_SETUP_REJECTED"
    SET_DISBURSEMENT_ACCOUNT_INITIATED = "SET_DISBURSEMENT_ACCOUNT_INITIATED"
    SET_DISBURSEMENT_ACCOUNT_COMPLETED = "SET_DISBURSEMENT_ACCOUNT_COMPLETED"
    SET_DISBURSEMENT_ACCOUNT_FAILED = "SET_DISBURSEMENT_ACCOUNT_FAILED"
    SET_DISBURSEMENT_ACCOUNT_REJECTED = "SET_DISBURSEMENT_ACCOUNT_REJECTED"
    GRANTED = "GRANTED"
    REJECTED = "REJECTED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    DISBURSEMENT_INITIATED = "DISBURSEMENT_INITIATED"
    DISBURSEMENT_COMPLETED = "DISBURSEMENT_COMPLETED"
    DISBURSED_FAILED = "DISBURSED_FAILED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


UNHEARD_OF = "UNDER_REVIEW"


class Turned(Exception):
    """Not even acknowledged: an HTTP status and the acknowledgement's `error`."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class Refused(Exception):
    """Acknowledged, but the response says ERROR, with a detail and whatever else belongs in it."""

    def __init__(self, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.more = more
