"""Two more banks at every scenario's hub: one with partners of its own, one with none. Neither gets at the first's."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex

import httpx
import msgspec
import pytest

from connectors.kit import registry
from hub.events.callbacks import CONTEXT, Raw
from hub.store import Sealer
from sandbox.bank import BankApp
from schemas.contract import Operation
from schemas.scenarios import load
from tests.banks import NEIGHBOUR, Streets
from tests.contract.asking import how_to_ask, how_to_order, offered
from tests.contract.asking.words import MANIFESTS, Body, customer, give_consent
from tests.hub.events.pushing import read
from tests.running import Running

MISSING, FORBIDDEN, INVALID, NOBODY = 404, 403, 422, 501
ACCOUNTS = "SELECT partner_id, account_id FROM partner_accounts JOIN banks ON tenant = tenant_id WHERE name = ?"
CALLS_BACK = {"ceb_channel"}
HEARD = "SELECT account_id, order_id FROM callbacks"
EMPTY_SHELF = {"everyone": NOBODY, "region": NOBODY, "ref": INVALID, "order": INVALID}
"""What a bank without partners is told, by what decides who is asked."""


@dataclass
class Doings:
    """What the first bank did, and all that it was given for it."""

    requests: list[tuple[Operation, Body, str | None]] = field(default_factory=list)
    orders: list[Body] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)

    @property
    def consents(self) -> set[str]:
        return {consent for _, _, consent in self.requests if consent}

    @property
    def deliverables(self) -> list[str]:
        found = [(order["result"] or {}).get("deliverable_id") for order in self.orders]
        return [one for one in found if one]


@pytest.mark.parametrize("scenario", sorted(load()))
def test_what_is_one_banks_is_nobody_elses(street_of: Streets, scenario: str) -> None:
    """Orders, consents, kept questions, documents and deliverables of a bank do not exist for another one.

    Nor can it follow or undo those orders, nor move them by what its own account is called back.
    """
    street = street_of(scenario)
    hub = street.hub
    done = _a_day(hub, scenario)
    before = {partner: len(hub.ledger(partner)) for partner in hub.partners.stands}
    for bank in (street.neighbour, street.newcomer):
        _sees_nothing(bank, done)
        _follows_nothing(bank, _own_consent(hub, bank), done)
    _asks_nobody(street.newcomer, _own_consent(hub, street.newcomer), done)
    _moves_nothing(hub, done)
    assert {partner: len(hub.ledger(partner)) for partner in before} == before
    assert [_fate(hub.order(order["order_id"])) for order in done.orders] == [_fate(order) for order in done.orders]
    for deliverable in done.deliverables:
        answer = hub.app.post(f"/v1/deliverables/{deliverable}/release", {}, token_hex(16))
        assert answer.status_code == httpx.codes.OK


def _fate(order: Body) -> Body:
    """An order as it stands. How it came to that may still be told, for a partner may call back what is known."""
    return {name: value for name, value in order.items() if name != "timeline"}


def _a_day(hub: Running, scenario: str) -> Doings:
    """Every question and every order of the scenario, once at each partner that offers it."""
    done = Doings()
    errands: list[Callable[[], None]] = [
        partial(act, hub, done, partner, operation)
        for kind, act in (("query", _ask), ("order", _order))
        for partner, operation in offered(kind)
        if operation.scenario == scenario
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda errand: errand(), errands))
    return done


def _ask(hub: Running, done: Doings, partner: str, operation: Operation) -> None:
    who = customer()
    body = how_to_ask(operation)(hub, partner, who)
    consent = who.consent(hub) if operation.takes_consent else None
    answer = _sent(hub.app, operation, body, consent)
    done.requests.append((operation, body, consent))
    told = answer.raise_for_status().json()
    if answer.status_code == httpx.codes.ACCEPTED:
        done.queries.append(told["query_id"])
        return
    if operation.document_field:
        done.documents.append(told[operation.document_field]["document_id"])
    if operation.routing == "everyone":
        done.queries += [source["query_id"] for source in told["sources"] if source.get("query_id")]


def _order(hub: Running, done: Doings, partner: str, operation: Operation) -> None:
    who, how = customer(), how_to_order(operation)
    body = how.body(hub, partner, who, how.variants(hub, partner)[0])
    consent = who.consent(hub) if operation.takes_consent else None
    answer = _sent(hub.app, operation, body, consent)
    done.requests.append((operation, body, consent))
    done.orders.append(hub.settled(answer.raise_for_status().json()["order_id"]))


def _sent(bank: BankApp, operation: Operation, body: Body, consent: str | None) -> httpx.Response:
    if operation.method == "GET":
        return bank.get(operation.route, **body)
    key = token_hex(16) if operation.kind == "order" else None
    return bank.post(operation.route, body, key, consent=consent)


def _own_consent(hub: Running, bank: BankApp) -> str:
    """A consent to everything, of somebody who is a customer of this bank."""
    who = customer()
    person = {"name": "周桂英", "id_number": who.id_number, "mobile": who.mobile}
    return give_consent(hub, {"customer": person}, bank)


def _sees_nothing(bank: BankApp, done: Doings) -> None:
    assert bank.get("/v1/orders", limit="200").json()["items"] == []
    missing = [bank.get(f"/v1/orders/{order['order_id']}") for order in done.orders]
    missing += [bank.get(f"/v1/consents/{consent}") for consent in done.consents]
    missing += [bank.post(f"/v1/consents/{consent}/revoke", {}) for consent in done.consents]
    missing += [bank.get(f"/v1/queries/{query}") for query in done.queries]
    missing += [bank.get(f"/v1/documents/{document}") for document in done.documents]
    missing += [bank.post(f"/v1/deliverables/{one}/release", {}, token_hex(16)) for one in done.deliverables]
    assert [answer.text for answer in missing if answer.status_code != MISSING] == []


def _follows_nothing(bank: BankApp, own_consent: str, done: Doings) -> None:
    """Neither under the other bank's consent, nor under one of its own."""
    for operation, body, consent in done.requests:
        if operation.takes_consent:
            assert _sent(bank, operation, body, consent).status_code in (FORBIDDEN, INVALID), operation.key
        if operation.order_field:
            answer = _sent(bank, operation, body, own_consent)
            assert answer.status_code == INVALID, answer.text
            assert [error["field"] for error in answer.json()["errors"]] == [operation.order_field]


