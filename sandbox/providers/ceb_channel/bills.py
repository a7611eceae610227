"""What an account owes, and the fetches that may take their time."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sandbox.providers.ceb_channel.catalogue import ELECTRICITY, GAS, MOBILE, WATER, Item
from sandbox.providers.ceb_channel.china import here, stamp
from sandbox.providers.ceb_channel.codes import MALFORMED, Refused
from sandbox.providers.ceb_channel.magic import Situation, owes_plainly, situation_of
from sandbox.stand.moment import now

_KEPT_SECONDS = 1800.0
_KEPT = 20_000
_THIRD = 3
_PLAIN_FEN = 12_850
_NOTHING = {
    Situation.NOTHING_OWED: "DEF0002",
    Situation.NO_RECORD: "DEF0001",
    Situation.NO_SUCH_USER: "DEF0010",
    Situation.BATCH_DEBIT: "DEF0018",
}


@dataclass(frozen=True, slots=True)
class Bill:
    """One row of a bill answer; `named` if it gives the customer's name in full beside the masked one.

    Units: pay_amount in fen.
    """

    contract_no: str
    customer_name: str
    named: bool
    pay_amount: int
    begin: str
    end: str

    @property
    def masked(self) -> str:
        return self.customer_name[0] + "*" * (len(self.customer_name) - 2) + self.customer_name[-1]

    @property
    def ordered_as(self) -> str:
        """The name that an order for this bill gives: in full, where the bill gives it in full."""
        return self.customer_name if self.named else self.masked

    def shown(self) -> dict[str, str]:
        return {
            "contractNo": self.contract_no,
            "customerName": self.masked,
            "originalCustomerName": self.customer_name if self.named else "",
            "balance": "0",
            "payAmount": str(self.pay_amount),
            "beginDate": self.begin,
            "endDate": self.end,
            **{f"filed{number}": "" for number in range(1, 6)},
        }


def bills_of(item: Item, bill_key: str) -> list[Bill]:
    """The same for ever: paying a bill does not take it away here.

    Raises: Refused, if nothing is owed or nobody is known.
    """
    situation = situation_of(bill_key)
    if situation in _NOTHING:
        raise Refused(_NOTHING[situation])
    if not (bill_key.isascii() and bill_key.isalnum() and 4 <= len(bill_key) <= 32):  # noqa: PLR2004 - as [INF]
        raise Refused("DEF0010")
    mark = int.from_bytes(sha256(f"{item.code} {bill_key}".encode()).digest()[:6])
    amounts = [_PLAIN_FEN if owes_plainly(bill_key) else 100 + mark % 50_000]
    if situation is Situation.SEVERAL_BILLS:
        amounts = [3_500, _PLAIN_FEN, 701]
    if item.rule.category == MOBILE:
        amounts = [0]
    contracts = item.rule.contract or len(amounts) > 1
    begin, end = _period(item)
    return [
        Bill(
            contract_no=f"HT{mark % 10**8:08d}{row}" if contracts else "",
            customer_name=f"模拟用户{mark % 10**4:04d}",
            named=item.rule.category != GAS,
            pay_amount=fen,
            begin=begin,
            end=end,
        )
        for row, fen in enumerate(amounts, start=1)
    ]


def _period(item: Item) -> tuple[str, str]:
    """Last month as the biller likes to write it: whole days, months, or not at all."""
    first = here(now()).replace(day=1)
    last = first - timedelta(days=1)
    if item.rule.category == ELECTRICITY:
        return last.strftime("%Y%m01"), last.strftime("%Y%m%d")
    if item.rule.category == WATER:
        return last.strftime("%Y%m"), last.strftime("%Y%m")
    return "", ""


@dataclass(slots=True)
class _Fetch:
    item: Item
    bill_key: str
    started: float
    polls: int = 0


class Fetches:
    """Bill queries under way or finished, by qryAcqSsn; kept for half an hour in memory."""

    def __init__(self, bill_seconds: float) -> None:
        self._bill_seconds = bill_seconds
        self._fetches: dict[str, _Fetch] = {}

    def query(self, item: Item, bill_key: str, serial: str) -> dict[str, Any]:
        """Starts a fetch or asks for one; an unknown serial starts afresh under a new one.

        Raises: Refused.
        """
        if situation_of(bill_key) is Situation.QUERY_UNREACHABLE:
            raise Refused("DEF0003")
        bills = bills_of(item, bill_key)
        serial, fetch = self._fetch(item, bill_key, serial)
        fetch.polls += 1
        ready = self._ready(fetch)
        return {
            "qryAcqSsn": serial,
            "queryState": "0" if ready else "1",
            "pollingInterval": 0 if ready else max(1, round(self._bill_seconds / 3)),
            "billKey": bill_key,
            "companyId": item.company_id,
            "item1": item.name,
            **{f"item{number}": "" for number in range(2, 8)},
            "totalNum": str(len(bills)) if ready else "0",
            "data": [bill.shown() for bill in bills] if ready else [],
        }

    def _fetch(self, item: Item, bill_key: str, serial: str) -> tuple[str, _Fetch]:
        known = self._fetches.get(serial)
        if known is not None and now() - known.started < _KEPT_SECONDS:
            if (known.item, known.bill_key) != (item, bill_key):
                raise Refused(MALFORMED, "qryAcqSsn")
            return serial, known
        while len(self._fetches) >= _KEPT:
            del self._fetches[next(iter(self._fetches))]
        serial = stamp(now()) + f"{secrets.randbelow(10**10):010d}"
        self._fetches[serial] = fetch = _Fetch(item, bill_key, now())
        return serial, fetch

    def _ready(self, fetch: _Fetch) -> bool:
        situation = situation_of(fetch.bill_key)
        if situation is Situation.THIRD_POLL:
            return fetch.polls >= _THIRD
        if situation is Situation.SLOW_BILL or fetch.item.rule.fetched_slowly:
            return now() - fetch.started >= self._bill_seconds
        return True
