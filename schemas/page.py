"""Lists: one partner's page, and a page merged from everyone on the shelf."""

from typing import Annotated, Generic, TypeVar

from msgspec import Meta

from schemas.struct import Canonical

T = TypeVar("T")


class Paged(Canonical):
    """What every paged request carries. The hub replaces `cursor` by the partner's own before the call."""

    cursor: Annotated[str, Meta(max_length=4096, description="`next` of the page before")] | None = None
    limit: Annotated[
        int, Meta(ge=1, le=200, description="Items wanted; where several partners are asked, from each")
    ] = 50


class Page(Canonical, Generic[T]):
    """Some items of one partner, and the partner's cursor to the rest."""

    items: list[T]
    next: str | None = None


class Merged(Page[T], Generic[T]):
    """A page that everyone on the shelf is asked for. A connector returns its own share of it."""
