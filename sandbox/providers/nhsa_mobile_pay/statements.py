"""An order as the answer to 6202, an enquiry and the callback show it."""

from sandbox.providers.nhsa_mobile_pay.keys import ORG_CODG, ORG_NAME
from sandbox.providers.nhsa_mobile_pay.legs import Legs, legs_of
from sandbox.providers.nhsa_mobile_pay.magic import Situation, situation_of
from sandbox.providers.nhsa_mobile_pay.orders import CANDIDATES, CASH_OPEN, PROCESSING, UNCONFIRMED, UNHEARD_OF, Trade
from sandbox.providers.nhsa_mobile_pay.vouchers import index_no
from sandbox.providers.nhsa_mobile_pay.words import stamp

CALL_TYPE = "SETL"


def uploaded(trade: Trade) -> dict[str, object]:
    return {
        "payOrdId": trade.pay_ord_id,
        "payToken": trade.order["payToken"],
        "ordStas": trade.status,
        "extData": {"mdtrtId": trade.order["mdtrtId"]},
    }


def answered(trade: Trade, fault: str | None) -> dict[str, str]:
    """No amounts while it is processed."""
    late = fault == "early-callback" or situation_of(trade.id_no) is Situation.ENQUIRY_ONLY
    status = PROCESSING if late else trade.status
    if fault == "unmapped-code":
        status = UNHEARD_OF
    shown = {"payOrdId": trade.pay_ord_id, "ordStas": status}
    return {**shown, **_amounts(trade, None)} if status in CANDIDATES else shown


def described(trade: Trade, fault: str | None) -> dict[str, str]:
    """6301: amounts, legs and the right to reverse, once it is a candidate."""
    status = UNHEARD_OF if fault == "unmapped-code" else trade.status
    shown = {"payOrdId": trade.pay_ord_id, "ordStas": status}
    if status not in CANDIDATES or trade.pay is None:
        return shown
    return {
        **shown,
        **_amounts(trade, fault),
        **_legs(trade),
        "setlType": trade.settled.setl_type,
        "callType": CALL_TYPE,
        "medOrgOrd": trade.order["medOrgOrd"],
        "traceTime": stamp(trade.pay["finalAt"]),
        "revsToken": trade.pay["revsToken"],
    }


def called_back(trade: Trade, fault: str | None) -> dict[str, str]:
    """The settle callback; ownpayAmt has a small p here, as in the partner's own class."""
    amounts = _amounts(trade, fault)
    pay = trade.pay or {}
    return {
        "callType": CALL_TYPE,
        "payOrdId": trade.pay_ord_id,
        "medOrgOrd": trade.order["medOrgOrd"],
        "traceTime": stamp(pay["finalAt"]),
        "feeSumamt": amounts["feeSumamt"],
        "ownpayAmt": amounts["ownPayAmt"],
        "psnAcctPay": amounts["psnAcctPay"],
        "fundPay": amounts["fundPay"],
        "hiChrgTime": stamp(pay["finalAt"]),
        "hiDocSn": f"HD{trade.order['number']:016d}",
        "hiRgstSn": trade.order["mdtrtId"],
        "orgName": ORG_NAME,
        "orgCode": ORG_CODG,
        "ecCode": index_no(trade.id_no),
        "setlType": "WAIT" if fault == "unmapped-code" else trade.settled.setl_type,
        "revsToken": pay["revsToken"],
    }


def _amounts(trade: Trade, fault: str | None) -> dict[str, str]:
    legs = _reported(trade, fault)
    return {
        "feeSumamt": f"{legs.total:.2f}",
        "ownPayAmt": f"{legs.cash:.2f}",
        "psnAcctPay": f"{legs.account:.2f}",
        "fundPay": f"{legs.fund:.2f}",
    }


def _reported(trade: Trade, fault: str | None) -> Legs:
    pay = trade.pay or {"legs": ["0"] * 3, "reported": ["0"] * 3}
    legs = legs_of(pay["reported"])
    return legs.overstated() if fault == "wrong-amount" and pay["reported"] == pay["legs"] else legs


def _legs(trade: Trade) -> dict[str, str]:
    """What became of either side: three legs, of which account and fund go together."""
    cash, insurance = trade.charged.cash, trade.charged.insurance.total
    own = {CASH_OPEN: "FAIL", UNCONFIRMED: "CREATED"}.get(trade.status, "SUCCESS")
    return {
        "ownPayStas": own if cash else "NO_PAY",
        "hiPayStas": ("CREATED" if trade.status == UNCONFIRMED else "SUCCESS") if insurance else "NO_PAY",
    }
