"""The service's rows, in its names. A report answers either as a list or as {"results": […]}."""

import msgspec
from msgspec import Raw


class Row(msgspec.Struct):
    """One line of a report. Units: dollars per `package`; days are MM/DD/YYYY, the time of publication with a time.

    Shape: a report without prices (holdings, say) has rows without a package, or a market.
    """

    report_date: str
    commodity: str
    published_date: str
    market: str
    package: str
    variety: str | None = None
    origin: str | None = None
    item_size: str | None = None
    grade: str | None = None
    organic: str | None = None
    low_price: str | None = None
    high_price: str | None = None
    mostly_low_price: str | None = None
    mostly_high_price: str | None = None
    special_announcement: str | None = None


class Results(msgspec.Struct):
    """The other frame."""

    results: list[Raw]


REPORT = msgspec.json.Decoder(list[Raw] | Results)


def row_of(raw: Raw) -> Row:
    return msgspec.json.decode(raw, type=Row)
