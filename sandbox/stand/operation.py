"""What a partner offers, said once: operations, and the accounts that are not ordinary."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a fault can mean at an operation."""

    QUERY = "asks, and changes nothing"
    ENQUIRY = "asks what became of a payment, so it reports an amount"
    PAYMENT = "performs"
    PUSH = "the partner calls us"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked, under the partner's name and under a plain word of ours."""

    name: str
    plain: str
    kind: Kind
    says: str


@dataclass(frozen=True, slots=True)
class Magic:
    """An account number that is not ordinary: it carries a fault, or a situation only the partner knows."""

    account: str
    does: str
    fault: str | None = None
    situation: str | None = None
