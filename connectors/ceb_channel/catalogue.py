"""Billers: the channel's items with their rules as data."""

import re
from collections.abc import Iterable
from datetime import time, timedelta

import msgspec
import structlog

from connectors.ceb_channel import wire
from connectors.ceb_channel.envelope import decode
from connectors.ceb_channel.facts import MANIFEST
from connectors.kit.patterns import pattern
from connectors.kit.units import from_major
from schemas.errors import Garbled
from schemas.money import Money
from schemas.refs import PartnerRef
from schemas.region import RegionCode
from schemas.utility_bills import AgainstBill, AmountRule, Biller, Category, ExtraField, PayWindow

log = structlog.get_logger("hub.ceb_channel")

CATEGORIES: dict[str, Category] = {"01": "electricity", "02": "water", "03": "gas", "04": "mobile"}
AGAINST_BILL: dict[str, AgainstBill] = {
    "-10": "any",
    "-2": "less-than",
    "-1": "at-most",
    "0": "exact",
    "1": "at-least",
    "2": "more-than",
}
"""rangLimit: how what is paid must stand to what is owed."""
FIELD = re.compile("filed[1-5]")
DAY = timedelta(days=1) // timedelta(milliseconds=1)


class Listed(msgspec.Struct, frozen=True):
    """An item as the channel names it, and as a bank sees it."""

    item: wire.Item
    biller: Biller


def listed(items: Iterable[msgspec.Raw], city: str) -> dict[str, Listed]:
    """The items of a city by their local id, without those whose rules cannot be read: no rule is ever guessed."""
    found = {}
    for raw in items:
        try:
            item = decode(bytes(raw), wire.Item)
            one = Listed(item, biller(item, city))
        except (Garbled, ValueError) as error:
            log.warning("biller-left-out", partner=MANIFEST.name, city=city, why=str(error))
            continue
        found[one.biller.biller_id.local_id] = one
    return found


def biller(item: wire.Item, city: str) -> Biller:
    """Raises: ValueError or Garbled where a rule cannot be read."""
    bill_first = {"0": True, "1": False}.get(str(item.businessFlow))
    if bill_first is None:
        raise ValueError(f"item {item.paymentItemId}: businessFlow {item.businessFlow!r}")
    if not bill_first and str(item.needContractNo) == "1":
        raise ValueError(f"item {item.paymentItemId}: needs a contract number, and has no bill to take it from")
    return Biller(
        biller_id=PartnerRef(MANIFEST.id, f"{msgspec.convert(city, RegionCode)}.{item.paymentItemId}"),
        name=item.paymentItemName,
        category=CATEGORIES.get(item.categoryType, "other"),
        regions=[city],
        currency="CNY",
        prepaid=False,
        bill="required" if bill_first else "none",
        rule=rule(item, bill_first=bill_first),
        zone=MANIFEST.zone,
        windows=windows(item.timeRangeLimit or ""),
        fields=[extra_field(one) for one in item.extraFields or ()],
        notice=item.payTimeTips or None,
    )


def rule(item: wire.Item, *, bill_first: bool) -> AmountRule:
    """Raises: ValueError, Garbled."""
    against = AGAINST_BILL.get(str(item.rangLimit)) if bill_first else "any"
    if against is None:
        raise ValueError(f"item {item.paymentItemId}: rangLimit {item.rangLimit!r}")
    minimum, maximum = bounds(item.amountLimit or "")
    choices = [from_major(text, "CNY") for text in item.chooseAmount.split("|")] if item.chooseAmount else []
    return AmountRule(against_bill=against, minimum=minimum, maximum=maximum, choices=choices)


def bounds(limit: str) -> tuple[Money | None, Money | None]:
    """`0-100000`, in 元; nothing where nothing is said. Raises: ValueError, Garbled."""
    if not limit:
        return None, None
    lowest, dash, highest = limit.partition("-")
    minimum, maximum = from_major(lowest, "CNY"), from_major(highest, "CNY")
    if not dash or minimum.value > maximum.value:
        raise ValueError(f"amountLimit {limit!r}")
    return minimum, maximum


def windows(limit: str) -> list[PayWindow]:
    """`25200000-86400000|0-10800000`, in ms of the day: here one window, from 07:00 over midnight to 03:00.

    Raises: ValueError.
    """
    spans = [_span(text) for text in limit.split("|")] if limit else []
    late = next((span for span in spans if span[1] == DAY and span[0] > 0), None)
    early = next((span for span in spans if span[0] == 0 and span[1] < DAY), None)
    if late and early:
        spans = [span for span in spans if span not in (late, early)]
        spans.append((late[0], early[1]))
    return [PayWindow(opens=_time(opens), closes=_time(closes)) for opens, closes in spans]


def _span(text: str) -> tuple[int, int]:
    """An empty span would read as all day, so it is no span."""
    match = re.fullmatch("([0-9]{1,8})-([0-9]{1,8})", text.strip())
    if match is None or not int(match[1]) < int(match[2]) <= DAY:
        raise ValueError(f"timeRangeLimit {text!r}")
    return int(match[1]), int(match[2])


def _time(ms: int) -> time:
    """Of the day; 24:00 is 00:00."""
    seconds, ms = divmod(ms % DAY, 1000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, ms * 1000)


def extra_field(one: wire.Field) -> ExtraField:
    """Raises: ValueError, Garbled."""
    if not FIELD.fullmatch(one.name):
        raise ValueError(f"field {one.name!r}, which no message of the channel has")
    if one.pattern:
        pattern(one.pattern)
    required = str(one.required).lower() not in ("0", "false", "n")
    return ExtraField(name=one.name, label=one.label or one.name, required=required, pattern=one.pattern or None)
