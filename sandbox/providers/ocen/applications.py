"""From an application to its offers: createLoan, consent, generateOffers, sendAdditionalDocuments, setOffers."""

import re
from decimal import Decimal
from typing import Any

from sandbox.providers.ocen.case import Case, Document, invalid, text
from sandbox.providers.ocen.lenders import CURRENCY, PRODUCTS, offers
from sandbox.providers.ocen.magic import Situation, situation_of
from sandbox.providers.ocen.states import UNHEARD_OF, Refused, Status

_ID_TYPES = {"MOBILE": r"[0-9]{10,11}", "PAN": r"[A-Z]{5}[0-9]{4}[A-Z]", "AADHAAR": r"[0-9]{12}"}
_OPEN = frozenset({Status.PROCESSING, Status.OFFERED, Status.OFFER_ACCEPTED, Status.LOAN_AGREEMENT_INITIATED})
_LONGEST = 360


def create(case: Case) -> None:
    """Files every application of the request; a rejected one is known, but was not performed."""
    product_id = _product(case.message.get("productData"))
    wishes = case.message.get("loanApplications")
    if not isinstance(wishes, list) or not wishes:
        raise invalid("loanApplications")
    applications = [_application(case, wish, product_id) for wish in wishes]
    case.skewed = case.fault == "wrong-amount"
    for application in applications:
        rejected = application["status"] == Status.REJECTED
        if not rejected:
            case.perform(application["account"], Decimal(application["amount"]))
        case.keep_application(application)
    case.answer({"loanApplications": [_first_shown(application) for application in applications]})
    if wanting := [each for each in applications if each["status"] == Status.ACTION_REQUIRED]:
        shown = [described(application) for application in wanting]
        case.answer({"loanApplications": shown}, at=case.at + case.settings.late_seconds)


def consent(case: Case) -> None:
    """A handle per request, for applications that exist."""
    for application_id in _application_ids(case.message):
        case.application(application_id)
    handle = "CH-" + case.request_id
    case.page.keep(f"consent:{handle}", {"at": case.at})
    case.answer({"consent": {"consentHandle": handle, "consentStatus": "PENDING", "consentFetchType": "ONETIME"}})


def consent_status(case: Case) -> None:
    """PENDING until it has been processed, then READY."""
    handle = text(case.message.get("consent"), "consentHandle")
    found = case.page.find(f"consent:{handle}")
    if not found:
        raise Refused("CONSENT_NOT_FOUND")
    ready = case.at >= found[-1]["at"] + case.settings.processing_seconds
    case.answer({"consent": {"consentHandle": handle, "consentStatus": "READY" if ready else "PENDING"}})


def generate_offers(case: Case) -> None:
    """One response for each moment at which offers are there; a later one has only what is new."""
    applications = [case.application(each) for each in _application_ids(case.message)]
    due: dict[float, list[Document]] = {}
    for application in applications:
        if application["status"] not in _OPEN or not (issued := _issued(case, application)):
            due.setdefault(case.at + case.settings.processing_seconds, []).append(described(application))
            continue
        moments = sorted({_due(case, each) for each in issued})
        for moment in moments:
            status = application["status"] if moment == moments[-1] else Status.PROCESSING
            fresh = [each["offer"] for each in issued if _due(case, each) == moment]
            shown = {**described(application), "loanApplicationStatus": status, "offers": fresh}
            due.setdefault(moment, []).append(shown)
    for moment, several in sorted(due.items()):
        case.answer({"loanApplications": several}, at=moment)


def documents(case: Case) -> None:
    """Lets an application go on that waits for a document."""
    application = case.application(text(case.message, "loanApplicationId"))
    if application["status"] == Status.ACTION_REQUIRED:
        application["status"] = Status.PROCESSING
        case.keep_application(application)
    case.answer(described(application))


def set_offer(case: Case) -> None:
    """Chooses an offer that is there and still valid, until the loan is granted."""
    application = case.application(text(case.message, "loanApplicationId"))
    named, shown = text(case.message.get("offer"), "id"), described(application)
    issued = [each for each in application["offers"] if each["offer"]["id"] == named and each["at"] <= case.at]
    if application["status"] not in _OPEN:
        raise Refused("NOT_OPEN", **shown)
    if not issued:
        raise Refused("OFFER_NOT_FOUND", **shown)
    withdrawn = situation_of(application["account"]) is Situation.OFFERS_WITHDRAWN
    if issued[0]["validTill"] <= case.at or withdrawn:
        raise Refused("OFFER_EXPIRED", **shown)
    application |= {"status": Status.OFFER_ACCEPTED, "chosen": issued[0]["offer"]}
    case.keep_application(application)
    case.answer({**described(application), "offer": issued[0]["offer"]})


