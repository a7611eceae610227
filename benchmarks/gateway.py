"""Requests a second and latency of the hub's calls, beside an empty pass-through on the same transport, in one run.

    python benchmarks/gateway.py [--seconds 3] [--rounds 3] [--clients 32]

Hub, pass-through, partner and load share one machine, and their rounds alternate, so that the ratios mean something
where the absolute figures do not. The pass-through is a Litestar handler that sends one ready-made bill query to the
same simulated partner over the same channel and returns the bytes: no identity, no signature, no audit, no mapping.
The partners' published rates are lifted, or they would be all that is measured.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvicorn
import uvloop
from litestar import Litestar, Response, post
from rich.console import Console
from rich.table import Table

from connectors.ceb_channel import wire
from connectors.ceb_channel.envelope import CebAccount, seal, unseal
from connectors.kit import registry
from connectors.kit.channel import Channel
from connectors.kit.manifest import Limits, Manifest
from hub.cli import main as serve_hub
from sandbox.bank import BankApp
from sandbox.demo import Place, account_settings, hub_process, prepare
from sandbox.stand import fleet

BILLS = "/v1/utility-bills"
ACCOUNT = "3300112233"
PARTNERS = ["ceb_channel", "reloadly_utilities"]
console = Console()

Call = Callable[[], Awaitable[None]]


@dataclass
class Figures:
    """What one kind of call did, over all rounds."""

    name: str
    call: Call
    answered: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.answered / self.seconds

    def percentile(self, share: float) -> float:
        return statistics.quantiles(self.latencies, n=100)[int(share * 100) - 1] * 1000


async def measure(figures: Figures, clients: int, seconds: float) -> None:
    """One round: so many clients, each with one call at a time."""
    end = time.perf_counter() + seconds

    async def client() -> None:
        while (began := time.perf_counter()) < end:
            await figures.call()
            figures.latencies.append(time.perf_counter() - began)
            figures.answered += 1

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    figures.seconds += time.perf_counter() - began


async def bench(bank: BankApp, base_url: str, pass_url: str, options: argparse.Namespace) -> list[Figures]:
    billers = bank.get(f"{BILLS}/billers", limit="200").raise_for_status().json()["items"]
    biller = next(each for each in billers if each["partner"] == "ceb_channel" and each["bill"] == "required")
    search = {"biller_id": biller["biller_id"], "account": ACCOUNT}
    payment = dict(search)
    token = {"authorization": f"Bearer {bank.token()}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=options.clients)) as http:

        async def ask(method: str, url: str, headers: dict[str, str], body: object = None) -> None:
            async with http.request(method, url, json=body, headers=headers) as answer:
                text = await answer.read()
                if answer.status >= 300:
                    raise SystemExit(f"{url}: {answer.status} {text[:300]!r}")

        def find_bill() -> None:
            """Anew for each round: the partner forgets an old search among so many."""
            bill = bank.post(f"{BILLS}/bill-searches", search).raise_for_status().json()["items"][0]
            payment.update(amount=bill["amount"], bill_id=bill["bill_id"])

        def order() -> Awaitable[None]:
            headers = token | {"idempotency-key": secrets.token_hex(16)}
            return ask("POST", f"{base_url}{BILLS}/payments", headers, payment)

        calls = [
            Figures("empty pass-through", lambda: ask("POST", f"{pass_url}/", {})),
            Figures("list_billers", lambda: ask("GET", f"{base_url}{BILLS}/billers?limit=20", token)),
            Figures("find_bills", lambda: ask("POST", f"{base_url}{BILLS}/bill-searches", token, search)),
            Figures("pay", order),
        ]
        find_bill()
        for figures in calls:
            await measure(Figures("warm-up", figures.call), options.clients, 0.5)
        calls = [calls[0], *(each for each in calls[1:] if options.only in (None, each.name))]
        for number in range(options.rounds):
            find_bill()
            for figures in calls:
                with console.status(f"round {number + 1} of {options.rounds}: {figures.name} …"):
                    await measure(figures, options.clients, options.seconds)
        return calls


def show(calls: list[Figures]) -> None:
    table = Table("call", "requests/s", "ratio", "p50 ms", "p99 ms")
    for figures in calls:
        ratio = figures.rate / calls[0].rate
        table.add_row(
            figures.name,
            f"{figures.rate:,.0f}",
            f"{ratio:.2f}",
            f"{figures.percentile(0.5):.1f}",
            f"{figures.percentile(0.99):.1f}",
        )
    console.print(table)


def pass_through(account: CebAccount, port: int) -> None:
    """The empty hub: one handler, one exchange."""
    ready: dict[str, Any] = {}

    async def open_line() -> None:
        channel = Channel(connect=timedelta(seconds=5), connections=64)
        patience = timedelta(seconds=20)

        async def said(code: str, data: msgspec.Struct) -> bytes:
            return (await unseal(account, await channel.exchange(await seal(account, code, data), patience))).data

        session = json.loads(await said(wire.LOGIN, wire.LoginRequest(userId="pass-through")))["sessionId"]
        city = json.loads(await said(wire.CITIES, wire.CitiesRequest()))["cityList"][0]["cityCode"]
        items = json.loads(await said(wire.ITEMS, wire.ItemsRequest(cityCode=city)))["payItemList"]
        item = next(each for each in items if each["businessFlow"] == "0")
        query = msgspec.defstruct("Query", [(name, Any) for name in ("sessionId", *_ASKED)])
        asked = query(session, item["paymentItemCode"], item["paymentItemId"], ACCOUNT, 1, "")
        ready["channel"], ready["message"] = channel, await seal(account, wire.BILL, asked)

    @post("/", status_code=200)
    async def forward() -> Response[bytes]:
        reply = await ready["channel"].exchange(ready["message"], timedelta(seconds=20))
        return Response(reply.body, media_type="application/json")

    app = Litestar([forward], on_startup=[open_line], logging_config=None, openapi_config=None)
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", log_config=None, access_log=False)


def serve_unlimited() -> None:
    """`hub serve`, with partners that take as much as comes."""
    read = Manifest.read
    limits = Limits(per_second=1e6, concurrency=256, attempts=10)

    def unlimited(folder: Path) -> Manifest:
        return msgspec.structs.replace(read(folder), limits=limits)

    Manifest.read = unlimited  # type: ignore[method-assign]
    serve_hub()


_ASKED = ("paymentItemCode", "paymentItemId", "billKey", "pollingTimes", "qryAcqSsn")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one round of one call")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--only", help="one call beside the pass-through, for a profiler")
    parser.add_argument("serve", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--env-file", help=argparse.SUPPRESS)
    parser.add_argument("--pass-through", nargs=2, metavar=("VAR", "PORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve_unlimited()
        return
    if options.pass_through:
        account = msgspec.json.decode(Path(options.pass_through[0]).read_bytes(), type=CebAccount)
        pass_through(account, int(options.pass_through[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        run(Place(Path(folder)), options)


def run(place: Place, options: argparse.Namespace) -> None:
    bank = prepare(
        place, 0, PARTNERS, HUB_CONNECTORS=",".join(PARTNERS), HUB_PARTNER_PATIENCE="20s", HUB_ORDER_WAIT="25s"
    )
    with fleet.start(place.partners, names=PARTNERS) as partners, hub_process(place, bank["base_url"], [__file__]):
        file = place.var / "pass-through.json"
        file.write_bytes(
            account_settings(place, registry.find()["ceb_channel"], partners.stands["ceb_channel"].protocol)
        )
        port = int(bank["base_url"].rsplit(":", 1)[1]) + 1000
        command = [sys.executable, __file__, "--pass-through", str(file), str(port)]
        other = subprocess.Popen(command)
        try:
            time.sleep(3)
            calls = uvloop.run(bench(BankApp(bank), bank["base_url"], f"http://127.0.0.1:{port}", options))
            show(calls)
        finally:
            other.terminate()
            other.wait()


if __name__ == "__main__":
    main()
