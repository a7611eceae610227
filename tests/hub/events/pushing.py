"""A partner's pushes to a running hub, true and forged, and the hub's own books to see what became of them."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.providers.ceb_channel import keys
from sandbox.providers.ceb_channel.envelope import Seal
from tests.caller import Caller
from tests.running import CEB, Running

FORM = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
PUSH = "TMRI_ORDER_RESULT"


@dataclass
class Channel:
    """The channel's voice, with its real key, at a hub that asks by itself only after an hour."""

    hub: Running
    caller: Caller

    def __post_init__(self) -> None:
        self.seal = Seal(keys.load(self.hub.place.partners / CEB))
        self.site = next(iter(keys.load(self.hub.place.partners / CEB).sites))
        self._numbers = iter(range(700_000_001, 799_999_999))

    def account_id(self, partner_id: int = 1621842739) -> str:
        """The calling bank's account at a partner."""
        order = self.order()
        return str(
            self.read(
                "SELECT a.account_id FROM partner_accounts a JOIN orders o ON o.tenant = a.tenant"
                " WHERE o.order_id = ? AND a.partner_id = ?",
                order["order_id"],
                partner_id,
            )[0][0]
        )

    def order(self, fault: str = "no-callback", account: str = "") -> dict[str, Any]:
        """An order that the channel takes, performs and says nothing more about."""
        account = account or str(next(self._numbers))
        biller = self.hub.biller(CEB, bill="none", choices=[])
        self.hub.fault(CEB, fault, account=account)
        body = {"biller_id": biller["biller_id"], "account": account, "amount": {"amount": "50.00", "currency": "CNY"}}
        return dict(self.caller.pay(body).raise_for_status().json())

    def form(self, order: dict[str, Any], status: str = "3", *, forged: bool = False, **changed: Any) -> bytes:
        """A push about an order: `changed` are fields of it, `site` and `code` of its envelope."""
        site, code = changed.pop("site", self.site), changed.pop("code", PUSH)
        content = {
            "merOrderNo": order["reference"],
            "merOrderDate": "20261123",
            "transacNo": "CEB20261123101112",
            "orderDate": "20261123101112",
            "order_status": status,
            "payAmount": "50.00",
            "payType": "1",
            "errorCode": "DEF0006" if status == "2" else "",
            "errorMessage": "",
        }
        return self.seal.push(site, code, content | changed, forged=forged)

    def push(self, account_id: str, body: bytes, partner: str = CEB) -> httpx.Response:
        url = f"{self.hub.base_url}/callbacks/{partner}/{account_id}"
        return httpx.post(url, content=body, headers=FORM, trust_env=False, timeout=20)

    def pushed(self, order: dict[str, Any], status: str = "3", **changed: Any) -> dict[str, Any]:
        """The order after a push about it was thanked for."""
        answer = self.push(self.account_of(order), self.form(order, status, **changed))
        assert (answer.status_code, answer.content) == (200, b"success")
        return self.now(order)

    def account_of(self, order: dict[str, Any]) -> str:
        return str(self.read("SELECT account_id FROM orders WHERE order_id = ?", order["order_id"])[0][0])

    def now(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order as it stands, without asking the partner about it."""
        items = self.caller.get("/v1/orders", limit=200).json()["items"]
        return next(one for one in items if one["order_id"] == order["order_id"])

    def events(self, order: dict[str, Any]) -> list[str]:
        rows = self.read("SELECT type FROM outbox WHERE order_id = ? ORDER BY event_id", order["order_id"])
        return sorted(row[0] for row in rows)

    def kept(self) -> list[tuple[str, str | None, str | None]]:
        """Every callback that was stored: its account, what became of it, and its order."""
        return [
            tuple(row) for row in self.read("SELECT account_id, what, order_id FROM callbacks ORDER BY callback_id")
        ]

    def read(self, statement: str, *values: Any) -> list[Any]:
        """What the hub's database holds."""
        return read(self.hub.place.var, statement, *values)


def read(var: Path, statement: str, *values: Any) -> list[Any]:
    database = sqlite3.connect(f"file:{var / 'hub.db'}?mode=ro", uri=True)
    try:
        return database.execute(statement, values).fetchall()
    finally:
        database.close()
