"""A hub with one of its patiences changed: `python -m tests.contract.launch HOW serve …`. No switch in product code."""

import sys
from datetime import timedelta

from connectors.kit.manifest import Breaker as Limit
from connectors.kit.manifest import Manifest
from hub.routing.gate import Breaker

ABSENCE = timedelta(seconds=6)


def no_breaker() -> None:
    """Every exchange goes out, however many failed before: each fault strikes where it was meant to."""
    Breaker.failed = lambda self, *, trial: False


def nervous_breaker() -> None:
    """The breaker opens soon, and not for long."""
    Manifest.breaker = property(lambda _: Limit(failures=3, open_seconds=0.5))


def firm_breaker() -> None:
    """The breaker opens soon, and for longer than an attempt may take."""
    Manifest.breaker = property(lambda _: Limit(failures=3, open_seconds=8))


def soon_absent() -> None:
    """What a partner does not know is final after seconds."""
    Manifest.absence_final_after = property(lambda _: ABSENCE)


HOW = {
    "no-breaker": no_breaker,
    "nervous-breaker": nervous_breaker,
    "firm-breaker": firm_breaker,
    "soon-absent": soon_absent,
}


def launcher(how: str) -> tuple[str, ...]:
    return ("-m", "tests.contract.launch", how)


if __name__ == "__main__":
    from hub.cli import main

    HOW[sys.argv.pop(1)]()
    main()
