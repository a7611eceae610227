"""Our requests in the platform's words. What it has no words for is declined before anything is sent."""

from connectors.essc import wire
from connectors.essc.envelope import EsscAccount
from connectors.essc.verdicts import Denied
from connectors.kit.phones import chinese_mobile
from schemas.call import Attempt, Call
from schemas.outcome import Reason
from schemas.person import Person
from schemas.region import covers
from schemas.social_security import Purpose, QrVerification

PURPOSES: dict[Purpose, str] = {"identify": "01", "hospital": "02", "pharmacy": "03", "government-service": "05"}


def holder(call: Call) -> Person:
    """Whose card it is. Raises: Denied for whoever has no identity number."""
    if call.subject is None or call.subject.id_type != "resident-id":
        raise Denied(Reason(code="not-eligible", message="cards are issued to residents, by their identity number"))
    return call.subject


def mobile(person: Person) -> str:
    """Raises: Denied for whoever has no Chinese mobile number."""
    found = chinese_mobile(person.mobile)
    if found is None:
        message = "the consent names no Chinese mobile number, and a card needs one"
        raise Denied(Reason(code="not-eligible", message=message, field="Consent-Id"))
    return found


def application(region: str, attempt: Attempt) -> wire.Application:
    """Raises: Denied."""
    person = holder(attempt)
    return wire.Application(
        channelNo=channel(attempt),
        aac002=person.id_number,
        aac003=person.name,
        aab301=region,
        phone=mobile(person),
        busiSeq=attempt.reference,
        notifyUrl=attempt.callback_url,
    )


def unlinking(card: wire.Signed, attempt: Attempt) -> wire.Unlinking:
    return wire.Unlinking(
        channelNo=channel(attempt),
        aac002=holder(attempt).id_number,
        aab301=card.aab301,
        signNo=card.signNo,
        busiSeq=attempt.reference,
        notifyUrl=attempt.callback_url,
    )


def token(card: wire.Signed, purpose: Purpose, call: Call) -> wire.QrRequest:
    """Raises: Denied."""
    return wire.QrRequest(
        channelNo=channel(call),
        aac002=holder(call).id_number,
        aab301=card.aab301,
        signNo=card.signNo,
        qrPurpose=purpose_code(purpose),
    )


def scan(scanned: QrVerification, attempt: Attempt) -> wire.Scan:
    """Raises: Denied."""
    return wire.Scan(
        channelNo=channel(attempt),
        busiSeq=attempt.reference,
        qrCode=scanned.token,
        qrPurpose=purpose_code(scanned.purpose),
    )


def purpose_code(purpose: Purpose) -> str:
    """Raises: Denied."""
    if purpose not in PURPOSES:
        raise Denied(Reason(code="declined", message="the platform knows no such purpose", field="purpose"))
    return PURPOSES[purpose]


def card_in(region: str, card: wire.Signed | None) -> wire.Signed:
    """The card that is held, if it was issued where it is said to be. Raises: Denied."""
    if card is None:
        raise Denied(Reason(code="account-unknown", message="no card is held; one must be issued first"))
    if not covers(card.aab301, region):
        raise Denied(Reason(code="account-unknown", message=f"the card was issued in {card.aab301}", field="region"))
    return card


def channel(call: Call) -> str:
    return call.account(EsscAccount).channel_no
