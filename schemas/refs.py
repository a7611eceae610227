"""References to things that a partner owns: its billers, its bills, its products."""

from typing import Any


class PartnerRef:
    """One thing at one partner.

    Shape: travels to banks as an opaque token that only the gateway encrypts and opens;
    inside the hub it is the partner's immutable numeric id and the partner's own local id.
    """

    __slots__ = ("local_id", "partner")

    def __init__(self, partner: int, local_id: str) -> None:
        self.partner = partner
        self.local_id = local_id

    def __repr__(self) -> str:
        return f"PartnerRef({self.partner}, {self.local_id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartnerRef) and (self.partner, self.local_id) == (
            other.partner,
            other.local_id,
        )

    def __hash__(self) -> int:
        return hash((self.partner, self.local_id))

    def __str__(self) -> str:
        return f"{self.partner}:{self.local_id}"

    @classmethod
    def parse(cls, plain: str) -> "PartnerRef":
        """Reads what `str` wrote. Raises: ValueError."""
        partner, colon, local_id = plain.partition(":")
        if not (colon and partner.isascii() and partner.isdigit()):
            raise ValueError("is no partner reference")
        return cls(int(partner), local_id)


TOKEN_SCHEMA: dict[str, Any] = {
    "type": "string",
    "description": "Opaque reference, as the hub gave it",
    "minLength": 1,
    "maxLength": 1024,
}
"""How the token looks in the OpenAPI document."""
