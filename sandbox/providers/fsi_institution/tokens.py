"""What stands for an e-voucher in mdtrt_cert_no: provinces take the identity number, or a token that serves once."""

import secrets

from sandbox.providers.fsi_institution.codes import TOKEN, Refused
from sandbox.stand.moment import now

VOUCHER = "01"


class Tokens:
    """Kept in memory. Where the province takes none, nothing is looked at."""

    def __init__(self, seconds: float, *, taken: bool) -> None:
        self._seconds = seconds
        self._taken = taken
        self._given: dict[str, tuple[str, float]] = {}

    def give(self, certno: str) -> str:
        """One for a person: what their phone would show."""
        token = secrets.token_urlsafe(21)
        self._given[token] = (certno, now() + self._seconds)
        return token

    def check(self, data: dict[str, object], certno: str) -> None:
        """Raises: Refused for what is no token of this person's that is still good."""
        if not self._taken or data.get("mdtrt_cert_type") != VOUCHER:
            return
        whose, until = self._given.get(str(data.get("mdtrt_cert_no")), ("", 0.0))
        if whose != certno or until <= now():
            raise Refused(TOKEN, "mdtrt_cert_no")

    def spend(self, data: dict[str, object], certno: str) -> None:
        """Raises: Refused."""
        self.check(data, certno)
        self._given.pop(str(data.get("mdtrt_cert_no")), None)
