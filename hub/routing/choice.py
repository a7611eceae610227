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
    """Partners that offer an operation, or another about the same thing; the first that serves a call is asked.

    Who does most about the thing comes first, so that a card is issued where it can be shown; then a narrower area,
    then the name. What the first does not offer nobody does: no other partner knows its cards.
    """
    routes = [route for route in shelf if _share(route, operation)]
    return sorted(routes, key=lambda route: (-_share(route, operation), *_place(route)))


def serving(routes: list[Route], operation: Operation, request: object) -> list[Route]:
    """Those of them that serve a request, the partners of its first region first; all where it names no region."""
    regions = regions_of(operation, request)
    if not regions:
        return routes
    found = [route for region in regions for route in routes if _serves(route, region)]
    return list({route.connector.manifest.id: route for route in found}.values())


def _share(route: Route, operation: Operation) -> int:
    """How many of the operations about the same thing a partner offers."""
    return sum(route.connector.offers(one.scenario, one.name) for one in operation.kin)


def _place(route: Route) -> tuple[int, str]:
    return -route.connector.manifest.locality, route.connector.manifest.name


def _serves(route: Route, region: str) -> bool:
    return any(covers(area, region) for area in route.connector.manifest.regions)
