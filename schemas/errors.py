"""What a connector may raise.

PartnerFailure
  NotSent       the gate refused, or the transport proves that no connection was made
    NotTried    it was not even tried, for a reason of our own: that says nothing about the partner
  MaybeSent     everything else that ends an exchange without a usable answer
    Garbled     an answer came, and it is no message of this partner's protocol
    Late        no answer came in time
  NotReady      the partner needs more time; ask again after a while (questions only)
  Refused       the partner, or its rules, say no to this request: the caller's data are the cause
"""

from datetime import timedelta


class PartnerFailure(Exception):
    """The partner did not answer with what was asked for."""


class NotSent(PartnerFailure):
    """Certainly nothing reached the partner."""


class NotTried(NotSent):
    """Nothing was even tried, for a reason of our own: that says nothing about the partner."""


class MaybeSent(PartnerFailure):
    """The partner may have received it, and may have acted."""


class Garbled(MaybeSent):
    """The answer cannot be read or verified. `evidence` is kept for people, and never shown to a bank."""

    def __init__(self, message: str, evidence: bytes = b"") -> None:
        super().__init__(message)
        self.evidence = evidence


class Late(MaybeSent):
    """Nobody answered for as long as anybody waits."""


class NotReady(PartnerFailure):
    """A question whose answer takes the partner minutes or hours."""

    def __init__(self, check_after: timedelta) -> None:
        super().__init__(f"ask again in {check_after}")
        self.check_after = check_after


class Refused(PartnerFailure):
    """The request breaks a rule of the partner. `field` names the part of the request at fault, if one is."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
