"""From an accepted offer to the last instalment: agreement, grant, payout, plan, repayment, and what is told."""

from decimal import Decimal

from sandbox.providers.ocen.applications import described
from sandbox.providers.ocen.case import Case, Document, invalid, text
from sandbox.providers.ocen.loans import Loan, granted, standing_id
from sandbox.providers.ocen.magic import Situation, situation_of
from sandbox.providers.ocen.operations import CONFIRM_REPAYMENT
from sandbox.providers.ocen.plan import stamp
from sandbox.providers.ocen.states import Refused, Status


def agreement(case: Case) -> None:
    """The text that is accepted by asking for the grant."""
    ids = case.message.get("loanApplicationIds")
    if not isinstance(ids, list) or not ids:
        raise invalid("loanApplicationIds")
    shown = []
    for application in [case.application(each) for each in ids]:
        if application["chosen"] is None or application["loanId"] is not None:
            raise Refused("OFFER_NOT_ACCEPTED", loanApplicationId=application["loanApplicationId"])
        application["status"] = Status.LOAN_AGREEMENT_INITIATED
        case.keep_application(application)
        legal = application["chosen"]["terms"]["legalAgreement"]
        shown.append({**described(application), "legalAgreement": legal})
    case.answer({"loanApplications": shown})


def grant(case: Case) -> None:
    """Brings the loan into being, under the terms of the chosen offer."""
    application = case.application(text(case.message, "loanApplicationId"))
    if application["status"] != Status.LOAN_AGREEMENT_INITIATED:
        raise Refused("AGREEMENT_NOT_REQUESTED", **described(application))
    application["requestId"] = case.request_id
    if case.fault == "decline":
        application |= {"status": Status.REJECTED, "reason": "OTHERS"}
        case.keep_application(application)
        raise Refused("GRANT_DECLINED", **described(application))
    account, offer = application["account"], application["chosen"]
    loan = Loan(granted(offer, application["loanApplicationId"], account, case.at), case.settings)
    application |= {"status": Status.GRANTED, "loanId": loan.loan_id}
    application["skewed"] = case.skewed = case.fault == "wrong-amount"
    case.keep_application(application)
    case.keep_loan(loan)
    case.page.keep(f"borrower:{account}", {"loanId": loan.loan_id})
    case.perform(account, Decimal(str(loan.terms["sanctionedAmount"])))
    case.answer({**loan.shown(case.at), "loanApplicationStatus": Status.GRANTED})


def disburse(case: Case) -> None:
    """Pays out now; the amount must be the offer's netDisbursedAmount."""
    loan = case.loan(text(case.message, "loanId"))
    payment = case.message.get("payment")
    amount = case.amount(payment.get("amount") if isinstance(payment, dict) else None, "payment.amount")
    if amount != Decimal(str(loan.net)):
        raise Refused("AMOUNT_MISMATCH", loanId=loan.loan_id)
    if loan.document["triggeredAt"] is None and loan.status(case.at) is Status.GRANTED:
        loan.document["triggeredAt"] = case.at
        case.keep_loan(loan)
    _tell_payout(case, loan)


def disbursement_status(case: Case) -> None:
    loan = case.loan(text(case.message, "loanId"))
    case.skewed = _skewed(case, loan)
    _tell_payout(case, loan)


def repayment_plan(case: Case) -> None:
    loan = case.loan(text(case.message, "loanId"))
    case.answer({"loanId": loan.loan_id, "plan": loan.plan()})


