"""The portal's rows, in its names, which differ by sector; a text that one sector lacks is None."""

import msgspec
from msgspec import Raw


class Row(msgspec.Struct, rename="camel"):
    """One figure of one period. Shape: dates are dd/MM/yyyy, the price a text with either decimal mark."""

    member_state_code: str
    begin_date: str
    unit: str
    price: str | None = None
    end_date: str | None = None
    member_state_name: str | None = None
    product_name: str | None = None
    product: str | None = None
    variety: str | None = None
    market_name: str | None = None
    market: str | None = None
    stage_name: str | None = None
    market_stage: str | None = None

    @property
    def of_product(self) -> str:
        return self.product_name or self.product or ""

    @property
    def at_market(self) -> str:
        """The market; where a sector has none, the figure is the member state's."""
        return self.market_name or self.market or self.member_state_name or self.member_state_code


ROWS = msgspec.json.Decoder(list[Raw])
"""Rows stay raw, so that one bad row spoils no answer."""
PRODUCTS = msgspec.json.Decoder(list[str])
