"""What goes back: a revocation of the whole, a refund of legs."""

from decimal import Decimal

from connectors.kit.units import from_major, to_yuan
from connectors.nhsa_mobile_pay import wire
from connectors.nhsa_mobile_pay.facts import MANIFEST, REFUND_STATUS, STATUS, local, means
from schemas.call import Attempt
from schemas.errors import Garbled
from schemas.medical_insurance.settlements import Refund, Refunded, Revoked
from schemas.money import Money
from schemas.order import Leg, Original
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Reason, Succeeded, Unknown

TAKEN_BACK = frozenset(
    code for code, meaning in MANIFEST.codes["status"].items() if meaning.reason in ("revoked", "cancelled")
)


def revocation(answer: wire.Revoked, original: Original) -> Outcome[Revoked]:
    """What a revocation that the centre took says: taken is not done, so without a state the enquiry decides."""
    if answer.ordStas is None:
        return Pending(stage="revoking")
    if str(answer.ordStas) in TAKEN_BACK:
        return Succeeded(result=taken_back(original))
    known = means("status", str(answer.ordStas)) is not None
    return Pending(stage="revoking" if known else str(answer.ordStas)[:64], unmapped=not known)


def revocation_found(state: wire.State, original: Original) -> Found[Revoked]:
    """What an order's state says about its revocation: an order that stands has none, so far."""
    status = str(state.ordStas)
    if status in TAKEN_BACK:
        return Succeeded(result=taken_back(original))
    outcome = STATUS.outcome(status, acknowledged=False)
    if isinstance(outcome, Declined):
        return Declined(reason=Reason(code="not-eligible", message="the settlement itself failed", partner_code=status))
    if means("status", status) is None:
        return outcome
    return Absent(why=f"the settlement stands, as ordStas {status}")


def taken_back(original: Original) -> Revoked:
    """The answer names no amount: what comes back is what the legs had paid."""
    paid = [leg.amount for leg in original.legs if leg.state == "succeeded"]
    total = sum((amount.value for amount in paid), Decimal(0))
    return Revoked(returned=Money.of(total, paid[0].currency) if total else None)


def refund_type(refund: Refund, original: Original) -> str | None:
    """ALL gives every leg back whole, CASH no insurance, HI no cash. None for a mixture, which has no word."""
    back = amounts(refund)
    if all(back.get(leg.name, Decimal(0)) == leg.amount.value for leg in original.legs):
        return "ALL"
    cash = back.get("cash", Decimal(0))
    if cash == refund.total.value:
        return "CASH"
    return "HI" if not cash else None


def refund_request(refund: Refund, attempt: Attempt, pay_ord_id: str, kind: str, pay_auth_no: str) -> wire.Refund:
    back = {leg.name: to_yuan(leg.amount) for leg in refund.legs}
    return wire.Refund(
        payOrdId=pay_ord_id,
        appRefdSn=attempt.reference,
        appRefdTime=local(attempt.sent_at),
        totlRefdAmt=to_yuan(refund.total),
        cashRefdAmt=back.get("cash", "0.00"),
        psnAcctRefdAmt=back.get("account", "0.00"),
        fundRefdAmt=back.get("fund", "0.00"),
        refdType=kind,
        payAuthNo=pay_auth_no,
    )


def refunded(answer: wire.Refunded, refund: Refund, reference: str) -> Outcome[Refunded]:
    """What the centre says of a refund that it took. Raises: Garbled."""
    if answer.appRefdSn not in (None, reference):
        raise Garbled("the answer is about another refund")
    if means("refund_status", answer.refStatus) == "succeeded":
        return Succeeded(result=_given_back(answer, refund))
    outcome = REFUND_STATUS.outcome(answer.refStatus, acknowledged=True)
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def _given_back(answer: wire.Refunded, refund: Refund) -> Refunded:
    """In the centre's amounts, where it repeats any; a bare SUCC is about what was asked for."""
    if answer.totlRefdAmt is None:
        back = amounts(refund)
        total = refund.total
    else:
        back = {
            "fund": answer.fundRefdAmt or Decimal(0),
            "account": answer.psnAcctRefdAmt or Decimal(0),
            "cash": answer.cashRefdAmt or Decimal(0),
        }
        total = from_major(answer.totlRefdAmt, "CNY")
    if sum(back.values()) != total.value:
        raise Garbled("the refunded legs do not add up")
    legs = [Leg(name=name, state="succeeded", amount=from_major(value, "CNY")) for name, value in back.items() if value]
    return Refunded(total=total, legs=legs)


def amounts(refund: Refund) -> dict[str, Decimal]:
    return {leg.name: leg.amount.value for leg in refund.legs}
