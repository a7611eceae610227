"""What was performed is on disk before it is answered."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sandbox.stand.book import Book, Page, Performance
from sandbox.stand.fleet import Fleet, start
from tests.sandbox.ceb import CREATE, Client
from tests.sandbox.wire import until

DONE = Performance("r1", "pay", "1", "1.00", "CNY")


def test_survives_sigkill(own: Callable[..., tuple[Fleet, Path]], tmp_path: Path) -> None:
    """A ledger entry whose answer never came is there after SIGKILL, and so is the order."""
    fleet, folder = own("ceb_channel")
    client = Client(fleet.stands["ceb_channel"], folder)
    order = client.order("9900000004")
    assert client.hear(CREATE, order, patience=0.2).ending == "silence"
    until(lambda: client.performed(order))
    fleet.kill("ceb_channel")
    with start(tmp_path, names=["ceb_channel"]) as again:
        assert again.stands["ceb_channel"].door == client.stand.door
        client = Client(again.stands["ceb_channel"], folder)
        assert len(client.performed(order)) == 1
        until(lambda: client.status(order) == "3")


def test_a_bad_unit_spoils_no_other(tmp_path: Path) -> None:
    """Of units committed together the one that fails is undone alone."""

    def good(page: Page) -> None:
        page.perform(DONE)

    def bad(page: Page) -> None:
        page.perform(DONE)
        raise ValueError("no")

    async def go(book: Book) -> list[object]:
        units = [book.write(unit) for unit in (good, bad, good)]
        return await asyncio.gather(*units, return_exceptions=True)

    book = Book(tmp_path / "ledger.sqlite")
    results = asyncio.run(go(book))
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert len(book.read(Page.entries)) == 2
    book.close()


def test_numbers_and_references(tmp_path: Path) -> None:
    """Orders are found by number and by reference, oldest first."""

    async def go(book: Book) -> list[int]:
        return [await book.write(partial(Page.keep, reference="r", body={"n": each})) for each in (1, 2)]

    book = Book(tmp_path / "ledger.sqlite")
    first, second = asyncio.run(go(book))
    assert [order["n"] for order in book.read(lambda page: page.find("r"))] == [1, 2]
    assert book.read(lambda page: page.numbered(second)) == {"n": 2, "number": second}
    assert book.read(lambda page: page.latest(1))[0]["number"] == second
    assert first < second
    book.close()


@pytest.mark.parametrize("times", [2])
def test_a_repeated_performance_stands_twice(channel: Client, times: int) -> None:
    """Asked twice, the channel performs twice, and the ledger says so."""
    order = channel.order()
    transactions = {channel.ask(CREATE, order).data["transacNo"] for _ in range(times)}
    assert len(transactions) == len(channel.performed(order)) == times
