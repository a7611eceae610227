"""The one way in which the store itself fails."""


class StoreUnavailable(Exception):
    """The database cannot be used now: full disk, locked, vanished, connection lost.

    `maybe_committed` is false when the unit was certainly not committed, and true when the connection broke
    while COMMIT was under way, so that nobody here can know.
    """

    def __init__(self, message: str, *, maybe_committed: bool = False) -> None:
        super().__init__(message)
        self.maybe_committed = maybe_committed

    def again(self) -> "StoreUnavailable":
        """A fresh copy for one more caller: an exception raised in several tasks grows a tangled traceback."""
        return StoreUnavailable(str(self), maybe_committed=self.maybe_committed)
