"""The writer's crash points: places where a test launcher may stop the process."""

from collections.abc import Callable
from dataclasses import dataclass

CRASH_POINTS = ("batch-begun", "unit-ran", "before-commit", "after-commit", "before-answer")
"""In the order in which one batch passes them; `unit-ran` once per unit."""


def _pass_by(point: str) -> None:
    """Do nothing: a product has no crash points."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is called at each crash point, in the writer's own thread or task."""

    at: Callable[[str], None] = _pass_by
