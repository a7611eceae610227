"""One operation of one partner, tried without a network: how far does its mapping come?"""

import asyncio
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from connectors.kit.attempt import Errand, PartnerAttempt, PartnerCall
from connectors.kit.manifest import Manifest
from connectors.kit.registry import Connector
from sandbox.probe.dry_line import BASE_URL, NOW, Notebook, dry_line
from sandbox.probe.made_up import ORDER_ID, Handles, original, owner_of, people, reference, request_to
from schemas.call import Message
from schemas.contract import Operation, region_of
from schemas.errors import NotReady, PartnerFailure, Refused
from schemas.outcome import Declined
from schemas.page import Page

LONGEST_SECONDS = 10.0
"""A mapping that sends nothing and does not end is a crash too."""

Verdict = Literal["asks", "answers", "refuses", "crashes"]


class Trial(NamedTuple):
    """What came of it.

    Shape: `told` is the first message (`POST /pay`) of one that asks, the reason of one that refuses or crashes, and
    the answer of one that needs no partner. `field` is the one of the request that was refused.
    """

    operation: Operation
    verdict: Verdict
    told: str
    field: str | None = None


async def attempt(connector: Connector, account: msgspec.Struct, operation: Operation) -> Trial:
    """Tries the contract's example; what only the account can know (its institution, say) is taken from there."""
    known = [value for value in msgspec.structs.astuple(account) if isinstance(value, str)]
    instead: dict[str, str] = {}
    trial = await _try(connector, account, operation, instead)
    while trial.field and trial.field not in instead:
        for value in known:
            fitted = {**instead, trial.field: value}
            try:
                again = await _try(connector, account, operation, fitted)
            except msgspec.ValidationError:
                continue
            if again.field != trial.field:
                break
        else:
            break
        instead, trial = fitted, again
    return trial


async def _try(connector: Connector, account: msgspec.Struct, operation: Operation, instead: dict[str, str]) -> Trial:
    """Raises: msgspec.ValidationError where what is said `instead` breaks a rule of the request."""
    asked = request_to(connector.manifest, operation, **instead)
    notebook = Notebook()
    call = _call(connector.manifest, account, operation, asked, notebook)
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            answer = await operation.bind(connector.scenarios[operation.scenario])(asked, call)
    except PartnerFailure as error:
        if not notebook.noted:
            return Trial(operation, "refuses", _why(error), getattr(error, "field", None))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return Trial(operation, "crashes", _where(error))
    if notebook.noted:
        return Trial(operation, "asks", _first(notebook.noted[0], account))
    return Trial(operation, "answers", _answered(answer))


def _call(manifest: Manifest, account: msgspec.Struct, operation: Operation, asked: Any, notebook: Notebook) -> Any:
    """What the hub would hand the connector."""
    subject, actor, authority = people(operation)
    errand = Errand(
        tenant="bank",
        trace_id="probe",
        deadline=NOW + timedelta(seconds=60),
        keep=_keep,
        reference=reference(manifest.reference),
        handles=Handles(),
        region=region_of(owner_of(operation), asked),
        subject=subject,
        actor=actor,
        authority=authority,
        original=original(manifest, operation),
    )
    line = dry_line(manifest, account, notebook)
    if operation.kind in ("query", "check"):
        return PartnerCall(line, errand)
    step = _commit_step if operation.kind == "order" else None
    return PartnerAttempt(line, errand, order_id=ORDER_ID, sent_at=NOW, commit_step=step)


async def _keep(handles: dict[str, str]) -> None:
    """Keeps nothing: no later step follows."""


async def _commit_step(step: str) -> None:
    """Commits nothing."""


def _first(message: Message, account: msgspec.Struct) -> str:
    """Method and path, with the account's own values by their names; a query may hold a credential, and is left out."""
    path = message.url.removeprefix(BASE_URL).partition("?")[0] or "/"
    for field in msgspec.structs.fields(account):
        value = getattr(account, field.name)
        if isinstance(value, str) and value and value in path.split("/"):
            path = "/".join(f"{{{field.name}}}" if part == value else part for part in path.split("/"))
    return f"{message.method} {path}"


def _answered(answer: object) -> str:
    if isinstance(answer, Declined):
        return f"declined: {answer.reason.message or answer.reason.code}"
    items = answer.items if isinstance(answer, Page) else answer
    return f"{len(items)} items" if isinstance(items, list) else type(answer).__name__.lower()


def _why(error: PartnerFailure) -> str:
    if isinstance(error, Refused):
        return f"{error.field}: {error.message}" if error.field else error.message
    return "needs an answer that comes by callback" if isinstance(error, NotReady) else str(error)


def _where(error: Exception) -> str:
    """The error and the line of the connector that it comes from."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "connectors" in Path(frame.filename).parts
    ]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {str(error) or 'no words'}{place}"