def _asks_nobody(bank: BankApp, own_consent: str, done: Doings) -> None:
    for operation, body, _ in done.requests:
        answer = _sent(bank, operation, body, own_consent if operation.takes_consent else None)
        assert answer.status_code == EMPTY_SHELF[operation.routing], f"{operation.key}: {answer.text}"


def _moves_nothing(hub: Running, done: Doings) -> None:
    """Whatever partners called back about the first bank's orders, once more at the neighbour's account."""
    var, ours = hub.place.var, {order["order_id"] for order in done.orders}
    names = {connector.manifest.id: name for name, connector in registry.find().items()}
    accounts = dict(read(var, ACCOUNTS, NEIGHBOUR))
    said = [row for row in read(var, "SELECT order_id, partner_id, callback_id, raw FROM callbacks") if row[0] in ours]
    for _, partner_id, callback_id, sealed in said:
        raw = _opened(hub, callback_id, sealed)
        url = f"{hub.base_url}/callbacks/{names[partner_id]}/{accounts[partner_id]}"
        httpx.post(url, content=raw.body, headers=raw.headers, trust_env=False, timeout=20)
    heard = [order_id for account_id, order_id in read(var, HEARD) if account_id in accounts.values()]
    assert heard == [None] * len(said)
    assert {row[1] for row in said} >= {MANIFESTS[partner].id for partner in CALLS_BACK & hub.partners.stands.keys()}


def _opened(hub: Running, callback_id: str, sealed: bytes) -> Raw:
    """A callback as it came."""
    settings = dict(line.split("=", 1) for line in hub.place.settings.read_text().splitlines())
    [(tenant, data_key)] = read(
        hub.place.var,
        "SELECT tenant_id, data_key FROM banks JOIN callbacks ON tenant = tenant_id WHERE callback_id = ?",
        callback_id,
    )
    sealer = Sealer(base64.b64decode(settings["HUB_MASTER_KEY"])).tenant(tenant, data_key)
    return msgspec.msgpack.decode(sealer.unseal(sealed, context=f"{CONTEXT}:{callback_id}"), type=Raw)
