"""The office's records in ours: cards, insurance relations, accounts, estimates, certificates, transfers."""

from calendar import monthrange
from datetime import date
from typing import Literal

import msgspec

from connectors.hrss_province import wire
from connectors.hrss_province.envelope import Answer, decode
from connectors.hrss_province.facts import CARD_STATE
from connectors.hrss_province.requests import KINDS
from connectors.kit.feeds import readable
from connectors.kit.units import from_major
from schemas.call import Call
from schemas.document import Document
from schemas.errors import Garbled
from schemas.social_security import (
    Assumption,
    Card,
    Certificate,
    Insurance,
    InsuranceKind,
    PensionAccount,
    PensionEstimate,
    Transfer,
    TransferRequest,
    TransferStage,
)

INSURANCES: dict[str, InsuranceKind] = {code: kind for kind, code in KINDS.items()}
STATES: dict[str, Literal["active", "suspended"]] = {"1": "active", "2": "suspended"}


def held(answer: Answer, region: str) -> Card:
    """The card that is held, or none. Raises: Garbled."""
    return card(answer, "issued") if _in_use(answer) else Card(state="none", region=region)


def unlinked(answer: Answer) -> Card:
    """The card after an unlinking, in use still where the office says so. Raises: Garbled."""
    return card(answer, "issued" if _in_use(answer) else "unlinked")


def card(answer: Answer, state: Literal["issued", "unlinked"]) -> Card:
    """Without a date of issue, which the office does not tell. Raises: Garbled."""
    row = answer.read(wire.Card)
    return Card(state=state, region=row.AAB301, sign_number=row.AAZ500)


def _in_use(answer: Answer) -> bool:
    """Raises: Garbled for a state that nobody mapped."""
    state = answer.read(wire.CardState).AAZ502
    meaning = CARD_STATE.meaning(state)
    if meaning is None:
        raise Garbled(f"a card has the state {state[:16]!r}", answer.data)
    return meaning.means == "ok"


def insurances(answer: Answer, call: Call) -> list[Insurance]:
    """Relations; one that cannot be read is left out, aloud. Raises: Garbled where there are some, and none can be."""
    return readable(answer.read(wire.Insured).insured, _insurance, call)


def _insurance(raw: msgspec.Raw) -> Insurance:
    """Raises: Garbled, for an insurance or a state that nobody mapped too."""
    row = decode(bytes(raw), wire.Relation)
    kind, state = INSURANCES.get(row.AAE140), STATES.get(row.AAC031)
    if kind is None:
        raise Garbled(f"an insurance is of the kind {row.AAE140[:16]!r}")
    if state is None:
        raise Garbled(f"an insurance has the state {row.AAC031[:16]!r}")
    return Insurance(
        kind=kind,
        region=row.AAB301,
        state=state,
        begins=_month(row.AAE041),
        ends=_month(row.AAE042) if row.AAE042 else None,
        employer=row.AAB004 or None,
    )


def account(answer: Answer) -> PensionAccount:
    """What is paid in by the end of the last month that is counted. Raises: Garbled."""
    row = answer.read(wire.Account)
    year, month = int(row.AAE042[:4]), int(row.AAE042[4:])
    return PensionAccount(
        region=row.AAB301,
        balance=from_major(row.balance, "CNY"),
        months=row.paidMonths,
        as_of=date(year, month, monthrange(year, month)[1]),
    )


def estimate(answer: Answer, region: str) -> PensionEstimate:
    """Raises: Garbled."""
    row = answer.read(wire.Estimate)
    return PensionEstimate(
        region=region,
        monthly=from_major(row.monthlyPension, "CNY"),
        from_month=_month(answer.read(wire.Assumed).assumptions.retireMonth),
        assumptions=[Assumption(name=name, value=str(value)) for name, value in row.assumptions.items()],
    )


def certificate(answer: Answer) -> Certificate:
    """Raises: Garbled, without evidence: the document is nobody's to keep."""
    row = answer.read(wire.Certificate)
    if row.fileType != wire.PDF or not row.fileContent.startswith(b"%PDF-"):
        raise Garbled("the certificate is no PDF")
    until = row.validUntil
    try:
        valid_until = date(int(until[:4]), int(until[4:6]), int(until[6:8]))
    except ValueError as error:
        raise Garbled("what should be a time is none") from error
    return Certificate(
        certificate_number=row.certNo,
        verification_code=row.verifyCode,
        valid_until=valid_until,
        document=Document(
            content=row.fileContent, media_type="application/pdf", file_name="contribution-certificate.pdf"
        ),
    )


def transfer(answer: Answer, request: TransferRequest, stage: str) -> Transfer:
    """How far it has come. The office does not repeat the areas, so they are the request's. Raises: Garbled."""
    amount = answer.read(wire.State).transferAmount
    return Transfer(
        stage=msgspec.convert(stage, TransferStage),
        from_region=request.from_region,
        to_region=request.to_region,
        funds=from_major(amount, "CNY") if amount else None,
    )


def _month(text: str) -> str:
    return f"{text[:4]}-{text[4:]}"
