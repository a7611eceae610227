"""Calendar months, as contribution records count."""

from typing import Annotated

from schemas.struct import pattern

Month = Annotated[str, pattern("(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])", "A month: 2026-03")]


def refuse_reversed(begins: str, ends: str) -> None:
    """Raises: ValueError naming `ends` where a period ends before it begins."""
    if ends < begins:
        raise ValueError("ends: is before begins")
