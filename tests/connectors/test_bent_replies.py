"""Replies that are bent on their way: whatever comes back from a payment, nothing but a verified answer is believed.

The channel is the real one; only the transport below it is respx's.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx

from connectors.kit import channel as channels
from connectors.kit.channel import MAX_REPLY, Channel
from connectors.reloadly_utilities.connector import ReloadlyUtilityBills
from connectors.reloadly_utilities.exchange import MANIFEST
from schemas.call import Http, Reply
from schemas.errors import MaybeSent, NotSent
from schemas.money import Money
from schemas.outcome import Pending, Succeeded, Unknown
from schemas.refs import PartnerRef
from schemas.utility_bills import BillPayment
from tests.connectors.kit.bench import Bench
from tests.connectors.test_reloadly_utilities import ACCOUNT, ACKNOWLEDGED, REFERENCE

PAYMENT = BillPayment(
    biller_id=PartnerRef(MANIFEST.id, "1"), account="04223568280", amount=Money(amount="1000.00", currency="NGN")
)
TOKEN = {"access_token": "t1", "expires_in": 3600, "token_type": "Bearer"}
HANDLES = {"use_local": "1", "service": "POSTPAID"}

BENT: dict[str, dict[str, Any]] = {
    "empty": {"status_code": 200},
    "not-json": {"status_code": 200, "text": "<html>OK</html>"},
    "cut-short": {"status_code": 200, "content": b'{"id": 36, "status": "SUCCESS'},
    "not-utf-8": {"status_code": 200, "content": b'{"id": 36, "status": "\xff\xfe"}'},
    "a-list": {"status_code": 200, "json": [ACKNOWLEDGED]},
    "null": {"status_code": 200, "json": None},
    "no-status": {"status_code": 200, "json": {"id": 36}},
    "another-reference": {"status_code": 200, "json": ACKNOWLEDGED | {"referenceId": "somebody-else"}},
    "redirected": {"status_code": 302, "headers": {"location": "https://utilities.example/elsewhere"}},
    "no-content": {"status_code": 204},
    "bad-gateway": {"status_code": 502, "text": "upstream"},
    "teapot": {"status_code": 418, "json": ACKNOWLEDGED},
    "too-long": {"status_code": 200, "content": b" " * (MAX_REPLY + 1)},
}


@pytest.fixture
def router(monkeypatch: pytest.MonkeyPatch) -> Iterator[respx.Router]:
    """What answers below the channel."""
    found = respx.Router(assert_all_called=False)
    found.post("https://auth.example/oauth/token").respond(json=TOKEN)
    monkeypatch.setattr(channels, "transport", lambda **_: httpx.MockTransport(found.async_handler))
    yield found
    found.reset()


def bench() -> Bench:
    channel = Channel(connect=timedelta(seconds=1), connections=4)

    async def exchange(message: Http) -> Reply:
        return await channel.exchange(message, timedelta(seconds=5))

    return Bench(exchange, manifest=MANIFEST, account=ACCOUNT)


@pytest.mark.parametrize("how", sorted(BENT))
async def test_bent_payment(router: respx.Router, how: str) -> None:
    """A bent answer to a payment is no success and no decline, and the payment left exactly once."""
    pay = router.post("https://utilities.example/pay")
    pay.mock(side_effect=lambda _: httpx.Response(**BENT[how]))
    attempt = bench().attempt(reference=REFERENCE, **HANDLES)
    try:
        outcome: object = await ReloadlyUtilityBills().pay(PAYMENT, attempt)
    except MaybeSent:
        outcome = Unknown(why="as the hub reads it")
    assert isinstance(outcome, Unknown | Pending)
    assert attempt.submitted
    assert pay.call_count == 1


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.ReadError])
async def test_a_name_proves_nothing(router: respx.Router, error: type[httpx.TransportError]) -> None:
    """Whatever httpx calls a failure, without a cause that proves it nothing counts as not sent."""
    pay = router.post("https://utilities.example/pay")
    pay.mock(side_effect=error("made up"))
    attempt = bench().attempt(reference=REFERENCE, **HANDLES)
    with pytest.raises(MaybeSent):
        await ReloadlyUtilityBills().pay(PAYMENT, attempt)
    assert attempt.submitted
    assert pay.call_count == 1


async def test_bent_enquiry(router: respx.Router) -> None:
    """A bent answer to an enquiry never settles an order."""
    for reply in BENT.values():
        router.get(url__startswith="https://utilities.example/transactions").mock(
            side_effect=lambda _, reply=reply: httpx.Response(**reply)
        )
        attempt = bench().attempt(reference=REFERENCE, **HANDLES)
        try:
            found: object = await ReloadlyUtilityBills().find_payment(PAYMENT, attempt)
        except (MaybeSent, NotSent):
            continue
        assert not isinstance(found, Succeeded)
        assert isinstance(found, Unknown | Pending), reply
