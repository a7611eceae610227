"""Rewards: replayed orders, approval by a person, links that come later, signed webhooks."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.stand import fleet
from sandbox.stand.fleet import Stand
from sandbox.stand.people import magic_mobile
from tests.sandbox.rights import Hook, Listener, call, listening, running
from tests.sandbox.wire import Door, hear, patience, post, until

ORDINARY = "13800000000"


class Client:
    """Orders with the key of `credentials.json`."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.credentials = json.loads((folder / "credentials.json").read_text())
        self.key = self.credentials["api_key"]

    def call(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        body = b"" if document is None else json.dumps(document).encode()
        return call(self.stand.protocol, method, path, body, {"authorization": f"Bearer {self.key}"})

    def wish(self, phone: str = ORDINARY, amounts: tuple[float, ...] = (50,), method: str = "LINK") -> dict[str, Any]:
        reward = {
            "products": ["PRDPAPERLNCN"],
            "recipient": {"name": "甲", "phone": phone},
            "delivery": {"method": method},
        }
        rewards = [{**reward, "value": {"denomination": amount, "currency_code": "CNY"}} for amount in amounts]
        payment = {"funding_source_id": self.credentials["funding_source_id"]}
        return {"external_id": "x-" + secrets.token_hex(8), "payment": payment, "rewards": rewards}

    def order(self, wish: dict[str, Any]) -> dict[str, Any]:
        status, answer = self.call("POST", "/orders", wish)
        assert status == 201, answer
        order: dict[str, Any] = answer["order"]
        return order

    def find(self, wish: dict[str, Any]) -> list[dict[str, Any]]:
        status, answer = self.call("GET", f"/orders?external_id={wish['external_id']}")
        assert status == 200
        found: list[dict[str, Any]] = answer["orders"]
        return found

    def status(self, wish: dict[str, Any]) -> str:
        found = self.find(wish)
        return found[0]["status"] if found else "absent"

    def delivery(self, reward: dict[str, Any]) -> dict[str, Any]:
        delivery: dict[str, Any] = self.call("GET", f"/rewards/{reward['id']}")[1]["reward"]["delivery"]
        return delivery

    def performed(self, wish: dict[str, Any]) -> list[dict[str, str]]:
        return self.door.performed(wish["external_id"])

    def verifies(self, hook: Hook) -> bool:
        made = hmac.new(self.credentials["webhook_secret"].encode(), hook.body, hashlib.sha256).hexdigest()
        return hook.headers["tremendous-webhook-signature"] == "sha256=" + made

    def events(self, listener: Listener, wish: dict[str, Any]) -> list[str]:
        documents = [hook.document for hook in listener.hooks]
        return [each["event"] for each in documents if each["payload"]["meta"]["external_id"] == wish["external_id"]]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stand, Path]]:
    with running("tremendous", tmp_path_factory.mktemp("rights")) as started:
        yield started


@pytest.fixture
def client(simulator: tuple[Stand, Path]) -> Iterator[Client]:
    client = Client(*simulator)
    client.door.fresh()
    yield client
    client.door.clear()


@pytest.fixture
def listener(client: Client) -> Iterator[Listener]:
    with listening() as listener:
        assert client.door.call("POST", "/_sandbox/notify-url", {"url": listener.url})[0] == 200
        yield listener


def test_key(client: Client) -> None:
    """Nothing is told or done without the key."""
    client.key = "TEST_wrong"
    wish = client.wish()
    for method, path in (("GET", "/products"), ("GET", "/orders"), ("POST", "/orders")):
        status, answer = client.call(method, path, wish if method == "POST" else None)
        assert (status, answer["errors"]["code"]) == (401, "UNAUTHORIZED")
    assert client.performed(wish) == []


def test_executed_is_not_yet_delivered(client: Client) -> None:
    """An ordinary order is EXECUTED at once; its link follows, in the reward alone, and stays the same."""
    wish = client.wish()
    with client.door.standing_still():
        order = client.order(wish)
        (reward,) = order["rewards"]
        assert (order["status"], reward["delivery"]["status"], order["payment"]["total"]) == ("EXECUTED", "PENDING", 50)
        assert "link" not in client.delivery(reward)
    until(lambda: client.delivery(reward)["status"] == "SUCCEEDED")
    link = client.delivery(reward)["link"]
    assert link.startswith("https://")
    assert client.delivery(reward)["link"] == link
    assert "link" not in client.find(wish)[0]["rewards"][0]["delivery"]
    (entry,) = client.performed(wish)
    assert (entry["operation"], entry["account"], entry["amount"], entry["currency"]) == (
        "order", ORDINARY, "50.00", "CNY",
    )  # fmt: skip


