"""Patterns that a partner gives, held against what a bank sends: in time that grows with the text alone.

Python's own matcher tries every way of reading a text, which takes a bad pattern years; RE2 reads each character once.
"""

import re
from functools import lru_cache
from typing import Protocol

import msgspec
import re2

from schemas.errors import Garbled

MEMORY = 1 << 20
"""So many bytes may one pattern need, compiled. A repetition of repetitions would need more."""


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole value must look like, and how long it is."""

    whole: str
    shortest: int = 0
    longest: int | None = None

    @property
    def text(self) -> str:
        """As a bank is told, length and all, in the syntax that Python and JSON Schema share."""
        if not self.shortest and self.longest is None:
            return self.whole
        longest = "" if self.longest is None else self.longest
        return rf"(?=.{{{self.shortest},{longest}}}$)(?:{self.whole})"

    def matches(self, value: str) -> bool:
        if len(value) < self.shortest or (self.longest is not None and len(value) > self.longest):
            return False
        return _linear(self.whole).fullmatch(value) is not None


def pattern(whole: str, *, shortest: int = 0, longest: int | None = None) -> Pattern:
    """Raises: Garbled for what is no pattern, or none that can be matched in linear time: it looks around, or back."""
    made = Pattern(whole=whole, shortest=shortest, longest=longest)
    try:
        re.compile(made.text, re.ASCII)
        _linear(whole)
    except (re.error, re2.error, OverflowError, RecursionError) as error:
        raise Garbled(f"the expression {whole[:64]!r} cannot be read") from error
    return made


class _Matcher(Protocol):
    def fullmatch(self, text: str) -> object | None: ...


@lru_cache(maxsize=1024)
def _linear(whole: str) -> _Matcher:
    options = re2.Options()
    options.max_mem, options.log_errors = MEMORY, False
    matcher: _Matcher = re2.compile(whole, options)
    return matcher
