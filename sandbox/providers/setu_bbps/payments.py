"""Payments: accepted once checked, final after a while, and known for ever under paymentRefId and refId."""

from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any

from sandbox.providers.setu_bbps.amounts import check_amount
from sandbox.providers.setu_bbps.answers import NOT_FOUND, Duplicate, Refused, demand
from sandbox.providers.setu_bbps.billers import Billers, check_limits
from sandbox.providers.setu_bbps.bills import NO_CUSTOMER, Fetches
from sandbox.providers.setu_bbps.customers import Customer, customer_of, section
from sandbox.providers.setu_bbps.india import day, moment, tail
from sandbox.providers.setu_bbps.magic import Situation, situation_of
from sandbox.providers.setu_bbps.operations import PAY
from sandbox.stand.book import Book, Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.settings import Settings

PROCESSING, SUCCESS, FAILURE, ADJUSTED = "Processing", "Success", "Failure", "Credit_Adjustment"
INR = 356
NO_FUNDS = {"type": "FUND_TRANSFER", "code": "ERR001", "message": "Insufficient funds"}
_BILLER = {"type": "BBPS", "code": "BRR005", "message": "biller could not post the payment"}
_REASONS = {
    Situation.NO_SUCH_CUSTOMER: NO_CUSTOMER,
    Situation.LATER_FAILURE: _BILLER,
    Situation.LYING_WEBHOOK: _BILLER,
}
_ADJUSTED = frozenset({Situation.ADJUSTED, Situation.LATER_ADJUSTED})
_LATE = frozenset({Situation.LATER_SUCCESS, Situation.LATER_FAILURE, Situation.LATER_ADJUSTED, Situation.LYING_WEBHOOK})
_ECHOED = (
    "Id", "accountInfo", "amount", "currency", "mode", "selectedPaymentOptions", "timestamp",
    "COUcustConvFee", "custConvFee", "paymentRefId",
)  # fmt: skip
_SHORTEST, _LONGEST, _WORDY = 6, 35, 50
_DIGEST, _HEAD = 17, 27