def repay(case: Case) -> None:
    """Collects by mandate, up to what is outstanding, from a loan that has been paid out."""
    loan, wish = case.loan(text(case.message, "loanId")), case.message.get("payment")
    payment_id = text(wish, "id")
    amount = case.amount(wish.get("totalAmount") if isinstance(wish, dict) else None, "payment.totalAmount")
    reason = _against(case, loan, payment_id, amount)
    if reason or case.fault == "decline":
        payment = {"id": payment_id, "totalAmount": float(amount), "status": "FAILURE"}
        raise Refused(reason or "MANDATE_DECLINED", loanId=loan.loan_id, payment=payment)
    situation = situation_of(loan.account)
    late = situation in (Situation.REPAYMENT_LATE, Situation.REPAYMENT_FAILS)
    fails = situation is Situation.REPAYMENT_FAILS
    case.skewed = case.fault == "wrong-amount"
    document: Document = {
        "id": payment_id,
        "requestId": case.request_id,
        "loanId": loan.loan_id,
        "account": loan.account,
        "amount": f"{amount:.2f}",
        "finalAt": case.at + (case.settings.late_seconds if late else 0),
        "fate": "FAILURE" if fails else "SUCCESS",
        "skewed": case.skewed,
    }
    case.page.keep(f"payment:{payment_id}", document)
    if not fails:
        loan.document["repaid"] = str(Decimal(loan.document["repaid"]) + amount)
        case.keep_loan(loan)
        case.perform(loan.account, amount)
    case.answer({"loanId": loan.loan_id, "payment": _payment(document, case.at)})
    if late:
        told = {"loanId": loan.loan_id, "payment": _payment(document, document["finalAt"])}
        case.answer(told, at=document["finalAt"], path=CONFIRM_REPAYMENT)


def repayment_status(case: Case) -> None:
    """A repayment by the payment id that the request gave."""
    payment_id = text(case.message.get("payment"), "id")
    found = case.page.find(f"payment:{payment_id}")
    if not found:
        raise Refused("PAYMENT_NOT_FOUND", loanId=case.message.get("loanId"), payment={"id": payment_id})
    case.skewed = found[-1]["skewed"]
    case.answer({"loanId": found[-1]["loanId"], "payment": _payment(found[-1], case.at)})


def loan_details(case: Case) -> None:
    """An application that is no loan yet has its state and nothing more."""
    if case.message.get("loanId") is not None:
        loan = case.loan(text(case.message, "loanId"))
        case.skewed = _skewed(case, loan)
        case.answer(loan.shown(case.at))
        return
    application = case.application(text(case.message, "loanApplicationId"))
    case.skewed = application["skewed"]
    if application["loanId"] is None:
        case.answer(described(application))
    else:
        case.answer(case.loan(application["loanId"]).shown(case.at))


def loans(case: Case) -> None:
    """The standing loan first, then those that were granted here."""
    account = text(case.message.get("borrower"), "primaryId")
    ids = [standing_id(account), *(each["loanId"] for each in case.page.find(f"borrower:{account}"))]
    case.answer({"loans": [case.loan(each).shown(case.at) for each in ids]})


def _tell_payout(case: Case, loan: Loan) -> None:
    shown = {"loanApplicationStatus": loan.status(case.at), "payment": loan.payment(case.at)}
    case.answer({"loanId": loan.loan_id, **shown})


def _skewed(case: Case, loan: Loan) -> bool:
    found = case.page.find(f"application:{loan.document['loanApplicationId']}")
    return bool(found and found[-1]["skewed"])


def _against(case: Case, loan: Loan, payment_id: str, amount: Decimal) -> str:
    """Why a repayment is refused; empty if it is not."""
    if case.page.find(f"payment:{payment_id}"):
        return "PAYMENT_EXISTS"
    if loan.status(case.at) is not Status.DISBURSEMENT_COMPLETED:
        return "LOAN_NOT_DISBURSED"
    return "AMOUNT_EXCEEDS_OUTSTANDING" if amount > loan.outstanding else ""


def _payment(document: Document, moment: float) -> Document:
    final = moment >= document["finalAt"]
    return {
        "id": document["id"],
        "totalAmount": float(document["amount"]),
        "date": stamp(moment),
        "status": document["fate"] if final else "PENDING_AUTH",
        "txnRefNo": "TXN-" + document["requestId"],
        "paymentMethodType": "ENACH",
    }
