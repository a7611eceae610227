"""What is good for a while: access tokens, sign-ins, sessions."""

from collections.abc import Hashable

from sandbox.stand.moment import now

_KEPT = 10_000


class Leases:
    """Kept in memory: a restart forgets them, and the oldest go first when there are too many."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._good_until: dict[Hashable, float] = {}

    def add(self, name: Hashable) -> None:
        while len(self._good_until) >= _KEPT:
            del self._good_until[next(iter(self._good_until))]
        self._good_until[name] = now() + self._seconds

    def good(self, name: Hashable) -> bool:
        return self._good_until.get(name, 0) > now()

    def revoke(self) -> int:
        """All of them; how many there were."""
        count = len(self._good_until)
        self._good_until.clear()
        return count
