"""The feed's messages. Its field names drift: min_price, Min_Price and Min_x0020_Price are one."""

from typing import Any

import msgspec
from msgspec import Raw


class Record(msgspec.Struct):
    """One variety and grade at one mandi today. Units: INR per quintal; dates are dd/MM/yyyy or dd-MM-yyyy."""

    state: str
    market: str
    commodity: str
    arrival_date: str
    district: str | None = None
    variety: str | None = None
    grade: str | None = None
    min_price: str | int | None = None
    max_price: str | int | None = None
    modal_price: str | int | None = None


class Answer(msgspec.Struct):
    """A window of the day's records. Shape: they stay raw, so that one bad record spoils no window."""

    status: str
    total: int | str
    records: list[Raw]


ANSWER = msgspec.json.Decoder(Answer)

_FIELDS = msgspec.json.Decoder(dict[str, Any], float_hook=str)


def record_of(raw: Raw) -> Record:
    """A record under the names of today, whatever today they are. A number keeps its own characters."""
    fields = {name.lower().replace("_x0020_", "_"): value for name, value in _FIELDS.decode(raw).items()}
    return msgspec.convert(fields, Record)