def described(application: Document) -> Document:
    """An application as any response tells it."""
    shown: dict[str, Any] = {
        "loanApplicationId": application["loanApplicationId"],
        "loanApplicationStatus": application["status"],
        "borrower": {"primaryId": application["account"], "primaryIdType": application["idType"]},
        "terms": {"requestedAmount": float(application["amount"]), "currency": CURRENCY},
    }
    if application["status"] == Status.REJECTED:
        shown["rejectionDetails"] = [{"reason": application["reason"], "description": "The lender declined"}]
    if application["status"] == Status.ACTION_REQUIRED:
        reference = {"object": "document", "value": "BANK_STATEMENT"}
        wanted = {"actionType": "ADD_DOCUMENT", "description": "Bank statement of the last six months"}
        shown["actionRequired"] = [{**wanted, "reference": reference}]
    return shown


def _first_shown(application: Document) -> Document:
    """The wish for a document comes later, as an event of its own."""
    if application["status"] == Status.ACTION_REQUIRED:
        return described({**application, "status": Status.PROCESSING})
    return described(application)


def _application(case: Case, wish: object, product_id: str | None) -> Document:
    application_id = text(wish, "loanApplicationId")
    if not isinstance(wish, dict) or case.page.find(f"application:{application_id}"):
        raise Refused("LOAN_APPLICATION_EXISTS", loanApplicationId=application_id)
    borrower, terms = wish.get("borrower"), wish.get("terms")
    account, id_type = text(borrower, "primaryId"), text(borrower, "primaryIdType")
    if id_type not in _ID_TYPES or not re.fullmatch(_ID_TYPES[id_type], account):
        raise invalid("borrower.primaryId")
    if not isinstance(terms, dict) or terms.get("currency") != CURRENCY:
        raise invalid("terms.currency")
    amount = case.amount(terms.get("requestedAmount"), "terms.requestedAmount")
    situation = situation_of(account)
    reason = "LOW_CREDIT_SCORE" if situation is Situation.REJECTED else "OTHERS" if case.fault == "decline" else ""
    status: str = Status.REJECTED if reason else Status.PROCESSING
    if situation is Situation.ACTION_REQUIRED:
        status = Status.ACTION_REQUIRED
    if situation is Situation.UNKNOWN_STATE:
        status = UNHEARD_OF
    return {
        "loanApplicationId": application_id,
        "requestId": case.request_id,
        "account": account,
        "idType": id_type,
        "productId": product_id,
        "amount": f"{amount:.2f}",
        "months": _months(terms.get("tenure")),
        "status": status,
        "reason": reason,
        "offers": [],
        "chosen": None,
        "loanId": None,
        "skewed": case.fault == "wrong-amount",
    }


def _issued(case: Case, application: Document) -> list[Document]:
    """The application's offers, made at the first time they are asked for."""
    if not application["offers"]:
        application["offers"] = offers(application, case.at, case.settings)
        if not application["offers"]:
            application |= {"status": Status.REJECTED, "reason": "OTHERS"}
        elif application["status"] == Status.PROCESSING:
            application["status"] = Status.OFFERED
        case.keep_application(application)
    issued: list[Document] = application["offers"]
    return issued


def _due(case: Case, issued: Document) -> float:
    return max(float(issued["at"]), case.at + case.settings.processing_seconds)


def _product(data: object) -> str | None:
    """The product that is asked for; without one, every lender of the network is asked."""
    text(data, "productNetworkId")
    product_id = data.get("productId") if isinstance(data, dict) else None
    if product_id is None:
        return None
    if product_id not in {product.product_id for product in PRODUCTS}:
        raise Refused("PRODUCT_NOT_FOUND")
    return str(product_id)


def _months(tenure: object) -> int:
    if tenure is None:
        return 12
    duration = text(tenure, "duration")
    if not isinstance(tenure, dict) or tenure.get("unit") != "MONTH":
        raise invalid("tenure.unit")
    if not duration.isascii() or not duration.isdecimal() or not 1 <= int(duration) <= _LONGEST:
        raise invalid("tenure.duration")
    return int(duration)


def _application_ids(message: Document) -> list[str]:
    ids = message.get("loanApplicationIds")
    if not isinstance(ids, list) or not ids or not all(isinstance(each, str) for each in ids):
        raise invalid("loanApplicationIds")
    return ids
