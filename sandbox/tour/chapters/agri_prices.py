"""Prices of farm produce: many feeds under one name and in one unit, with their originals, their age and their gaps."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sandbox.tour.guide import Body, Chapter, Stop, insist

AGRI = "/v1/agri-prices"
LATEST = f"{AGRI}/prices/latest"
HISTORY = f"{AGRI}/prices/history"
FEEDS = {"agmarknet", "eu_agrifood", "pfsc_wholesale", "usda_mars"}


class AgriPrices(Chapter):
    """What an onion costs, from Hunan to Chicago."""

    def stops(self) -> list[Stop]:
        return [
            ("finding markets at every feed", self._markets),
            ("finding one commodity by whatever anybody calls it", self._names),
            ("comparing onions per kilogram, beside what each feed said", self._one_unit),
            ("turning pages over all feeds with one cursor", self._pages),
            ("reading a fortnight, with the days that are missing", self._history),
            ("finding nothing, which is no error", self._nothing),
            ("seeing that what nobody said is absent and never 0", self._never_zero),
            ("seeing a corrected report replace the one before", self._correction),
            ("comparing what a region's mean rests on", self._index),
            ("meeting a feed that cannot be read, while the others answer", self._failed),
            ("asking wrongly, and hearing which field is to blame", self._refused),
            ("reading lessons, and what cooperatives sell", self._village),
        ]

    def _markets(self) -> None:
        markets = self.guide.everything(f"{AGRI}/markets")
        insist(_partners(markets) == FEEDS, f"markets came from {sorted(_partners(markets))}")
        hunan = self.guide.everything(f"{AGRI}/markets", region="430000")
        insist(all(market["region"].startswith("43") for market in hunan), "a market lies elsewhere")

    def _names(self) -> None:
        for word in ("葱头", "圆葱", "ONIONS dry"):
            found = self.guide.everything(f"{AGRI}/commodities", name=word)
            insist({each["commodity"] for each in found} == {"onion"}, f"{word} is no onion")
            insist(_partners(found) == FEEDS, f"{word} is known to {sorted(_partners(found))} only")
        self.guide.show("onion", "every feed", " = ".join(sorted({each["name"] for each in found})))

    def _one_unit(self) -> None:
        onions = self.guide.everything(LATEST, commodity="onion")
        insist(_partners(onions) == FEEDS, f"onions came from {sorted(_partners(onions))}")
        for price in onions:
            insist(price["unit"] == "kg" and price["age_days"] >= 0 and bool(price["originals"]), f"no price: {price}")
        for partner in sorted(FEEDS):
            price = next(price for price in onions if price["partner"] == partner)
            said = price["originals"][0]
            figure = f"{price['typical']} {price['currency']}/kg, was {said['text']} per {said['unit']}"
            self.guide.show(price["name"], partner, f"{figure}, age in days: {price['age_days']}")

    def _pages(self) -> None:
        page = self.guide.get(LATEST, commodity="tomato", limit="4")
        insist(_partners(page["items"]) == FEEDS, "a feed is missing on the first page")
        items = list(page["items"])
        while page["next"] is not None:
            page = self.guide.get(LATEST, commodity="tomato", limit="4", cursor=page["next"])
            items += page["items"]
        whole = self.guide.everything(LATEST, commodity="tomato")
        insist(sorted(map(str, items)) == sorted(map(str, whole)), "pages are not the whole")

    def _history(self) -> None:
        today = datetime.now(UTC).date()
        days = _days(today - timedelta(days=14), today)
        wheat = self.guide.everything(HISTORY, commodity="wheat", **days)
        insist(_partners(wheat) == FEEDS - {"agmarknet"}, "a feed without memory remembers something")
        insist(
            all(days["begins"] <= price["observed_on"] <= days["ends"] for price in wheat), "a day that is not asked"
        )

    def _nothing(self) -> None:
        sunday = datetime.now(UTC).date()
        sunday -= timedelta(days=(sunday.weekday() + 1) % 7)
        for path, query in (
            (LATEST, {"commodity": "wheat", "region": "MT"}),
            (HISTORY, {"commodity": "potato", "region": "US", **_days(sunday, sunday)}),
            (LATEST, {"commodity": "dragon-fruit-of-the-moon"}),
        ):
            page = self.guide.get(path, **query)
            insist(page["items"] == [], f"{query} has figures")
            insist({source["status"] for source in page["sources"]} == {"ok"}, f"{page['sources']}")

    def _never_zero(self) -> None:
        prices = [price for name in ("wheat", "onion") for price in self.guide.everything(LATEST, commodity=name)]
        figures = [price[name] for price in prices for name in ("typical", "low", "high")]
        insist(None in figures, "every feed said everything")
        insist(all(Decimal(figure) > 0 for figure in figures if figure is not None), "something is for nothing")

    def _correction(self) -> None:
        before = self._chicago()
        day = date.fromisoformat(before["observed_on"])
        correction = {"slug_id": "92001", "report_date": f"{day:%m/%d/%Y}"}
        self.guide.door("usda_mars", "/_sandbox/correct", correction)
        after = self._chicago()
        insist(after["corrected"], "the figure is not marked as corrected")
        was, now = (Decimal(price["originals"][0]["text"]) for price in (before, after))
        insist(now == was + 1, f"{was} became {now}")
        self.guide.show(
            "a corrected report", "usda_mars", f"{was} became {now} USD per {after['originals'][0]['unit']}"
        )

    def _chicago(self) -> Body:
        """The one onion of Chicago's daily report."""
        onions = self.guide.everything(LATEST, commodity="onion", region="US")
        [onion] = [price for price in onions if price["market"] == "Chicago Terminal Market"]
        return onion

    def _index(self) -> None:
        for region, partner in (("430000", "pfsc_wholesale"), ("CN", "pfsc_wholesale"), ("FR", "eu_agrifood")):
            [index] = self.guide.everything(f"{AGRI}/indices", commodity="wheat", region=region)
            insist(index["partner"] == partner and index["figures"] >= 1, f"no index: {index}")
            words = f"{index['mean']} {index['currency']}/kg, figures: {index['figures']}"
            self.guide.show(f"the mean of wheat, {region}", partner, words)

    def _failed(self) -> None:
        broken = {"operation": "prices", "fault": "bad-signature", "times": 1}
        self.guide.door("pfsc_wholesale", "/_sandbox/faults", broken)
        page = self.guide.get(LATEST, commodity="onion")
        told = {source["partner"]: source["status"] for source in page["sources"]}
        insist(told == dict.fromkeys(FEEDS, "ok") | {"pfsc_wholesale": "failed"}, f"{told}")
        insist(_partners(page["items"]) == FEEDS - {"pfsc_wholesale"}, "the others did not answer")
        again = self.guide.get(LATEST, commodity="onion")
        insist(_partners(again["items"]) == FEEDS, "the feed is still missed")

    def _refused(self) -> None:
        today = datetime.now(UTC).date()
        backwards = _days(today, today - timedelta(days=1))
        for path, query, field in (
            (LATEST, {"commodity": "洋葱"}, "commodity"),
            (LATEST, {"commodity": "onion", "region": "990000"}, "region"),
            (HISTORY, {"commodity": "onion", **backwards}, "ends"),
            (f"{AGRI}/goods", {"kind": "vouchers"}, "kind"),
        ):
            answer = self.guide.app.get(path, **query)
            fields = [error["field"] for error in answer.json().get("errors", [])]
            insist(answer.is_client_error and field in fields, f"{answer.status_code}: {answer.text}")

    def _village(self) -> None:
        lessons = self.guide.everything(f"{AGRI}/lessons", commodity="tomato")
        insist(bool(lessons) and all(lesson["source"] and lesson["url"] for lesson in lessons), "a lesson of nobody's")
        goods = self.guide.everything(f"{AGRI}/goods", region="430000", kind="fertiliser")
        insist(bool(goods) and all(Decimal(each["price"]["amount"]) > 0 for each in goods), "no fertiliser is sold")
        self.guide.show("a lesson", lessons[0]["partner"], lessons[0]["title"])
        price = goods[0]["price"]
        words = f"{goods[0]['name']}: {price['amount']} {price['currency']} per {goods[0]['unit']}"
        self.guide.show("a cooperative's goods", goods[0]["partner"], words)


def _partners(items: list[Body]) -> set[str]:
    return {item["partner"] for item in items}


def _days(begins: date, ends: date) -> dict[str, str]:
    return {"begins": begins.isoformat(), "ends": ends.isoformat()}


CHAPTER = AgriPrices
