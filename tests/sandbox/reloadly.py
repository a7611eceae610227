"""A client of the utilities product, written from the document on the standard library."""

import http.client
import json
import secrets
from pathlib import Path
from typing import Any

from sandbox.stand.fleet import Stand
from tests.sandbox.wire import Door, Heard, address, hear, post

JSON = "application/json"


class Client:
    """Asks with a token, which it gets once."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.credentials = json.loads((folder / "credentials.json").read_text())
        self.token = ""

    def get_token(self, **changed: str) -> tuple[int, Any]:
        asked = {**self.credentials, "grant_type": "client_credentials", **changed}
        return self.call("POST", "/oauth/token", asked, authorised=False)

    def call(
        self, method: str, path: str, document: Any = None, *, authorised: bool = True, **headers: str
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=5)
        try:
            given = {"content-type": JSON, **headers}
            if authorised:
                given["authorization"] = f"Bearer {self.bearer()}"
            connection.request(method, path, None if document is None else json.dumps(document), given)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def bearer(self) -> str:
        if not self.token:
            self.token = self.get_token()[1]["access_token"]
        return self.token

    def payment(self, account: str = "20260001", **more: Any) -> dict[str, Any]:
        """1,500 naira to a prepaid meter, under a reference of its own."""
        reference = "r-" + secrets.token_hex(8)
        wish = {"subscriberAccountNumber": account, "amount": 1500, "billerId": 3, "useLocalAmount": True}
        return {**wish, "referenceId": reference, **more}

    def pay(self, payment: dict[str, Any]) -> tuple[int, Any]:
        return self.call("POST", "/pay", payment)

    def hear_pay(self, payment: dict[str, Any], patience: float = 2.0) -> Heard:
        request = post("/pay", json.dumps(payment).encode(), JSON, f"authorization: Bearer {self.bearer()}")
        return hear(self.stand.protocol, request, patience)

    def find(self, payment: dict[str, Any]) -> list[dict[str, Any]]:
        status, found = self.call("GET", f"/transactions?referenceId={payment['referenceId']}")
        assert status == 200
        entries: list[dict[str, Any]] = found
        return entries

    def status(self, payment: dict[str, Any]) -> str:
        """What an enquiry says: a status, or `absent`."""
        found = self.find(payment)
        return found[-1]["transaction"]["status"] if found else "absent"

    def performed(self, payment: dict[str, Any]) -> list[dict[str, str]]:
        return self.door.performed(payment["referenceId"])
