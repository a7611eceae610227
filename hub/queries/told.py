"""A connector's trouble in the words that a bank may hear."""

from hub import errors
from hub.errors import FieldError
from schemas.errors import Garbled, Late, MaybeSent, NotSent, Refused


def told(error: Exception, partner: str) -> errors.PartnerError:
    """Which of the bank's errors a connector's exception is."""
    match error:
        case Refused(message=message, field=field):
            return errors.RefusedByPartner(message, *([FieldError(field=field, message=message)] if field else []))
        case NotSent():
            return errors.PartnerDown(f"{partner} cannot be reached at present")
        case Garbled():
            return errors.PartnerGarbled(f"{partner} answered something that cannot be used")
        case Late() | TimeoutError():
            return errors.PartnerSlow(f"{partner} gave no answer in time")
        case MaybeSent():
            return errors.PartnerGarbled(f"{partner} gave no usable answer")
        case _:
            return errors.PartnerGarbled(f"{partner}'s answer could not be understood")
