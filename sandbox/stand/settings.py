"""How quick, how slow and how strict a simulated partner is."""

import argparse
from dataclasses import dataclass, field, fields
from typing import Any


def _setting(default: Any, says: str) -> Any:
    return field(default=default, metadata={"says": says})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting is a flag of the same name; a partner that has no use for one ignores it."""

    slow_seconds: float = _setting(1.5, "how late the fault `slow` answers")
    late_seconds: float = _setting(3.0, "how late a late callback, a late token or a late decision comes")
    bill_seconds: float = _setting(3.0, "how long a bill that is fetched asynchronously takes")
    processing_seconds: float = _setting(0.5, "how long an accepted order is processed until it is final")
    final_seconds: float = _setting(86400.0, "by when a final status is promised")
    session_seconds: float = _setting(7200.0, "how long a session lives")
    token_seconds: float = _setting(300.0, "how long an access token lives")
    retry_seconds: float = _setting(0.5, "wait before a push is repeated; it doubles each time")
    duplicates: str | None = _setting(None, "refuse or perform an order whose reference is known")


def add_flags(parser: argparse.ArgumentParser) -> None:
    for each in fields(Settings):
        flag = "--" + each.name.replace("_", "-")
        says = each.metadata["says"]
        if each.name == "duplicates":
            parser.add_argument(flag, choices=("refuse", "perform"), help=says + " (default: the partner's own way)")
        else:
            parser.add_argument(flag, type=_seconds, default=each.default, help=f"{says} (default: {each.default:g})")


def from_flags(flags: argparse.Namespace) -> Settings:
    return Settings(**{each.name: getattr(flags, each.name) for each in fields(Settings)})


def to_flags(settings: dict[str, Any]) -> list[str]:
    """Raises: TypeError, if there is no such setting."""
    given = Settings(**settings)
    return [word for name in settings for word in (f"--{name.replace('_', '-')}", str(getattr(given, name)))]


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError("zero or more seconds")
    return seconds
