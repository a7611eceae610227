"""A partner is a folder: nothing else is edited for it, and it is then one like any other.

The one written here speaks plain JSON, and is awkward where partners are: a payment takes two steps, its callback
brings nothing but a code, and only who shows that code is told the meter token, half of it at first.
"""

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.demo import BANK
from tests import ports
from tests.running import Running

NAME = "village_power"
MANIFEST = """
id = 2147480001
name = "village_power"
title = "The meters of one village"
auth = "a shared secret"
zone = "Asia/Shanghai"
regions = ["330100"]
callbacks = true

[offers]
utility-bills = ["list_billers", "find_bills", "check_payment", "pay", "find_payment"]

[codes.state]
done = { means = "succeeded" }
taken = { means = "pending" }
refused = { means = "declined", reason = "declined" }
"""

WIRE = '''
"""What the village says."""

import msgspec


class Ticket(msgspec.Struct):
    ref: str
    state: str
    number: int = 0
    cents: int = 0
    token: str | None = None


class Push(msgspec.Struct):
    ref: str
    secret: str
    code: str
'''

CONNECTOR = '''
"""Prepaid meters: a ticket is opened and confirmed, and its token fetched with the code that a callback brings."""

from pathlib import Path

import msgspec

from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest
from connectors.kit.partner import Acknowledgement, News, Partner
from connectors.kit.units import from_fen, to_fen
from connectors.village_power import wire
from schemas.call import Http
from schemas.errors import Garbled, Refused
from schemas.outcome import Declined, Pending, Reason, Succeeded
from schemas.page import Merged
from schemas.secret import Secret
from schemas.utility_bills import AmountRule, Biller, Receipt, UtilityBills

STATE = Codes(Manifest.read(Path(__file__).parent), "state")


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    base_url: str
    secret: str


class Village(UtilityBills):
    async def list_billers(self, search, call):
        biller = Biller(
            biller_id=call.ref("meters"),
            name="Village meters",
            category="electricity",
            regions=["330100"],
            currency="CNY",
            prepaid=True,
            bill="none",
            rule=AmountRule(),
            zone="Asia/Shanghai",
        )
        return Merged(items=[biller])

    async def find_bills(self, search, call):
        raise Refused("meters are paid without a bill", field="biller_id")

    async def check_payment(self, payment, call):
        if payment.bill_id is not None:
            raise Refused("meters are paid without a bill", field="bill_id")

    async def pay(self, payment, attempt):
        opening = {
            "ref": attempt.reference,
            "meter": payment.account,
            "cents": to_fen(payment.amount),
            "news": attempt.callback_url,
        }
        ticket = read(await attempt.submit("open", post(attempt, "/tickets", opening)))
        await attempt.remember(number=str(ticket.number))
        return judged(read(await attempt.submit("confirm", post(attempt, f"/tickets/{ticket.number}/confirm", {}))))

    async def find_payment(self, payment, attempt):
        if "confirm" not in attempt.steps:
            return Declined(reason=Reason(code="not-sent", message="the ticket was never confirmed"))
        shown = {"code": attempt.handles.get("code", "")}
        return judged(read(await attempt.send(post(attempt, f"/tickets/{attempt.handles['number']}/show", shown))))


def read_callback(raw, headers, account):
    try:
        push = msgspec.json.decode(raw, type=wire.Push)
    except msgspec.DecodeError as error:
        raise Garbled("no push of the village", raw) from error
    return News(
        reference=push.ref,
        outcome=None,
        trusted=push.secret == account.secret,
        acknowledgement=Acknowledgement(body=b"thanks"),
        remember={"code": push.code},
    )


def judged(ticket):
    receipt = Receipt(paid=from_fen(ticket.cents), token=Secret(ticket.token) if ticket.token else None)
    meaning = STATE.meaning(ticket.state)
    if meaning and meaning.means == "succeeded":
        return Succeeded(result=receipt)
    outcome = STATE.outcome(ticket.state, acknowledged=True)
    return Pending(stage=outcome.stage, so_far=receipt) if isinstance(outcome, Pending) else outcome


def post(call, path, said):
    account = call.account(Account)
    return Http(
        method="POST",
        url=account.base_url + path,
        headers={"authorization": account.secret},
        body=msgspec.json.encode(said),
    )


def read(reply):
    try:
        return msgspec.json.decode(reply.body, type=wire.Ticket)
    except msgspec.DecodeError as error:
        raise Garbled("no ticket", reply.body) from error


PARTNER = Partner(account=Account, scenarios=(Village,), read_callback=read_callback)
'''


