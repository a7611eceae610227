"""What a bank may see go wrong, grouped by who must act.

HubError
  CallerError    Malformed · KeyMissing · ScopeMissing · ConsentMissing · NotFound · MethodNotAllowed
                 NotAcceptable · TooLarge · WrongMediaType · Invalid · KeyReused · TooMany
  PartnerError   RefusedByPartner · PartnerDown · PartnerGarbled · PartnerSlow     (questions only)
  HubFault       Misconfigured · NotOffered

A caller without a valid token is `hub.identity.refusals.Unauthenticated`, a store that cannot be written
`hub.store.StoreUnavailable`.
HTTP statuses live in `hub/gateway/problems.py`, and nowhere else.
"""

from schemas.struct import Canonical


class FieldError(Canonical):
    """One field at fault. Shape: `field` is a path as the bank wrote it: `amount.amount`."""

    field: str
    message: str


class HubError(Exception):
    """An answer that is no result."""

    def __init__(self, detail: str = "", *errors: FieldError) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class CallerError(HubError):
    """The caller must change something."""


class Malformed(CallerError):
    """The request cannot be read."""


class KeyMissing(CallerError):
    """An order, or a release, without an Idempotency-Key."""


class ScopeMissing(CallerError):
    """The token does not allow this."""


class ConsentMissing(CallerError):
    """The customer has not agreed to this."""


class NotFound(CallerError):
    """No such thing for this caller."""


class MethodNotAllowed(CallerError):
    """The path exists, the method does not."""


class NotAcceptable(CallerError):
    """The caller accepts nothing that the hub can write."""


class TooLarge(CallerError):
    """The body is longer than the hub reads."""


class WrongMediaType(CallerError):
    """The body is not JSON, or says that it is not."""


class Invalid(CallerError):
    """The request reads well and breaks a rule."""

    @classmethod
    def at(cls, field: str, message: str) -> "Invalid":
        """Breaks it at one field, which the words name too."""
        return cls(f"{field}: {message}", FieldError(field=field, message=message))


class KeyReused(CallerError):
    """The same Idempotency-Key with another request."""


class TooMany(CallerError):
    """More calls than the caller's quota."""


class PartnerError(HubError):
    """The partner did not answer a question."""


class RefusedByPartner(PartnerError):
    """The partner, or its rules, say no to this request."""


class PartnerDown(PartnerError):
    """Nothing could be sent."""


class PartnerGarbled(PartnerError):
    """The partner gave no answer that can be used."""


class PartnerSlow(PartnerError):
    """No answer in time."""


class HubFault(HubError):
    """The hub's operator must act."""


class Misconfigured(HubFault):
    """A setting, an account or a manifest is wrong."""


class NotOffered(HubFault):
    """No partner on this bank's shelf offers it."""
