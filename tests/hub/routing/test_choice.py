"""Who is asked: by the regions that a request names, in the order that its operation declares."""

from connectors.kit.manifest import Manifest
from connectors.kit.registry import Connector
from hub.partners.rows import AccountRow
from hub.routing.choice import Route, offering, serving
from schemas.contract import operation_named
from schemas.scenarios import load
from schemas.social_security import InRegion, TransferRequest

load()

TRANSFER = operation_named("social-security.transfer")
INSURANCES = operation_named("social-security.find_insurances")


def partner(name: str, *regions: str) -> Route:
    """A partner that moves and tells insurances, and the bank's account there."""
    manifest = Manifest(
        id=sum(name.encode()),
        name=name,
        title=name,
        auth="none",
        zone="UTC",
        offers={"social-security": ["transfer", "find_insurances"]},
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
