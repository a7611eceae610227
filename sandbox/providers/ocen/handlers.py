"""Who handles which request."""

from collections.abc import Callable

from sandbox.providers.ocen import applications, lending
from sandbox.providers.ocen import operations as asked
from sandbox.providers.ocen.case import Case

HANDLERS: dict[str, Callable[[Case], None]] = {
    asked.CREATE.name: applications.create,
    asked.CONSENT.name: applications.consent,
    asked.CONSENT_STATUS.name: applications.consent_status,
    asked.OFFERS.name: applications.generate_offers,
    asked.DOCUMENTS.name: applications.documents,
    asked.SET_OFFER.name: applications.set_offer,
    asked.AGREEMENT.name: lending.agreement,
    asked.GRANT.name: lending.grant,
    asked.DISBURSE.name: lending.disburse,
    asked.DISBURSED.name: lending.disbursement_status,
    asked.PLAN.name: lending.repayment_plan,
    asked.REPAY.name: lending.repay,
    asked.REPAID.name: lending.repayment_status,
    asked.LOAN.name: lending.loan_details,
    asked.LOANS.name: lending.loans,
}
