"""The control API under `/_sandbox/`: what stands here, what was performed, what was asked, and faults."""

import json
import math
from pathlib import Path
from typing import Any

from sandbox.stand import notify
from sandbox.stand.book import Book, Page
from sandbox.stand.faults import REFUSE, Faults, Unusable
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.moment import clock, iso
from sandbox.stand.operation import Kind
from sandbox.stand.partner import Partner, Provider
from sandbox.stand.port import Port
from sandbox.stand.pusher import Pusher
from sandbox.stand.refusal import Refusal
from sandbox.stand.visits import Visits

ROOT = "/_sandbox"
_MOST_FORWARD = 86_400.0


class Control:
    """Answers on the door only."""

    def __init__(
        self,
        *,
        provider: Provider,
        partner: Partner,
        var: Path,
        book: Book,
        faults: Faults,
        visits: Visits,
        refusal: Refusal,
        pusher: Pusher,
        port: Port,
    ) -> None:
        self._provider = provider
        self._partner = partner
        self._var = var
        self._book = book
        self._faults = faults
        self._visits = visits
        self._refusal = refusal
        self._pusher = pusher
        self._port = port

    async def answer(self, request: Request) -> Reply:
        match (request.method, request.path.removeprefix(ROOT).strip("/")):
            case ("GET", ""):
                return json_reply(200, self._about())
            case ("GET", "ledger"):
                return json_reply(200, {"entries": self._book.read(Page.entries)})
            case ("GET", "requests"):
                return json_reply(200, {"requests": self._visits.shown()})
            case ("GET", "faults"):
                return self._standing()
            case ("POST", "faults"):
                return self._stand(request)
            case ("DELETE", "faults"):
                self._faults.clear()
                await self._refusal.clear()
                return self._standing()
            case ("DELETE", "pushes"):
                return json_reply(200, {"dropped": await self._pusher.drop()})
            case ("POST", "clock"):
                return self._set_clock(request)
            case ("POST", "notify-url") if self._provider.notified:
                return self._register(request)
        return await self._partner.control(request) or _error(404, "", "no such thing here; see GET /_sandbox/")

    def _stand(self, request: Request) -> Reply:
        try:
            fault = self._faults.read(json.loads(request.body))
        except Unusable as error:
            return _error(400, error.field, str(error))
        except ValueError:
            return _error(400, "", "the body is no JSON")
        if fault.fault == REFUSE:
            self._refusal.stand(fault.times)
        else:
            self._faults.stand(fault)
        return self._standing()

    def _register(self, request: Request) -> Reply:
        url = (json_object(request.body) or {}).get("url")
        try:
            notify.register(self._var, url)
        except ValueError as error:
            return _error(400, "url", str(error))
        return json_reply(200, {"url": url})

    def _set_clock(self, request: Request) -> Reply:
        match json_object(request.body):
            case {"stands": True}:
                clock.stand_still()
            case {"stands": False}:
                clock.go_on()
            case {"forward": int() | float() as seconds} if 0 <= seconds <= _MOST_FORWARD:
                clock.put_forward(seconds)
            case _:
                return _error(400, "", 'either {"stands": true or false} or {"forward": seconds}')
        return json_reply(200, {"now": iso(clock.now())})

    def _standing(self) -> Reply:
        faults = self._faults.shown()
        if left := self._refusal.seconds_left:
            faults.append({"operation": "*", "fault": REFUSE, "times": math.ceil(left)})
        return json_reply(200, {"faults": faults})

    def _about(self) -> dict[str, Any]:
        provider = self._provider
        return {
            "name": provider.name,
            "shaped_after": list(provider.shaped_after),
            "protocol": self._port.base_url,
            "endpoint": self._port.base_url + provider.protocol_path,
            "operations": {each.name: each.says for each in provider.operations},
            "plain_names": {each.plain: each.name for each in provider.operations},
            "kinds": {each.name: each.kind.name.lower() for each in provider.operations},
            "performs": [each.name for each in provider.operations if each.kind is Kind.PAYMENT],
            "faults": self._faults.offered,
            "magic_accounts": {each.account: each.does for each in provider.magic},
            "notes": [*_NOTES, *([_NOTIFIED] if provider.notified else []), *provider.notes],
        }


_NOTES = (
    "This port, the door, serves the protocol too and never closes.",
    (
        "The protocol port is really closed while `refuse` stands, listener and idle connections, for `times` seconds "
        "or until DELETE /_sandbox/faults; then it opens again under the same number."
    ),
    "A fault names an operation by its own name, by its plain name, or `*` for whatever performs something.",
    "A fault's `account` is a string, or a list of strings of which any is hit; without it, a fault hits everybody.",
    "Faults that stand are spent in the order in which they were ordered, by the next request that fits.",
    (
        "The ledger is what this partner believes it has performed. An order that is pending and will fail, or that "
        "stays in processing, is not in it."
    ),
    "Magic accounts meet their fault when they are paid for; asking about them behaves well.",
    "DELETE /_sandbox/pushes drops whatever is being pushed or still to be pushed: nobody hears of earlier orders.",
    (
        'POST /_sandbox/clock {"stands": true} stops the clock here, so that nothing becomes final, late or over; with '
        'false it goes on, as if it had never stood. {"forward": seconds} puts it forward.'
    ),
)
_NOTIFIED = (
    'POST /_sandbox/notify-url {"url"} registers the URL that is called back; an empty one withdraws it. It is kept in '
    "the simulator's folder and read at each push."
)


def _error(status: int, field: str, message: str) -> Reply:
    return json_reply(status, {"field": field, "error": message})
