"""What a contract test must be told about an operation: how it is asked for, in the contract's own words."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from connectors.kit import registry
from sandbox.bank import BankApp
from sandbox.stand.people import id_number
from schemas.scenarios import operations
from tests.running import Running

Body = dict[str, Any]

MANIFESTS = {name: connector.manifest for name, connector in registry.find().items()}
"""Read once: every test asks for them, all the time."""

_numbers = itertools.count(20_260_001)
_lock = threading.Lock()
_BORN = date(1950, 1, 1)


@dataclass(frozen=True)
class Customer:
    """Somebody whom nobody has met, and who is not magic. Partners know them by one of three numbers."""

    account: str
    id_number: str
    mobile: str
    consents: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def identifiers(self) -> list[str]:
        return [self.account, self.id_number, self.mobile]

    def consent(self, hub: Running) -> str:
        """The consent of this customer to everything, asserted by the hub's bank when first needed."""
        if hub.base_url not in self.consents:
            person = {"name": "周桂英", "id_number": self.id_number, "mobile": self.mobile}
            self.consents[hub.base_url] = give_consent(hub, {"customer": person})
        return self.consents[hub.base_url]


def customer() -> Customer:
    with _lock:
        number = next(_numbers)
    born = _BORN + timedelta(days=number % 15_000)
    return Customer(str(number), id_number(number % 1000, born.strftime("%Y%m%d")), f"198{number:08}")


def give_consent(hub: Running, body: Body, bank: BankApp | None = None) -> str:
    """A consent to every operation that concerns a person, at the hub's first bank where no other is named.

    Shape: `body` may stand in for any of its parts.
    """
    concerning = [each.key for each in operations() if each.path and each.takes_consent]
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    answer = (bank or hub.app).post("/v1/consents", {"operations": concerning, "expires_at": until} | body)
    return str(answer.raise_for_status().json()["consent_id"])


@dataclass(frozen=True)
class Ordered:
    """How an order operation is asked for.

    Shape: `variants` are the kinds of it at a partner, each meets every fault. `body` makes the request of one
    customer, after whatever must come before it (a bill found, a settlement made). `money` is what the ledger must
    hold, and `reported` what success says; None where no money moves. `spared` names states beside `unknown` that an
    order may have of which the partner certainly performed nothing.
    """

    body: Callable[[Running, str, Customer, Body], Body]
    variants: Callable[[Running, str], list[Body]] = lambda _, __: [{}]
    money: Callable[[Body], Body | None] = lambda _: None
    reported: Callable[[Body], Body | None] = lambda _: None
    spared: tuple[str, ...] = ()
    repeats: bool = False
    """Whether making ready for it performs the same at the partner once before."""
    silent: bool = False
    """Whether the partner's answers name no amount, so that it cannot report another one than it moved."""
    tells: tuple[str, ...] | None = None
    """The partner's questions and pushes that have to do with it, by plain name; None where all may."""
    at_once: int = 48
    """How many are placed side by side: fewer where what they are made of does not keep."""


Questioned = Callable[[Running, str, Customer], Body]
"""The request of a question to one partner (a merged one goes to everybody)."""


def area(partner: str) -> str:
    """A region that this partner serves, and no narrower one does."""
    code = MANIFESTS[partner].regions[0]
    return "110000" if code == "CN" else code


def until_answered(ask: Callable[[], Any], patience: float = 40.0) -> Any:
    """What `ask` gets, once the partner does answer."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return ask()
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in (502, 503, 504) or time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def asked(hub: Running, path: str, body: Body, consent: str | None = None) -> Body:
    """The answer to a posted question, waiting for a partner that needs longer."""

    def ask() -> Body:
        answer = hub.app.post(path, body, consent=consent)
        deadline = time.monotonic() + 30
        while answer.status_code == httpx.codes.ACCEPTED:
            assert time.monotonic() < deadline, "the query is not answered"
            time.sleep(0.2)
            answer = hub.app.get(answer.headers["location"])
        return dict(answer.raise_for_status().json())

    return dict(until_answered(ask))


def done(hub: Running, path: str, body: Body | Callable[[], Body], key: str, consent: str | None = None) -> Body:
    """An order that had to succeed before another one may be asked for.

    Anew where it was certainly not sent, or was so late that what `body` made for it had expired.
    """
    for once_more in range(4):
        mark, sent = f"{key}-{once_more}", body() if callable(body) else body
        answer = until_answered(
            lambda mark=mark, sent=sent: hub.app.post(path, sent, mark, consent=consent).raise_for_status()
        )
        order = hub.settled(answer.json()["order_id"])
        if (order["reason"] or {}).get("code") not in ("not-sent", "expired"):
            break
    assert order["state"] == "succeeded", order
    return order
