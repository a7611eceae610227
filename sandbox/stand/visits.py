"""The last requests a partner has seen, for whoever wants to know what reached it."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.stand.message import Request
from sandbox.stand.moment import iso, now

KEPT = 2000


@dataclass(slots=True)
class Visit:
    """One protocol request; `answered` is the HTTP status if a whole answer went out, else null."""

    at: str
    operation: str | None
    method: str
    path: str
    reference: str | None = None
    account: str | None = None
    fault: str | None = None
    answered: int | None = None


class Visits:
    """Noted on arrival, so that a request which is never answered is seen too."""

    def __init__(self) -> None:
        self._visits: deque[Visit] = deque(maxlen=KEPT)

    def note(self, request: Request) -> Visit:
        visit = Visit(iso(now()), None, request.method, request.path)
        self._visits.append(visit)
        return visit

    def shown(self) -> list[dict[str, Any]]:
        return [asdict(visit) for visit in self._visits]