def test_replay(client: Client, listener: Listener) -> None:
    """A known external_id is 201 with the original order, also when the body differs, and performs nothing."""
    wish = client.wish()
    first = client.order(wish)
    other = {**client.wish("13900000000", (80, 90)), "external_id": wish["external_id"]}
    for repeat in (wish, other, {"external_id": wish["external_id"]}):
        again = client.order(repeat)
        assert (again["id"], again["payment"]["total"]) == (first["id"], 50)
    assert len(client.performed(wish)) == 1
    until(lambda: len(client.events(listener, wish)) == 2)
    assert client.events(listener, wish) == ["ORDERS.CREATED", "REWARDS.DELIVERY.SUCCEEDED"]


@pytest.mark.parametrize(("duplicates", "status", "count"), [("refuse", 409, 1), ("perform", 201, 2)])
def test_duplicates(tmp_path: Path, duplicates: str, status: int, count: int) -> None:
    """The setting makes a repeat an error, or a second order."""
    with running("tremendous", tmp_path, duplicates=duplicates) as started:
        client = Client(*started)
        wish = client.wish()
        client.order(wish)
        assert client.call("POST", "/orders", wish)[0] == status
        assert len(client.performed(wish)) == count


def test_approval_by_a_person(client: Client, listener: Listener) -> None:
    """An order stands in PENDING APPROVAL until it is released; only then is it performed and delivered."""
    wish = client.wish("+86" + magic_mobile(28))
    order = client.order(wish)
    assert (order["status"], client.performed(wish)) == ("PENDING APPROVAL", [])
    until(lambda: client.events(listener, wish) == ["ORDERS.CREATED"])
    assert client.door.call("POST", "/_sandbox/approve", {"external_id": wish["external_id"]})[0] == 200
    assert client.status(wish) == "EXECUTED"
    until(lambda: len(client.performed(wish)) == 1)
    until(lambda: client.delivery(order["rewards"][0])["status"] == "SUCCEEDED")
    until(lambda: len(client.events(listener, wish)) == 3)
    assert client.events(listener, wish) == ["ORDERS.CREATED", "ORDERS.APPROVED", "REWARDS.DELIVERY.SUCCEEDED"]
    assert client.door.call("POST", "/_sandbox/approve", {"external_id": wish["external_id"]})[0] == 404


def test_approval_outlives_the_simulator(tmp_path: Path) -> None:
    """What was approved, and where webhooks go, is known after a restart."""
    with listening() as listener:
        with running("tremendous", tmp_path) as started:
            client = Client(*started)
            client.door.call("POST", "/_sandbox/notify-url", {"url": listener.url})
            wish = client.wish(magic_mobile(28))
            client.order(wish)
            client.door.call("POST", "/_sandbox/approve", {"external_id": wish["external_id"]})
            until(lambda: client.performed(wish))
        with running("tremendous", tmp_path) as started:
            client = Client(*started)
            assert client.status(wish) == "EXECUTED"
            listener.hooks.clear()
            client.order(client.wish())
            until(lambda: listener.hooks)


@pytest.mark.parametrize(
    ("tail", "first", "later", "performed"),
    [
        (26, "PENDING APPROVAL", "EXECUTED", 1),
        (27, "PENDING APPROVAL", "FAILED", 0),
        (30, "PENDING APPROVAL", "CANCELED", 0),
        (31, "PENDING INTERNAL PAYMENT APPROVAL", "EXECUTED", 1),
        (32, "CART", "CART", 0),
        (29, "PENDING APPROVAL", "EXECUTED", 1),
    ],
)
def test_statuses(client: Client, tail: int, first: str, later: str, performed: int) -> None:
    """Every status the partner has is met, and the ledger has what was executed."""
    wish = client.wish(magic_mobile(tail))
    with client.door.standing_still():
        assert client.order(wish)["status"] == first
    until(lambda: client.status(wish) == later)
    assert len(client.performed(wish)) == performed


@pytest.mark.parametrize(
    ("tail", "statuses"), [(33, ["FAILED", "FAILED"]), (34, ["SUCCEEDED", "SUCCEEDED"]), (35, ["SUCCEEDED", "FAILED"])]
)
def test_deliveries(client: Client, tail: int, statuses: list[str]) -> None:
    """An executed order may deliver nothing, late, or a part; a link comes with what is delivered."""
    order = client.order(client.wish(magic_mobile(tail), (50, 60.5)))
    assert (order["status"], order["payment"]["total"]) == ("EXECUTED", 110.5)
    until(lambda: [client.delivery(each)["status"] for each in order["rewards"]] == statuses)
    assert ["link" in client.delivery(each) for each in order["rewards"]] == [each == "SUCCEEDED" for each in statuses]


