"""Values that must never be printed, logged or stored in the clear."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Secret(Generic[T]):
    """A value that prints as `***`: card numbers, meter tokens, one-time passwords.

    In an order's result it is the deliverable: the pipeline takes it out, seals it, and the bank
    sees a `deliverable_id`. It has no encoding, so one that was not taken out fails loudly.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """The value itself. Every caller of this is a place to audit."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash((Secret, self._value))
