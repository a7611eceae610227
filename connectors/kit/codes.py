"""What a partner's codes mean, per operation: data in the manifest, read in one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import structlog

from connectors.kit.manifest import Manifest, Meaning
from schemas.outcome import Absent, Declined, Pending, Reason, Unknown

log = structlog.get_logger("hub.codes")

LONGEST = 64
_met: ContextVar[dict[str, None] | None] = ContextVar("met", default=None)


@contextmanager
def meeting_unmapped() -> Iterator[dict[str, None]]:
    """Collects the codes that nobody mapped and that are looked up inside, each once, in order.

    A question has no outcome that could carry them, and connectors go on without some.
    """
    met: dict[str, None] = {}
    token = _met.set(met)
    try:
        yield met
    finally:
        _met.reset(token)


class Codes:
    """The code table of one operation of one partner."""

    def __init__(self, manifest: Manifest, operation: str) -> None:
        self.partner = manifest.name
        self.operation = operation
        self._meanings = manifest.codes.get(operation, {})

    def meaning(self, code: str) -> Meaning | None:
        """None for a code that nobody mapped, and an alert about it."""
        found = self._meanings.get(code)
        if found is None:
            log.warning("unmapped-code", partner=self.partner, operation=self.operation, code=code[:LONGEST])
            if (met := _met.get()) is not None:
                met[code[:LONGEST]] = None
        return found

    def outcome(
        self, code: str, *, text: str = "", acknowledged: bool, check_after: datetime | None = None
    ) -> Declined | Pending[Any] | Unknown | Absent:
        """A code that is no success, as an outcome.

        `acknowledged`: the partner has verifiably taken the order. An unmapped status is then Pending; an unmapped
        answer to a submission is Unknown. Never call this for a code that means success: it would be Unknown.
        """
        meaning = self.meaning(code)
        if meaning is None:
            return (
                Pending(stage=code[:LONGEST], check_after=check_after, unmapped=True)
                if acknowledged
                else Unknown(why=f"the partner answered {code[:LONGEST]!r}, which nobody has mapped", unmapped=True)
            )
        if meaning.means in ("declined", "refused"):
            reason = Reason(code=meaning.reason or "declined", message=meaning.text or text, partner_code=code)
            return Declined(reason=reason)
        if meaning.means == "pending":
            return Pending(stage=meaning.text or code, check_after=check_after)
        if meaning.means == "absent":
            return Absent(why=meaning.text or text)
        return Unknown(why=meaning.text or text or f"the partner answered {code!r}")
