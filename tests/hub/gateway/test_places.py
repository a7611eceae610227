"""Where a merged list goes on after a share that took its partner longer: at its own route, with that partner."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from hub.clock import utc_now
from hub.consents.consents import ConsentRequest
from hub.consents.parties import Parties
from hub.errors import Malformed
from hub.gateway.merging import Merger, Share
from hub.identity.guard import Caller
from hub.queries.questions import Asked
from hub.store import Sealer, Store
from hub.tenants import banks
from sandbox.stand.people import id_number
from schemas.call import Call
from schemas.contract import operation_named
from schemas.errors import NotReady
from schemas.person import Person
from schemas.utility_bills import BillerSearch
from tests.connectors.kit.bench import MANIFEST
from tests.hub.gateway.test_merging import words
from tests.hub.queries.test_kept import TOKENS, House

LATER = NotReady(timedelta(seconds=10))
LIST = operation_named("utility-bills.list_billers")
SEARCH = BillerSearch(region="CN", limit=3)


class Partner:
    """Lists what it is told to, one answer after another, and notes where it was to go on."""

    def __init__(self, *answers: object) -> None:
        self.answers = iter(answers)
        self.cursors: list[str | None] = []

    async def list_billers(self, search: BillerSearch, _: Call) -> object:
        self.cursors.append(search.cursor)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Lists:
    """Merged lists, and their kept shares, of partners of which the first is the one that needs longer."""

    def __init__(self, house: House, *partners: Partner) -> None:
        self.house = house
        self.connectors: list[Any] = [
            SimpleNamespace(
                manifest=replace(MANIFEST, id=MANIFEST.id + place, name=f"fake_{place}"),
                scenarios={"utility-bills": partner},
            )
            for place, partner in enumerate(partners)
        ]
        house.connector = self.connectors[0]
        self.merger = Merger(house.questions, TOKENS, wait=timedelta(seconds=5))

    async def page(self, search: BillerSearch, whom: Parties | None = None) -> Any:
        everyone = [self._share(connector, whom) for connector in self.connectors]
        return msgspec.json.decode(await self.merger.page(everyone, search, self.house.tenant, whom))

    async def rest(self, page: Any) -> Any:
        """The share that a page calls pending, once it is there."""
        [query_id] = [source["query_id"] for source in page["sources"] if source["status"] == "pending"]
        await self.house.work()
        _, answer = await self.house.questions.find(query_id, self.house.tenant)
        return msgspec.json.decode(answer or b"null")

    def _share(self, connector: Any, whom: Parties | None) -> Share:
        async def asked(search: Any) -> Asked:
            return self._asked(connector, search, whom)

        return Share(connector.manifest, asked)

    def _asked(self, connector: Any, search: BillerSearch, whom: Parties | None) -> Asked:
        return Asked(
            tenant=self.house.tenant,
            client_id="cli_1",
            operation=LIST,
            request=search,
            connector=connector,
            line=self.house.line,
            reference="R1",
            parties=whom,
        )


@pytest.fixture
async def house(sqlite_store: Store) -> House:
    sealer = Sealer(bytes(32))
    bank = await sqlite_store.write(lambda tx: banks.add(tx, sealer, "a-bank", now=utc_now()))
    return House(sqlite_store, sealer, bank.tenant_id)


def said(page: Any) -> list[str]:
    return [item["word"] for item in page["items"]]


async def test_a_kept_share_goes_on(house: House) -> None:
    """Its page names the cursor to its rest, for the same search at any length of page; nobody else is asked again."""
    slow = Partner(LATER, words("a1", to="2"), words("a2", to="3"), words("a3"))
    other = Partner(words("b1"))
    lists = Lists(house, slow, other)
    first = await lists.page(SEARCH)
    assert (said(first), first["next"]) == (["b1"], None)
    kept = await lists.rest(first)
    assert said(kept) == ["a1"]
    second = await lists.page(replace(SEARCH, cursor=kept["next"], limit=50))
    third = await lists.page(replace(SEARCH, cursor=second["next"]))
    assert (said(second), said(third), third["next"]) == (["a2"], ["a3"], None)
    assert [source["partner"] for source in second["sources"]] == ["fake_0"]
    assert (slow.cursors, other.cursors) == ([None, None, "2", "3"], [None])


async def test_a_share_that_is_late_again(house: House) -> None:
    """What a cursor asks on for may need longer too: it is kept where it stood, and goes on from there."""
    lists = Lists(house, slow := Partner(LATER, words("a1", to="2"), LATER, words("a2", to="3"), words("a3")))
    kept = await lists.rest(await lists.page(SEARCH))
    second = await lists.page(replace(SEARCH, cursor=kept["next"]))
    assert (said(second), second["next"]) == ([], None)
    kept = await lists.rest(second)
    assert said(kept) == ["a2"]
    third = await lists.page(replace(SEARCH, cursor=kept["next"]))
    assert (said(third), third["next"]) == (["a3"], None)
    assert slow.cursors == [None, None, "2", "2", "3"]


async def test_a_share_that_ends(house: House) -> None:
    """What was all that its partner had names no cursor."""
    lists = Lists(house, Partner(LATER, words("a1")))
    assert (await lists.rest(await lists.page(SEARCH)))["next"] is None


async def test_a_kept_cursor_is_bound(house: House) -> None:
    """It is good for the search it came from and for its customer, whatever consent she comes under."""
    lists = Lists(house, Partner(LATER, words("a1", to="2"), words("a2")))
    anna, berta, anna_later = await agreed(house, 7), await agreed(house, 8), await agreed(house, 7)
    following = (await lists.rest(await lists.page(SEARCH, anna)))["next"]
    for search, whom in ((SEARCH, berta), (SEARCH, None), (replace(SEARCH, region="NG"), anna)):
        with pytest.raises(Malformed):
            await lists.page(replace(search, cursor=following), whom)
    assert said(await lists.page(replace(SEARCH, cursor=following), anna_later)) == ["a2"]


async def agreed(house: House, serial: int) -> Parties:
    """A consent of somebody's."""
    until = house.clock() + timedelta(hours=1)
    caller = Caller(house.tenant, "cli_1", frozenset({"lending:read"}), token_id="t", expires_at=until)
    person = Person(name="周桂英", id_number=id_number(serial))
    request = ConsentRequest(customer=person, operations=["lending.find_loan"], expires_at=until)
    return Parties(consent_id=(await house.consents.give(caller, request)).consent_id, subject=person)