class Village:
    """The partner behind it: sells meter tokens, and hands them out for a code that it pushes."""

    def __init__(self) -> None:
        self.tickets: list[dict[str, Any]] = []
        self.codes: list[str] = []
        self.thanked: list[str] = []
        self.pushers: list[threading.Thread] = []

    def answer(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        if path == "/tickets":
            self.tickets.append({**said, "number": len(self.tickets), "state": "open"})
            self.codes.append(secrets.token_hex(8))
            return self.tickets[-1]
        number, _, what = path.removeprefix("/tickets/").partition("/")
        ticket = self.tickets[int(number)]
        if what == "confirm":
            ticket["state"] = "taken"
            self.pushers.append(threading.Thread(target=self._push, args=(ticket,)))
            self.pushers[-1].start()
        elif said["code"] == self.codes[int(number)]:
            ticket |= {"state": "done", "token": "4711-0815"} if "token" in ticket else {"token": "4711"}
        return ticket

    def _push(self, ticket: dict[str, Any]) -> None:
        push = {"ref": ticket["ref"], "secret": "s3cret", "code": self.codes[ticket["number"]]}
        self.thanked.append(httpx.post(ticket["news"], json=push, trust_env=False).text)


@contextmanager
def opened(village: Village) -> Iterator[str]:
    """The village on a socket of its own; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(village.answer(self.path, said)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", ports.take()), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            for pusher in village.pushers:
                pusher.join()


@pytest.fixture
def launcher(tmp_path: Path) -> tuple[str, ...]:
    """The hub's program where the partner's folder was put, and nothing else was done."""
    folder = tmp_path / "partners" / NAME
    folder.mkdir(parents=True)
    written = {"manifest.toml": MANIFEST, "__init__.py": "", "wire.py": WIRE, "connector.py": CONNECTOR}
    for name, text in written.items():
        (folder / name).write_text(text, "utf-8")
    return "-m", "tests.launchers.further_partners", str(folder.parent)


def command(launcher: tuple[str, ...], *arguments: str) -> str:
    """What a `hub` command prints."""
    done = subprocess.run(
        [sys.executable, *launcher, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_new_partner_is_listed(launcher: tuple[str, ...]) -> None:
    """An operator sees a partner once its folder is there."""
    listed = command(launcher, "connector", "list")
    assert NAME in listed
    assert "ceb_channel" in listed


def test_bill_is_paid_through_a_new_partner(launcher: tuple[str, ...], tmp_path: Path) -> None:
    """Its billers are merged with everyone's, and a payment goes through two steps, a callback and a later query."""
    village = Village()
    hub = Running(tmp_path / "hub", launcher=launcher, HUB_CONNECTORS=f"ceb_channel,reloadly_utilities,{NAME}")
    with opened(village) as address:
        account = tmp_path / "account.json"
        account.write_text(json.dumps({"base_url": address, "secret": "s3cret"}))
        settings = ("--env-file", str(hub.place.settings))
        command(launcher, "partner", "account", "set", BANK, NAME, "--file", str(account), *settings)
        try:
            hub.start()
            assert {biller["partner"] for biller in hub.billers()} == {NAME, "ceb_channel", "reloadly_utilities"}
            order = paid(hub)
        finally:
            hub.close()
    assert order["result"]["paid"] == {"amount": "12.30", "currency": "CNY"}
    assert [ticket["ref"] for ticket in village.tickets] == [order["reference"]]
    assert village.thanked == ["thanks"]


def paid(hub: Running) -> dict[str, Any]:
    """An order that succeeded, once its token was handed over."""
    biller = next(each for each in hub.billers() if each["partner"] == NAME)
    body = {"biller_id": biller["biller_id"], "account": "77", "amount": {"amount": "12.30", "currency": "CNY"}}
    order = hub.settled(hub.pay(body).raise_for_status().json()["order_id"])
    assert order["state"] == "succeeded", order["timeline"]
    assert {"what": "step", "detail": "confirm"}.items() <= order["timeline"][1].items()
    release = f"/v1/deliverables/{order['result']['deliverable_id']}/release"
    handed = hub.app.post(release, {}, secrets.token_hex(16)).raise_for_status().json()
    assert handed["value"] == "4711-0815"
    return order