def test_refusals(client: Client) -> None:
    """What is not allowed is refused with the field named, and leaves no order."""
    good = client.wish()
    reward = good["rewards"][0]
    dollars = {"denomination": 50, "currency_code": "USD"}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("payment.funding_source_id", {"payment": {"funding_source_id": "FUND0"}}),
        ("rewards", {"rewards": []}),
        ("rewards[0].value", {"rewards": [{**reward, "value": {"denomination": 500.5, "currency_code": "CNY"}}]}),
        ("rewards[0].value", {"rewards": [{**reward, "value": {"denomination": "50", "currency_code": "CNY"}}]}),
        ("rewards[0].products", {"rewards": [{**reward, "products": ["PRD0"]}]}),
        ("rewards[0].recipient.email", {"rewards": [{**reward, "delivery": {"method": "EMAIL"}}]}),
        ("rewards", {"rewards": [reward, {**reward, "products": ["PRDPREPAIDUS"], "value": dollars}]}),
    ]
    for field, changed in cases:
        status, answer = client.call("POST", "/orders", {**good, **changed})
        assert (status, answer["errors"]["code"], list(answer["errors"]["payload"])) == (422, "INVALID", [field])
    assert client.status(good) == "absent"
    for tail, status, code in ((17, 402, "INSUFFICIENT_FUNDS"), (25, 422, "RECIPIENT_REJECTED")):
        wish = client.wish(magic_mobile(tail))
        refused = client.call("POST", "/orders", wish)
        assert (refused[0], refused[1]["errors"]["code"], client.status(wish)) == (status, code, "absent")


@pytest.mark.parametrize(
    ("tail", "fault", "known"),
    [(2, "drop", False), (3, "hang-before", False), (4, "hang-after", True), (7, "half-reply", True)],
)
def test_magic_faults(client: Client, tail: int, fault: str, known: bool) -> None:
    """A magic recipient meets the fault when ordering; an enquiry knows whether it was performed."""
    wish = client.wish(magic_mobile(tail))
    request = post("/orders", json.dumps(wish).encode(), "application/json", f"authorization: Bearer {client.key}")
    hear(client.stand.protocol, request, patience(fault))
    until(lambda: client.status(wish) == ("EXECUTED" if known else "absent"))
    assert len(client.performed(wish)) == known


def test_spoilt_answers(client: Client) -> None:
    """A wrong amount is reported from then on though the right one was charged; an unmapped status is met once."""
    wrong, unmapped = client.wish(magic_mobile(11)), client.wish(magic_mobile(12))
    assert client.order(wrong)["payment"]["total"] == 51
    assert client.find(wrong)[0]["payment"]["total"] == 51
    assert client.performed(wrong)[0]["amount"] == "50.00"
    assert (client.order(unmapped)["status"], client.status(unmapped)) == ("ON HOLD", "EXECUTED")


def test_webhooks(client: Client, listener: Listener) -> None:
    """Webhooks are signed over the raw body, repeated with the same bytes until a 2xx, and carry no amount."""
    listener.statuses = [500, 204]
    wish = client.wish()
    order = client.order(wish)
    until(lambda: len(listener.hooks) == 3)
    assert all(client.verifies(hook) for hook in listener.hooks)
    assert listener.hooks[0] == listener.hooks[1]
    document = listener.hooks[2].document
    assert document["payload"]["resource"] == {"id": order["rewards"][0]["id"], "type": "rewards"}
    meta = {"order_id": order["id"], "external_id": wish["external_id"], "status": "SUCCEEDED"}
    assert document["payload"]["meta"] == meta


def test_registered_from_outside(client: Client, simulator: tuple[Stand, Path]) -> None:
    """A URL that is registered or withdrawn in the simulator's folder counts from the next push on."""
    _, folder = simulator
    with listening() as listener:
        fleet.register(folder.parent, folder.name, listener.url)
        wish = client.wish()
        client.order(wish)
        until(lambda: len(client.events(listener, wish)) == 2)
        fleet.register(folder.parent, folder.name, "")
        late = client.wish(magic_mobile(14))  # its webhooks would be there before the answer
        client.order(late)
        assert client.events(listener, late) == []


def test_webhook_faults(client: Client, listener: Listener) -> None:
    """Webhooks come before the answer, twice, never, or forged."""
    early = client.wish(magic_mobile(14))
    client.order(early)
    assert client.events(listener, early) == ["ORDERS.CREATED", "REWARDS.DELIVERY.SUCCEEDED"]
    silent, twice, forged = client.wish(magic_mobile(16)), client.wish(magic_mobile(13)), client.wish()
    client.order(silent)
    client.order(twice)
    until(lambda: len(client.events(listener, twice)) == 4)
    assert client.events(listener, silent) == []
    listener.hooks.clear()
    client.door.fault("bad-signature", "push")
    client.order(forged)
    until(lambda: len(listener.hooks) == 2)
    assert not any(client.verifies(hook) for hook in listener.hooks)


def test_catalogue(client: Client) -> None:
    """Products are filtered; a campaign names products; the funding source is the account's."""
    products = client.call("GET", "/products?currency=CNY")[1]["products"]
    campaign = client.call("GET", "/campaigns")[1]["campaigns"][0]
    assert campaign["products"] == [each["id"] for each in products]
    sources = client.call("GET", "/funding_sources")[1]["funding_sources"]
    assert [each["id"] for each in sources] == [client.credentials["funding_source_id"]]
    reward = {**client.wish()["rewards"][0], "campaign_id": campaign["id"]}
    del reward["products"]
    assert client.order({**client.wish(), "rewards": [reward]})["rewards"][0]["products"] == campaign["products"]
