"""A bank's program that sends what it likes: raw bodies, odd headers, other people's tokens."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from hub.gateway.problems import TABLE, TYPE
from sandbox.bank import BankApp
from tests.running import BILLS, Running

PAYMENTS = f"{BILLS}/payments"
SEARCHES = f"{BILLS}/bill-searches"
BILLERS = f"{BILLS}/billers"
JSON, PROBLEM = "application/json", "application/problem+json"

Headers = Mapping[str, str] | list[tuple[str, str | bytes]]
Body = Mapping[str, Any] | list[Any] | str | bytes | Iterator[bytes] | None


class Caller:
    """Calls one hub. Without a word about it, a call carries the bank's token and says that it sends JSON."""

    def __init__(self, hub: Running, app: BankApp | None = None) -> None:
        self.app = app or hub.app
        self._http = httpx.Client(base_url=hub.base_url, timeout=60.0, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def call(
        self, method: str, path: str, body: Body = None, *, headers: Headers = (), token: str | None = None
    ) -> httpx.Response:
        """An empty token sends none."""
        token = self.app.token() if token is None else token
        sent: list[tuple[str, str | bytes]] = [("Authorization", f"Bearer {token}")] if token else []
        extra = list(headers.items() if isinstance(headers, Mapping) else headers)
        if body is not None and "content-type" not in {name.lower() for name, _ in extra}:
            sent.append(("Content-Type", JSON))
        content = json.dumps(body) if isinstance(body, Mapping | list) else body
        return self._http.request(method, path, content=content, headers=[*sent, *extra])

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path + ("?" + str(httpx.QueryParams(query)) if query else ""))

    def pay(self, body: Body, key: str | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", PAYMENTS, body, headers={"Idempotency-Key": key or new_key(), **named})

    def search(self, biller: Mapping[str, Any], account: str, **more: Any) -> httpx.Response:
        return self.call("POST", SEARCHES, {"biller_id": biller["biller_id"], "account": account, **more})

    def newest(self) -> str | None:
        """The bank's newest order."""
        items = self.get("/v1/orders", limit=1).raise_for_status().json()["items"]
        return items[0]["order_id"] if items else None


def new_key() -> str:
    return secrets.token_hex(16)


def problem(answer: httpx.Response, kind: type[Exception], field: str | None = None) -> dict[str, Any]:
    """The answer as the problem that it must be. Source: RFC 9457."""
    row = TABLE[kind]
    assert answer.status_code == row.status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    told = dict(answer.json())
    assert told.keys() == {"type", "title", "status", "detail", "trace_id", "errors"}
    assert (told["type"], told["title"], told["status"]) == (TYPE + row.slug, row.title, row.status)
    assert told["trace_id"] == answer.headers["trace-id"]
    assert told["detail"]
    assert "Traceback" not in answer.text
    assert all(error.keys() == {"field", "message"} and error["message"] for error in told["errors"])
    if field is not None:
        assert [error["field"] for error in told["errors"]] == [field]
    return told


def polled(caller: Caller, location: str, patience: float = 20.0) -> httpx.Response:
    """What a kept question ends in."""
    deadline = time.monotonic() + patience
    answer = caller.get(location)
    while answer.status_code == 202:
        check_kept(answer, location)
        assert time.monotonic() < deadline, "the query is not answered"
        time.sleep(0.1)
        answer = caller.get(location)
    return answer


def check_kept(answer: httpx.Response, location: str | None = None) -> str:
    """A 202 that says what is kept, where, and when to ask again."""
    assert answer.status_code == 202
    told = answer.json()
    assert told.keys() == {"query_id", "state", "check_after"}
    assert told["state"] == "running"
    assert told["query_id"].startswith("qry_")
    assert told["check_after"].endswith("Z")
    assert answer.headers["location"] == f"/v1/queries/{told['query_id']}"
    assert location in (None, answer.headers["location"])
    assert int(answer.headers["retry-after"]) > 0
    return str(answer.headers["location"])
