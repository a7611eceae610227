"""Which partners of a bank's shelf a call may go to, and which of them comes first."""

from collections.abc import Iterable

import msgspec

from connectors.kit.registry import Connector
from hub.partners.rows import AccountRow
from schemas.contract import Operation, regions_of
from schemas.order import Original
from schemas.region import covers


class Route(msgspec.Struct, frozen=True):
    """A partner that serves a call, and the bank's account there."""

    connector: Connector
    account: AccountRow
    original: Original | None = None
    """The order that the request names, where it names one."""
    reversals: int = 0
    """Orders that undo that one, or tried to."""


def offering(shelf: Iterable[Route], operation: Operation) -> list[Route]:
    """Partners that offer an operation: those of a narrower area first, then by name."""
    routes = [route for route in shelf if route.connector.offers(operation.scenario, operation.name)]
    return sorted(routes, key=lambda route: (-route.connector.manifest.locality, route.connector.manifest.name))


def serving(routes: list[Route], operation: Operation, request: object) -> list[Route]:
    """Those of them that serve a request, the partners of its first region first; all where it names no region."""
    regions = regions_of(operation, request)
    if not regions:
        return routes
    found = [route for region in regions for route in routes if _serves(route, region)]
    return list({route.connector.manifest.id: route for route in found}.values())


def _serves(route: Route, region: str) -> bool:
    return any(covers(area, region) for area in route.connector.manifest.regions)
