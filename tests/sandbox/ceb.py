"""A client of the channel, written from the facts on the standard library."""

import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import MD5
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from sandbox.stand.fleet import Stand
from tests.sandbox.wire import Door, Heard, hear, post

PATH = "/channel/gateway.do"
FORM = "application/x-www-form-urlencoded"
INTERFACE = "YAOYAOAPP_INTERFACE_"
LOGIN, CITIES, CATEGORIES, ITEMS, BILL, MOBILE_BILL = (
    INTERFACE + each
    for each in (
        "AUTOLOGINBYCANAL",
        "QUERYCITYS",
        "QUERYCATEGORYTYPES",
        "QUERYPAYITEMS",
        "QUERYPAYBILLINFO",
        "QUERYMOBILEPAYBILLINFO",
    )
)
CREATE, LIST = "TMRI_ORDER_CREATECASHIER", "TMRI_ORDER_QUERYPAYRECORD_HK"
INFO = "TMRI_ORDER_QUERYPAYRECORD_HKORDERS_INFO"
DATE = "20261123"
DAY = "2026-11-23"


@dataclass(frozen=True, slots=True)
class Answer:
    code: str
    data: dict[str, Any]
    signed: bool


class Client:
    """Seals requests, opens answers, and knows one item of each kind in 沈阳."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.credentials = json.loads((folder / "credentials.json").read_text())
        self._key: Any = load_pem_private_key(self.credentials["private_key"].encode(), None)
        self._partner: Any = load_pem_public_key(self.credentials["public_key"].encode())
        self.session = ""

    def form(self, code: str, content: Any, **changed: str) -> bytes:
        text = content if isinstance(content, str) else json.dumps(content)
        site = changed.get("siteCode", self.credentials["site_code"])
        raw = self._key.sign((site + "1.0.0" + code + text).encode(), PKCS1v15(), MD5())  # noqa: S303 - the partner's own
        fields = {
            "siteCode": site,
            "version": "1.0.0",
            "deviceType": "1",
            "transacCode": code,
            "charset": "UTF-8",
            "reqdata": b64encode(text.encode()).decode(),
            "signature": b64encode(b64encode(raw)).decode(),
        }
        return urlencode({**fields, **changed}).encode()

    def hear(self, code: str, content: Any, *, base_url: str = "", patience: float = 2.0, **changed: str) -> Heard:
        request = post(PATH, self.form(code, content, **changed), FORM)
        return hear(base_url or self.stand.protocol, request, patience)

    def ask(self, code: str, content: Any, **changed: str) -> Answer:
        document = json.loads(self.hear(code, content, **changed).body)
        text = b64decode(document["respData"]).decode()
        signed = self.verifies(document["signature"], document["respCode"] + document["respMsg"] + text)
        return Answer(document["respCode"], json.loads(text), signed)

    def verifies(self, signature: str, text: str) -> bool:
        try:
            self._partner.verify(b64decode(b64decode(signature)), text.encode(), PKCS1v15(), MD5())  # noqa: S303 - the partner's own
        except InvalidSignature:
            return False
        return True

    def log_in(self) -> str:
        self.session = self.ask(LOGIN, {"userId": "user-1"}).data["sessionId"]
        return self.session

    def item(self, name: str, city: str = "210100") -> dict[str, Any]:
        items = self.ask(ITEMS, {"cityCode": city}).data["payItemList"]
        found: dict[str, Any] = next(each for each in items if name in each["paymentItemName"])
        return found

    def about(self, bill_key: str, name: str = "预付费电表") -> dict[str, Any]:
        """The fields that bill query and order share."""
        item = self.item(name)
        return {
            "sessionId": self.session or self.log_in(),
            "paymentItemId": item["paymentItemId"],
            "paymentItemCode": item["paymentItemCode"],
            "billKey": bill_key,
        }

    def bill(self, bill_key: str, name: str = "自来水", serial: str = "", **more: str) -> Answer:
        content = {**self.about(bill_key, name), "pollingTimes": 1, "qryAcqSsn": serial, **more}
        return self.ask(BILL, content)

    def order(self, bill_key: str = "20260001", amount: str = "50.00", name: str = "预付费电表", **more: Any) -> Any:
        """A create order under a reference of its own."""
        reference = "T" + secrets.token_hex(8)
        return {
            **self.about(bill_key, name),
            "merOrderNo": reference,
            "merOrderDate": DATE,
            "payAmount": amount,
            **more,
        }

    def status(self, order: dict[str, Any]) -> str:
        """What an enquiry says about an order: its status, or the code of a refusal."""
        answer = self.enquire(order)
        return str(answer.data.get("status", answer.code))

    def enquire(self, order: dict[str, Any]) -> Answer:
        return self.ask(INFO, self.question(order))

    def question(self, order: dict[str, Any], day: str = DAY) -> dict[str, str]:
        return {"sessionId": self.session or self.log_in(), "orderNo": order["merOrderNo"], "tranDate": day}

    def performed(self, order: dict[str, Any]) -> list[dict[str, str]]:
        return self.door.performed(order["merOrderNo"])
