"""The probe tells what a mapping would ask first, what it refuses, and where it crashes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import connectors
from connectors.kit.manifest import Manifest
from connectors.kit.registry import Connector
from sandbox.probe.callbacks import callbacks
from sandbox.probe.trial import Trial, attempt
from schemas.call import Http
from schemas.contract import operation_named
from schemas.errors import NotReady, Refused
from schemas.scenarios import load

load()
MANIFEST = Manifest(id=7, name="fake", title="Fake", auth="none", zone="UTC", offers={}, regions=["NG"])


class Account(msgspec.Struct):
    """An account with an institution of its own."""

    app: str = "app-1"
    institution: str = "H42000000001"


async def tried(operation: str, mapped: Callable[..., Any]) -> Trial:
    """One mapping in place of an operation's."""
    declared = operation_named(operation)
    connector = Connector(MANIFEST, "fake")
    scenario = type("Fake", (), {declared.name: staticmethod(mapped)})()
    connector.__dict__["scenarios"] = {declared.scenario: scenario}
    return await attempt(connector, Account(), declared)


async def test_first_message_is_told() -> None:
    """Method and path; what is the account's own, or in the query, is not shown, and nothing follows it."""

    async def pay(payment: Any, attempt: Any) -> None:
        assert payment.biller_id.partner == MANIFEST.id
        url = "https://partner.example/app-1/payments?key=secret"
        await attempt.submit("pay", Http(method="POST", url=url))
        raise AssertionError("somebody answered")

    trial = await tried("utility-bills.pay", pay)
    assert (trial.verdict, trial.told) == ("asks", "POST /{app}/payments")


async def test_refusal_says_why() -> None:
    """A reference that the partner would not have given may be refused."""

    async def find_bills(search: Any, call: Any) -> None:
        raise Refused("there is no such biller", field="biller_id")

    trial = await tried("utility-bills.find_bills", find_bills)
    assert (trial.verdict, trial.told) == ("refuses", "biller_id: there is no such biller")


async def test_account_knows_what_the_example_cannot() -> None:
    """What is refused for not being the account's is asked again with what the account says."""

    async def settle(settlement: Any, attempt: Any) -> None:
        if settlement.institution != "H42000000001":
            raise Refused("is not this account's", field="institution")
        await attempt.submit("settle", Http(method="POST", url="https://partner.example/settle"))

    assert (await tried("medical-insurance.settle", settle)).told == "POST /settle"


async def test_crash_is_a_finding() -> None:
    """An error that no connector may raise is told, even where a message came before it."""

    async def find_bills(search: Any, call: Any) -> None:
        raise KeyError("bills")

    trial = await tried("utility-bills.find_bills", find_bills)
    assert (trial.verdict, trial.told) == ("crashes", "KeyError: 'bills'")


async def test_follower_has_somebody_and_something_to_follow() -> None:
    """A customer, who acts for her, the order that is followed, and whatever was remembered of it."""

    async def cancel_booking(cancellation: Any, attempt: Any) -> None:
        assert attempt.subject
        assert attempt.actor
        assert attempt.original.request.starts_at
        raise NotReady(attempt.original.handles["anything"] and attempt.clock() - attempt.sent_at)

    trial = await tried("rights.cancel_booking", cancel_booking)
    assert (trial.verdict, trial.told) == ("refuses", "needs an answer that comes by callback")


@pytest.mark.parametrize(
    ("trusted", "outcome", "said"),
    [
        ("False", "outcome", "not signed: a hint"),
        ("True", "judged(it)", "signed: what they say is believed"),
        ("mac == told", "outcome", "signed: what they say is believed"),
        ("mac == told", "None", "signed, and a hint"),
        ("True", "None", "signed, and a hint"),
        (None, "None", "none"),
    ],
)
def test_callbacks_are_worth_what_the_code_believes(
    trusted: str | None, outcome: str, said: str, tmp_path: Any
) -> None:
    """News that is never trusted, or never decides, is a hint, whatever the manifest's words are."""
    code = f"News(trusted=False, outcome=outcome); News(reference=reference, outcome={outcome}, trusted={trusted})"
    (tmp_path / "connector.py").write_text(code)
    manifest = msgspec.structs.replace(MANIFEST, callbacks=trusted is not None)
    assert callbacks(manifest, tmp_path).startswith(said)


@pytest.mark.parametrize("partner", ["fulu", "tremendous", "lounge_booking"])
def test_signed_callbacks_that_decide_nothing_are_hints(partner: str) -> None:
    """Who sent one is proven there, and it names too little to decide."""
    folder = Path(connectors.__file__).parent / partner
    assert callbacks(Manifest.read(folder), folder).startswith("signed, and a hint")
