"""From a feed's figure to one per kilogram, with what it was before and how it was converted. Exact, never a float."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

import msgspec

from schemas.agri_prices import Index, IndexSearch, Original, Price
from schemas.errors import Garbled
from schemas.page import Merged

SIX_DECIMALS = Decimal("0.000001")
"""What a Figure can hold; further ones are rounded, and the conversion says so."""

KILOGRAMS = {
    "kg": ("kg", Decimal(1)),
    "公斤": ("公斤", Decimal(1)),
    "千克": ("千克", Decimal(1)),
    "斤": ("斤", Decimal("0.5")),
    "吨": ("吨", Decimal(1000)),
    "quintal": ("quintal", Decimal(100)),
    "tonne": ("tonne", Decimal(1000)),
    "tonnes": ("tonne", Decimal(1000)),
    "lb": ("lb", Decimal("0.45359237")),
    "lbs": ("lb", Decimal("0.45359237")),
    "cwt": ("cwt", Decimal("45.359237")),
}
"""A unit's word to its name and its kilograms. "ton" is missing: it is another weight in every country."""

_UNIT = re.compile(rf"(?:([0-9]+(?:\.[0-9]+)?) ?)?({'|'.join(KILOGRAMS)})( [a-z][a-z ]*)?")
_PLAIN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_NO_NAMES = frozenset({"", "n/a", "other", "others", "all types"})


class Weight(NamedTuple):
    """What a unit weighs, and how one knows: "50 lb = 22.6796185 kg"."""

    kilograms: Decimal
    words: str


class Said(NamedTuple):
    """A figure of a feed: its own characters, and what they are worth."""

    text: str
    amount: Decimal


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed says of one commodity at one market on one day.

    Shape: `typical` is one figure, or the two ends of a range whose middle is typical, or nothing.
    Units: figures are in `currency` per `unit`, which weighs `weight`.
    """

    name: str
    market: str
    region: str
    currency: str
    typical: tuple[Said, ...] = ()
    low: Said | None = None
    high: Said | None = None
    unit: str
    weight: Weight
    observed_on: date
    stage: str | None = None
    corrected: bool = False


def weigh(unit: str) -> Weight:
    """What a unit of the table, some of them, or a package that names its weight comes to: "50 lb sacks".

    Raises: Garbled for a unit that says no weight.
    """
    found = _UNIT.fullmatch(unit.strip().casefold())
    if found is None or (found[3] and not found[1]):
        raise Garbled(f"the unit {unit[:40]!r} says no weight")
    name, each = KILOGRAMS[found[2]]
    kilograms = Decimal(found[1] or 1) * each
    if not kilograms:
        raise Garbled(f"the unit {unit[:40]!r} weighs nothing")
    return Weight(kilograms, f"{found[1] or 1} {name} = {_plain(kilograms)} kg")


def said(figure: str | Decimal | int | None) -> Said | None:
    """A figure as the feed wrote it; None where it said nothing. Nobody sells for nothing, so zero is nothing said.

    Raises: Garbled for what is no plain decimal.
    """
    text = "" if figure is None else str(figure).strip()
    if not text:
        return None
    if not _PLAIN.fullmatch(text):
        raise Garbled("a price is no number")
    amount = Decimal(text)
    return Said(text, amount) if amount else None


def price_of(quote: Quote, commodity: str, today: date) -> Price | None:
    """A quote per kilogram, and its age. None where it names no figure at all."""
    parts = (quote.typical, *((each,) if each else () for each in (quote.low, quote.high)))
    originals = [each for part in parts for each in part]
    if not originals:
        return None
    exact = [_mean([each.amount for each in part]) / quote.weight.kilograms if part else None for part in parts]
    typical, low, high = (None if amount is None else _figure(amount) for amount in exact)
    return Price(
        commodity=commodity,
        name=quote.name,
        market=quote.market,
        region=quote.region,
        currency=quote.currency,
        typical=typical,
        low=low,
        high=high,
        originals=[Original(text=each.text, unit=quote.unit, currency=quote.currency) for each in originals],
        conversion=_conversion(quote, [amount for amount in exact if amount is not None]),
        observed_on=quote.observed_on,
        age_days=max((today - quote.observed_on).days, 0),  # a week that is still running ends in the future
        stage=quote.stage,
        corrected=quote.corrected,
    )


def newest(prices: Iterable[Price]) -> list[Price]:
    """The newest figure of each series: one thing at one market and stage, in one package."""
    latest: dict[tuple[str | None, ...], Price] = {}
    for price in prices:
        series = (price.region, price.market, price.name, price.stage, price.originals[0].unit)
        if series not in latest or latest[series].observed_on < price.observed_on:
            latest[series] = price
    return list(latest.values())


def mean_of(prices: Iterable[Price], search: IndexSearch) -> Merged[Index]:
    """The mean of the typical figures of the newest day that has any, one for each currency."""
    figured = [price for price in prices if price.typical]
    day = max((price.observed_on for price in figured), default=None)
    of_day = [price for price in figured if price.observed_on == day]
    indices = []
    for currency in sorted({price.currency for price in of_day}):
        figures = [Decimal(price.typical or 0) for price in of_day if price.currency == currency]
        indices.append(
            Index(
                commodity=search.commodity,
                region=search.region,
                currency=currency,
                mean=_figure(_mean(figures)),
                figures=len(figures),
                observed_on=of_day[0].observed_on,
                age_days=of_day[0].age_days,
            )
        )
    return Merged(items=indices)


def name_of(*words: str | None) -> str:
    """Words put together, without those that say nothing or were said already: "Tomato, Round"."""
    kept: dict[str, str] = {}
    for word in words:
        text = (word or "").strip()
        if text.casefold() not in _NO_NAMES:
            kept.setdefault(text.casefold(), text)
    return ", ".join(kept.values())


def _conversion(quote: Quote, exact: list[Decimal]) -> str:
    words = [quote.weight.words]
    if len(quote.typical) > 1:
        words.append("typical is the middle of the first two")
    if any(_figure(amount) != _plain(amount) for amount in exact):
        words.append("rounded to six decimals")
    return "; ".join(words)


def _figure(amount: Decimal) -> str:
    return _plain(amount.quantize(SIX_DECIMALS, ROUND_HALF_EVEN))


def _plain(amount: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    return format(amount.normalize(), "f")


def _mean(amounts: list[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0)) / len(amounts)
