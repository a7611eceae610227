"""One list from everyone, turned page by page."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from hub.errors import Malformed, Misconfigured, PartnerDown
from hub.gateway.merging import Merger, Share
from hub.gateway.tokens import Tokens
from hub.queries.questions import Asked
from schemas.errors import NotReady
from schemas.page import Merged
from schemas.utility_bills import BillerSearch

TENANT = "bnk_1"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Partners:
    """Stands in for Questions: each partner has pages by cursor, a failure, or no answer."""

    def __init__(self, **pages: dict[str | None, Merged[Any]] | Exception | None) -> None:
        self.pages = pages
        self.asked: list[tuple[str, str | None]] = []
        self.kept: list[str | None] = []

    async def call(self, asked: Asked) -> Any:
        name = asked.connector.manifest.name
        self.asked.append((name, asked.request.cursor))
        pages = self.pages[name]
        if pages is None:
            await asyncio.sleep(60)
        if isinstance(pages, Exception):
            raise pages
        return pages[asked.request.cursor]  # type: ignore[index]

    async def keep(self, asked: Asked, check_after: timedelta) -> Any:
        self.kept.append(asked.request.cursor)
        return SimpleNamespace(query_id=f"qry_{asked.connector.manifest.name}", check_at=NOON + check_after)


def share(name: str, unset: str) -> Share:
    """One partner's share. Shape: the accounts at `unset` cannot be used."""
    manifest: Any = SimpleNamespace(id=ord(name), name=name)
    connector: Any = SimpleNamespace(manifest=manifest)
    operation: Any = None
    line: Any = None

    async def asked(request: Any) -> Asked:
        if name in unset:
            raise Misconfigured(f"the account at {name} must be set anew")
        return Asked(
            tenant=TENANT,
            client_id="c",
            operation=operation,
            request=request,
            connector=connector,
            line=line,
            reference="R1",
        )

    return Share(manifest, asked)


@pytest.fixture
def turn() -> Callable[..., Any]:
    """Asks for one page of the partners that are named, and returns it decoded."""

    async def page(
        partners: Partners, names: str, cursor: str | None = None, *, unset: str = "", **changes: Any
    ) -> Any:
        request = BillerSearch(cursor=cursor, **changes)
        merger = Merger(partners, Tokens(bytes(32)), wait=timedelta(seconds=0.2))  # type: ignore[arg-type]
        everyone = [share(name, unset) for name in names]
        return msgspec.json.decode(await merger.page(everyone, request, TENANT, None))

    return page


def words(*items: str, to: str | None = None) -> Merged[Any]:
    """A share of the list; each item is a struct of one word."""
    return Merged(items=[Word(word=item) for item in items], next=to)


class Word(msgspec.Struct):
    word: str


async def test_until_everyone_has_given_all(turn: Callable[..., Any]) -> None:
    """Whoever has no more is not asked again; the list ends with the last one."""
    partners = Partners(
        a={None: words("a1", to="2"), "2": words("a2", to="3"), "3": words("a3")}, b={None: words("b1")}
    )
    first = await turn(partners, "ab")
    assert [(item["partner"], item["word"]) for item in first["items"]] == [("a", "a1"), ("b", "b1")]
    second = await turn(partners, "ab", first["next"])
    third = await turn(partners, "ab", second["next"])
    assert [item["word"] for item in second["items"] + third["items"]] == ["a2", "a3"]
    assert third["next"] is None
    assert partners.asked == [("a", None), ("b", None), ("a", "2"), ("a", "3")]


async def test_failed_and_late(turn: Callable[..., Any]) -> None:
    """Who fails or is late is named with its problem, who needs longer with its query; none is asked again."""
    partners = Partners(
        a={None: words("a1", to="2"), "2": words()}, b=PartnerDown("b is away"), c=None, d=NotReady(timedelta(1))
    )
    first = await turn(partners, "abcd")
    told = {
        source["partner"]: (source["status"], source.get("problem", {}).get("status")) for source in first["sources"]
    }
    assert told == {"a": ("ok", None), "b": ("failed", 503), "c": ("late", 504), "d": ("pending", None)}
    waits = next(source for source in first["sources"] if source["partner"] == "d")
    assert (waits["query_id"], waits["check_after"]) == ("qry_d", "2026-11-24T12:00:00Z")
    second = await turn(partners, "abcd", first["next"])
    assert second["sources"] == [{"partner": "a", "status": "ok"}]
    assert second["next"] is None


async def test_an_account_that_cannot_be_used(turn: Callable[..., Any]) -> None:
    """One bad account is one failed source: the others answer, and no partner is asked over it."""
    partners = Partners(a={None: words("a1")}, b={None: words("b1")})
    page = await turn(partners, "ab", unset="a")
    assert [item["word"] for item in page["items"]] == ["b1"]
    [bad, good] = page["sources"]
    assert (bad["status"], bad["problem"]["detail"]) == ("failed", "the account at a must be set anew")
    assert (good["status"], partners.asked) == ("ok", [("b", None)])


async def test_a_partner_that_left(turn: Callable[..., Any]) -> None:
    """A partner that a bank gave up while it turned pages does not keep the list open for ever."""
    partners = Partners(a={None: words("a1", to="2"), "2": words("a2")}, b={None: words("b1", to="2")})
    first = await turn(partners, "ab")
    second = await turn(partners, "a", first["next"])
    assert [item["word"] for item in second["items"]] == ["a2"]
    assert second["next"] is None


async def test_a_partner_that_came(turn: Callable[..., Any]) -> None:
    """A list keeps to the partners it began with: one that came meanwhile is asked by the next list."""
    partners = Partners(a={None: words("a1", to="2"), "2": words("a2")}, b={None: words("b1")})
    first = await turn(partners, "a")
    second = await turn(partners, "ab", first["next"])
    assert ([item["word"] for item in second["items"]], second["next"]) == (["a2"], None)
    assert [source["partner"] for source in second["sources"]] == ["a"]


async def test_a_cursor_is_bound(turn: Callable[..., Any]) -> None:
    """A cursor goes with its own filters, at any length of page."""
    partners = Partners(a={None: words("a1", to="2"), "2": words("a2")})
    first = await turn(partners, "a", region="NG")
    assert (await turn(partners, "a", first["next"], region="NG", limit=7))["items"]
    for changes in ({}, {"region": "KE"}, {"region": "NG", "category": "water"}):
        with pytest.raises(Malformed):
            await turn(partners, "a", first["next"], **changes)


async def test_a_share_that_is_kept_is_asked_where_it_stood(turn: Callable[..., Any]) -> None:
    """A partner that needs longer for its second page is kept with its own cursor, not with the hub's."""
    partners = Partners(a={None: words("a1", to="2"), "2": words("a2")}, b={None: words("b1", to="7")})
    first = await turn(partners, "ab")
    partners.pages["b"] = NotReady(timedelta(1))
    second = await turn(partners, "ab", first["next"])
    assert [source["status"] for source in second["sources"]] == ["ok", "pending"]
    assert (partners.kept, second["next"]) == (["7"], None)
