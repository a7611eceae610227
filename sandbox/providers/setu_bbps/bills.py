"""What a customer owes, and the fetches that find out: asked for first, ready later.

Units: paise.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sandbox.providers.setu_bbps.answers import NOT_FOUND, Refused
from sandbox.providers.setu_bbps.customers import Customer
from sandbox.providers.setu_bbps.india import day, letters, tail
from sandbox.providers.setu_bbps.magic import Situation, owes_plainly, situation_of
from sandbox.stand.moment import now
from sandbox.stand.settings import Settings

EARLY, LATE, EARLY_DATE = "Early Payment Amount", "Late Payment Amount", "Early Payment Date"
NO_CUSTOMER = {"type": "BBPS", "code": "ERR004", "message": "customer not found"}
_FAILURES: dict[Situation | None, dict[str, str]] = {
    Situation.NO_SUCH_CUSTOMER: NO_CUSTOMER,
    Situation.NOTHING_DUE: {"type": "BBPS", "code": "BFR004", "message": "no bill due"},
}
_TIMELY = frozenset({"SBXE00000MAH02"})
_PLAIN, _STEP, _LIST = 12_850, 50, 3
_DAY = 86_400.0
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Fetch:
    """One bill fetch; what the biller says is settled when it is asked."""

    ref_id: str
    customer: Customer
    at: float
    ready_at: float | None
    bills: list[dict[str, Any]]
    additional: list[dict[str, str]]

    @property
    def status(self) -> str:
        if self.ready_at is None or now() < self.ready_at:
            return "Processing"
        return "Failure" if situation_of(self.customer.account) in _FAILURES else "Success"

    @property
    def day_counted(self) -> float:
        """The time that counts where a bill must be paid on the day it was fetched."""
        return self.at - _DAY * (situation_of(self.customer.account) is Situation.FETCHED_YESTERDAY)

    def shown(self) -> dict[str, Any]:
        """`data` of the fetch response."""
        biller, status = self.customer.biller, self.status
        data: dict[str, Any] = {"refId": self.ref_id, "status": status}
        data |= {"billerResponseType": biller["responseType"], "exactness": biller["exactness"]}
        if "selectionType" in biller:
            data["billerSelectionType"] = biller["selectionType"]
        if status == "Failure":
            data["failureReason"] = _FAILURES[situation_of(self.customer.account)]
        if status == "Success":
            data |= {"billerRefId": self.ref_id[:12].lower(), "bills": self.bills, "additionalInfo": self.additional}
        return data


class Fetches:
    """Bill fetches by refId, in memory and for a while."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._fetches: dict[str, Fetch] = {}

    def open(self, customer: Customer) -> Fetch:
        """Raises: Refused, if the biller has no bills to ask for."""
        if customer.biller["fetchApiType"] == "BILL_DIRECT":
            raise Refused("biller is paid without a fetch")
        while len(self._fetches) >= _KEPT:
            del self._fetches[next(iter(self._fetches))]
        at = now()
        stuck = situation_of(customer.account) is Situation.FETCH_FOREVER
        ready_at = None if stuck else at + self._settings.bill_seconds
        fetch = Fetch(letters(27) + tail(at), customer, at, ready_at, *_owed(customer, at))
        self._fetches[fetch.ref_id] = fetch
        return fetch

    def find(self, ref_id: object) -> Fetch | None:
        fetch = self._fetches.get(ref_id) if isinstance(ref_id, str) else None
        return fetch if fetch and now() < fetch.at + self._settings.session_seconds else None

    def one(self, ref_id: object) -> Fetch:
        """Raises: Refused, if it is not known, or no longer."""
        fetch = self.find(ref_id)
        if fetch is None:
            raise Refused("refId is not known", NOT_FOUND)
        return fetch


def _owed(customer: Customer, at: float) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Bills and additionalInfo, the same for ever but for their dates: paying a bill does not take it away here."""
    biller = customer.biller
    if biller["fetchApiType"] == "BILL_VALIDATE":
        return [], []
    mark = int.from_bytes(sha256(f"{biller['id']} {customer.account}".encode()).digest()[:6])
    situation = situation_of(customer.account)
    days = {Situation.EARLY: 10, Situation.LATE: -3}.get(situation) if situation else None
    due = day(at) + timedelta(days=1 + mark % 20 if days is None else days)
    amount = _PLAIN if owes_plainly(customer.account) else 5_000 + mark % 4_000 * _STEP
    rows = _LIST if biller["responseType"] == "LIST" else 1
    bills = [
        {
            "amount": amount + 700 * row,
            "billNumber": f"B{mark % 10**9:09d}{row}",
            "billPeriod": "MONTHLY",
            "billDate": (due - timedelta(days=20)).isoformat(),
            "dueDate": due.isoformat(),
            "customerName": f"SANDBOX CUSTOMER {mark % 10**4:04d}",
            **_flexible(biller["exactness"], amount),
        }
        for row in range(rows)
    ]
    if biller["id"] not in _TIMELY:
        return bills, []
    bills[0]["paymentOptions"] = [{"name": EARLY, "amount": amount - 500}, {"name": LATE, "amount": amount + 1_000}]
    early = "soon" if situation is Situation.BAD_EARLY_DATE else (due - timedelta(days=7)).isoformat()
    return bills, [{"name": EARLY_DATE, "value": early}]


def _flexible(exactness: str, amount: int) -> dict[str, Any]:
    """What a RANGE biller says beyond the amount."""
    if exactness != "RANGE":
        return {}
    least = amount // 2 // _STEP * _STEP
    ends = {"minAmount": least, "maxAmount": 2 * amount, "amountMultiple": _STEP}
    several = {"name": "2 Months EMI Amount", "amount": 2 * amount}
    return {**ends, "paymentOptions": [several, {"name": "Part Payment", **ends}]}