class Payments:
    """Takes payments and tells what became of them."""

    def __init__(self, book: Book, settings: Settings, billers: Billers, fetches: Fetches, agent_id: str) -> None:
        self._book = book
        self._settings = settings
        self._billers = billers
        self._fetches = fetches
        self._agent_id = agent_id

    async def pay(self, content: dict[str, Any], fault: str | None) -> Order:
        """Raises: Refused, Duplicate."""
        details = _details(content)
        # A repeat is told so whatever else has changed meanwhile: the key comes first.
        self._book.read(partial(self._check_new, details["paymentRefId"]))
        order = self._order(self._customer(content, details), content, fault)
        return await self._book.write(partial(self._file, order))

    def one(self, ref_id: object) -> Order:
        """Raises: Refused, if it is not known."""
        order = self.find(ref_id)
        if order is None:
            raise Refused("refId is not known", NOT_FOUND)
        return order

    def find(self, ref_id: object) -> Order | None:
        """By the number that its refId carries."""
        number = ref_id[_DIGEST:_HEAD] if isinstance(ref_id, str) else ""
        order = self._book.read(lambda page: page.numbered(int(number))) if number.isdecimal() else None
        return order if order and ref_id_of(order) == ref_id else None

    def all(self) -> list[Order]:
        """Newest first."""
        return self._book.read(Page.latest)

    def _customer(self, content: dict[str, Any], details: dict[str, Any]) -> Customer:
        """Who is paid for, if this may be paid. Raises: Refused."""
        if "refId" not in content:
            customer = customer_of(content, self._billers, self._agent_id)
            demand(customer.biller["payWithoutFetchAllowed"], "biller is not paid without a fetch")
        else:
            fetch, today = self._fetches.one(content["refId"]), day(now())
            customer = fetch.customer
            demand(fetch.status == SUCCESS, f"the fetch of refId is {fetch.status}")
            same_day = customer.biller["enforcesSameDayFetchPay"]
            demand(not same_day or day(fetch.day_counted) == today, "biller is paid on the day of the fetch")
            check_amount(fetch, content, details, today)
        check_limits(customer.biller, details.get("mode"), customer.channel, details["amount"])
        return customer

    def _order(self, customer: Customer, content: dict[str, Any], fault: str | None) -> Order:
        at, situation, details = now(), situation_of(customer.account), content["paymentDetails"]
        fate, reason = _fate(situation, fault)
        return {
            "paymentRefId": details["paymentRefId"],
            "account": customer.account,
            "billerId": customer.biller["id"],
            "mobile": customer.mobile,
            "customerId": customer.customer_id,
            "customerParams": customer.params,
            "details": {name: details[name] for name in _ECHOED if name in details},
            "bills": content.get("bills") if customer.biller["responseType"] == "LIST" else None,
            "reported": details["amount"] + 100 * (fault == "wrong-amount"),
            "at": at,
            "finalAt": self._final_at(at, situation, fault),
            "fate": fate,
            "reason": reason,
        }

    def _final_at(self, at: float, situation: Situation | None, fault: str | None) -> float | None:
        if situation is Situation.FOREVER:
            return None
        if fault == "early-callback":
            return at
        return at + (self._settings.late_seconds if situation in _LATE else self._settings.processing_seconds)

    def _file(self, order: Order, page: Page) -> Order:
        reference = order["paymentRefId"]
        self._check_new(reference, page)
        if order["fate"] == SUCCESS and order["finalAt"] is not None:
            rupees = f"{Decimal(order['details']['amount']) / 100:.2f}"
            page.perform(Performance(reference, PAY.plain, order["account"], rupees, "INR"))
        return {**order, "number": page.keep(reference, order)}

    def _check_new(self, reference: str, page: Page) -> None:
        known = page.find(reference)
        if known and self._settings.duplicates != "perform":
            raise Duplicate(ref_id_of(known[0]))


def ref_id_of(order: Order) -> str:
    """35 characters: a digest, the order's number, and the time of the request."""
    digest = sha256(f"{order['paymentRefId']} {order['at']}".encode()).hexdigest().upper()
    return f"{digest[:_DIGEST]}{order['number']:010d}{tail(order['at'])}"


def status_of(order: Order) -> str:
    final_at = order["finalAt"]
    return PROCESSING if final_at is None or now() < final_at else str(order["fate"])


def _fate(situation: Situation | None, fault: str | None) -> tuple[str, dict[str, str] | None]:
    if fault == "decline":
        return FAILURE, NO_FUNDS
    if situation in _REASONS:
        return FAILURE, _REASONS[situation]
    return (ADJUSTED if situation in _ADJUSTED else SUCCESS), None


def _details(content: dict[str, Any]) -> dict[str, Any]:
    """`paymentDetails`, well formed. Raises: Refused."""
    details = section(content, "paymentDetails")
    amount, reference = details.get("amount"), details.get("paymentRefId")
    paise = amount if isinstance(amount, int) and not isinstance(amount, bool) else 0
    demand(paise > 0, "paymentDetails.amount is whole paise")
    known = isinstance(reference, str) and _SHORTEST <= len(reference) <= _LONGEST
    demand(known, f"paymentDetails.paymentRefId has {_SHORTEST} to {_LONGEST} characters")
    demand(moment(details.get("timestamp")), "paymentDetails.timestamp is ISO 8601 with a zone")
    demand(details.get("currency", INR) == INR, f"paymentDetails.currency is {INR}")
    remitter = section(content, "remitter")
    demand("name" in remitter, "remitter.name is missing")
    for name, text in {**remitter, "accountInfo": details.get("accountInfo", "-")}.items():
        demand(isinstance(text, str) and 1 <= len(text) <= _WORDY, f"{name} has 1 to {_WORDY} characters")
    return details
