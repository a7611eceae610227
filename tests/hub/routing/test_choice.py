"""Who is asked: by the regions that a request names, in their declared order, and by what else a partner does."""

from connectors.kit.manifest import Manifest
from connectors.kit.registry import Connector
from hub.partners.rows import AccountRow
from hub.routing.choice import Route, offering, serving
from schemas.contract import operation_named
from schemas.scenarios import load
from schemas.social_security import CardIssue, InRegion, QrRequest, TransferRequest

load()

TRANSFER = operation_named("social-security.transfer")
INSURANCES = operation_named("social-security.find_insurances")


def partner(name: str, *regions: str, offers: tuple[str, ...] = ("transfer", "find_insurances")) -> Route:
    """A partner that moves and tells insurances, or does something else, and the bank's account there."""
    manifest = Manifest(
        id=sum(name.encode()),
        name=name,
        title=name,
        auth="none",
        zone="UTC",
        offers={"social-security": list(offers)},
        regions=list(regions),
    )
    return Route(Connector(manifest, "nowhere"), AccountRow(name, "bank", manifest.id, b"", 1))


SHELF = [partner("anhui", "340000"), partner("hangzhou", "330100"), partner("zhejiang", "330000")]


def asked(to_region: str, from_region: str) -> list[str]:
    """Who could take a transfer, the one that is asked first."""
    request = TransferRequest(to_region=to_region, from_region=from_region, insurance="pension")
    return [route.connector.manifest.name for route in serving(offering(SHELF, TRANSFER), TRANSFER, request)]


def test_the_receiving_region_is_tried_first() -> None:
    """Of two offices that take part the receiving one is asked, however narrow the other's area is."""
    assert asked("340100", "330100") == ["anhui", "hangzhou", "zhejiang"]
    assert asked("330100", "340100") == ["hangzhou", "zhejiang", "anhui"]


def test_the_region_that_is_left_is_tried_next() -> None:
    """Where nobody serves the receiving region its origin's office is asked, and nobody where neither is served."""
    assert asked("440300", "340100") == ["anhui"]
    assert asked("340100", "440300") == ["anhui"]
    assert asked("440300", "110000") == []


def test_nobody_is_asked_twice() -> None:
    """An office that serves both ends stands once in the list."""
    assert asked("330200", "330100") == ["zhejiang", "hangzhou"]


def test_the_narrower_area_comes_first() -> None:
    """Of those that serve a region the most local one is asked."""
    found = serving(offering(SHELF, INSURANCES), INSURANCES, InRegion(region="330100"))
    assert [route.connector.manifest.name for route in found] == ["hangzhou", "zhejiang"]


ISSUE = operation_named("social-security.issue_card")
SHOW = operation_named("social-security.issue_qr")
CARDS = ("find_card", "issue_card", "unlink_card")
PLATFORM = partner("platform", "CN", offers=(*CARDS, "issue_qr", "verify_qr"))
OFFICE = partner("office", "330000", offers=CARDS)


def first(shelf: list[Route], region: str) -> tuple[str, str]:
    """Who issues a card somewhere, and who is asked to show it."""
    issue, show = CardIssue(region=region), QrRequest(region=region, purpose="hospital")
    asked = (serving(offering(shelf, one), one, request)[0] for one, request in ((ISSUE, issue), (SHOW, show)))
    issues, shows = (route.connector.manifest.name for route in asked)
    return issues, shows


def test_who_does_more_about_a_card_is_asked_about_it() -> None:
    """Before whoever is more local: a card is issued where it can be shown."""
    assert first([OFFICE, PLATFORM], "330100") == ("platform", "platform")
    assert first([OFFICE, PLATFORM], "440300") == ("platform", "platform")


def test_who_does_as_much_comes_by_its_area() -> None:
    """An office that shows cards too is asked in its own area, and the platform elsewhere."""
    able = partner("able", "330000", offers=(*CARDS, "issue_qr", "verify_qr"))
    assert first([PLATFORM, able], "330100") == ("able", "able")
    assert first([PLATFORM, able], "440300") == ("platform", "platform")


def test_a_card_is_asked_about_where_it_is() -> None:
    """Who issues cards is asked to show them even where somebody else offers that: the card is not there."""
    scanner = partner("scanner", "CN", offers=("issue_qr",))
    assert first([OFFICE, scanner], "330100") == ("office", "office")
