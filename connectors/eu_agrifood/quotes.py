"""A row as a quote: its spellings of money, unit, country and day."""

import re
from decimal import Decimal

import msgspec
from msgspec import Raw

from connectors.eu_agrifood.wire import Row
from connectors.kit.feeds import moment_of
from connectors.kit.prices import Quote, Said, name_of, weigh
from schemas.errors import Garbled

ISO = {"EL": "GR"}
"""Member states whose code here is not ISO's."""
NATIONAL = {"CZ": "CZK", "DK": "DKK", "HU": "HUF", "PL": "PLN", "RO": "RON", "SE": "SEK"}
"""Currencies of the member states outside the euro area, where a unit says "national currency"."""

_PLAIN = re.compile(r"([0-9]+)(?:[.,]([0-9]{1,2}))?")
_GROUPED = re.compile(r"([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]{1,2})|([0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]{1,2})")


def row_of(raw: Raw) -> Row:
    return msgspec.json.decode(raw, type=Row)


def quote_of(row: Row) -> Quote:
    """Raises: Garbled where unit, price or day leave doubt."""
    national, slash, word = row.unit.partition("/")
    return Quote(
        name=name_of(row.of_product, row.variety),
        market=row.at_market,
        region=region_of(row),
        currency=_currency(row, national=national == "national currency"),
        typical=_said(row.price),
        unit=row.unit,
        weight=weigh("tonne" if slash and word == "ton" else row.unit),
        observed_on=moment_of(row.end_date or row.begin_date, "%d/%m/%Y").date(),
        stage=row.stage_name or row.market_stage,
    )


def region_of(row: Row) -> str:
    return ISO.get(row.member_state_code, row.member_state_code)


def _currency(row: Row, *, national: bool) -> str:
    """The sign decides; without one, a national currency is the member state's own."""
    if national and not (row.price or "").startswith("€"):
        return NATIONAL.get(row.member_state_code, "EUR")
    return "EUR"


def _said(price: str | None) -> tuple[Said, ...]:
    """Reads €302,50, 302.50, €1,302.50 and 1.302,50. Raises: Garbled for 1.302, which could be either."""
    text = (price or "").strip()
    if not text:
        return ()
    digits = text.removeprefix("€").strip()
    if plain := _PLAIN.fullmatch(digits):
        amount = Decimal(f"{plain[1]}.{plain[2] or 0}")
    elif grouped := _GROUPED.fullmatch(digits):
        whole = re.sub("[.,]", "", grouped[1] or grouped[3])
        amount = Decimal(f"{whole}.{grouped[2] or grouped[4]}")
    else:
        raise Garbled("a price leaves doubt")
    return (Said(text, amount),) if amount else ()
