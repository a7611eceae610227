"""Misfortune on order: which faults exist, which of them stand, and whom they hit."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.stand.operation import Kind, Operation

_ASKED = frozenset({Kind.QUERY, Kind.ENQUIRY, Kind.PAYMENT})
_PAID = frozenset({Kind.PAYMENT})
_ANY = frozenset(Kind)
_AMOUNT = frozenset({Kind.ENQUIRY, Kind.PAYMENT, Kind.PUSH})
_PUSHED = frozenset({Kind.PAYMENT, Kind.PUSH})

REFUSE = "refuse"
EXPLAINED: dict[str, tuple[frozenset[Kind], str]] = {
    REFUSE: (
        _ASKED,
        (
            "the protocol port is closed for `times` seconds and connects are refused; a protocol request on the door "
            "is reset; knows neither operation nor account"
        ),
    ),
    "drop": (_ASKED, "accepted, then reset without an answer; nothing is performed"),
    "hang-before": (_ASKED, "nothing is performed and nothing is ever answered"),
    "hang-after": (_ASKED, "performed, but never answered and never pushed: only an enquiry can tell"),
    "error-before": (_ASKED, "HTTP 500, and nothing is performed"),
    "error-after": (_ASKED, "performed, then HTTP 500"),
    "half-reply": (_ASKED, "performed, then headers with the full length, half of the body, and close"),
    "garbage": (_ASKED, "performed, then bytes that are no HTTP, and close"),
    "slow": (_ASKED, "performed, and answered after --slow-seconds"),
    "bad-signature": (_ANY, "performed, and answered in a way that cannot be verified"),
    "wrong-amount": (_AMOUNT, "performed for the right amount, but another one is reported from then on"),
    "unmapped-code": (_ANY, "performed, and answered with a code or status nobody has heard of"),
    "duplicate-callback": (_PUSHED, "performed, and pushed twice"),
    "early-callback": (_PAID, "performed, and pushed before the answer"),
    "late-callback": (_PUSHED, "performed, and pushed --late-seconds after the order is final"),
    "no-callback": (_PUSHED, "performed, and never pushed"),
    "decline": (_PAID, "refused for a business reason; nothing is performed"),
}
CALLBACKS = frozenset({"duplicate-callback", "early-callback", "late-callback", "no-callback"})
_MOST = 1_000_000


class Unusable(Exception):
    """A fault that cannot stand, and the field that is to blame."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(slots=True)
class Fault:
    """A standing fault: it hits the next `times` fitting requests.

    Shape: `operation` is a name, or `*` for whatever performs something; a question is spoilt by its name only.
    `account` is one, or several of which any is hit, for a person whom the operations know by different numbers.
    """

    operation: str
    fault: str
    times: int
    account: str | list[str] | None = None

    def hits(self, operation: Operation | None, account: str | None) -> bool:
        hit = [self.account] if isinstance(self.account, str) else self.account
        if hit is not None and account not in hit:
            return False
        if operation is None:
            return False
        if self.operation == "*":
            return operation.kind is Kind.PAYMENT
        return self.operation == operation.name

    def shown(self) -> dict[str, Any]:
        shown = {"operation": self.operation, "fault": self.fault, "times": self.times}
        return shown if self.account is None else {**shown, "account": self.account}


class Faults:
    """The faults a partner offers and those that stand, in the order in which they were ordered."""

    def __init__(self, operations: Iterable[Operation], *, callbacks: bool) -> None:
        self._operations = {word: each for each in operations for word in (each.name, each.plain)}
        self._kinds = {each.kind for each in self._operations.values()}
        self.offered = {
            name: says
            for name, (kinds, says) in EXPLAINED.items()
            if kinds & self._kinds and (callbacks or name not in CALLBACKS)
        }
        self._standing: list[Fault] = []
        self._released = asyncio.Event()

    def read(self, document: Any) -> Fault:
        """Shape: `{"operation": name or "*", "fault", "times"?: 1…1000000, "account"?: string or strings}`.

        Raises: Unusable.
        """
        if not isinstance(document, dict):
            raise Unusable("", "a fault is a JSON object")
        if unknown := sorted(set(document) - {"operation", "fault", "times", "account"}):
            raise Unusable(unknown[0], "unknown field")
        name = self._fault(document.get("fault"))
        operation = self._operation(document.get("operation"), name)
        times = document.get("times", 1)
        if not isinstance(times, int) or isinstance(times, bool) or not 1 <= times <= _MOST:
            raise Unusable("times", f"a whole number from 1 to {_MOST}")
        return Fault(operation, name, times, _account(document.get("account")))

    def stand(self, fault: Fault) -> None:
        self._standing.append(fault)

    def take(self, operation: Operation | None, account: str | None) -> str | None:
        """The first standing fault that hits this request; it is spent by one."""
        for fault in self._standing:
            if fault.hits(operation, account):
                fault.times -= 1
                if fault.times == 0:
                    self._standing.remove(fault)
                return fault.fault
        return None

    def clear(self) -> None:
        """No fault stands, and whoever hangs is let go."""
        self._standing.clear()
        self._released.set()
        self._released = asyncio.Event()

    async def released(self) -> None:
        await self._released.wait()

    def shown(self) -> list[dict[str, Any]]:
        return [fault.shown() for fault in self._standing]

    def _fault(self, name: object) -> str:
        if not isinstance(name, str) or name not in self.offered:
            raise Unusable("fault", f"one of {', '.join(self.offered)}")
        return name

    def _operation(self, name: object, fault: str) -> str:
        if name == "*":
            if Kind.PAYMENT not in self._kinds and fault != REFUSE:
                raise Unusable("operation", "nothing performs here; name an operation")
            return "*"
        operation = self._operations.get(name) if isinstance(name, str) else None
        if operation is None:
            names = dict.fromkeys(each.name for each in self._operations.values())
            raise Unusable("operation", f"* or one of {', '.join(names)}")
        if operation.kind not in EXPLAINED[fault][0] and fault != REFUSE:
            raise Unusable("fault", f"{fault} means nothing at {operation.name}")
        return operation.name


def _account(account: object) -> str | list[str] | None:
    if account is None or isinstance(account, str):
        return account
    if not isinstance(account, list) or not account or not all(isinstance(each, str) for each in account):
        raise Unusable("account", "a string, a list of strings, or left out")
    return account
