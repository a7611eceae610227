"""What feeds call a commodity, and what everybody calls it: one table, read both ways."""

import unicodedata
from importlib.resources import files

import msgspec


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One commodity's names. Shape: `aliases` are other names for it, the words of the feeds among them."""

    chinese: str
    english: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [self.chinese, self.english, *self.aliases]


COMMODITIES: dict[str, Named] = msgspec.json.decode(
    files("connectors.kit").joinpath("data/commodities.json").read_bytes(), type=dict[str, Named]
)
"""Canonical key to names."""


def _folded(word: str) -> str:
    """Full width, case and doubled spaces make no other word."""
    return " ".join(unicodedata.normalize("NFKC", word).casefold().split())


_KEYS = {_folded(name): key for key, named in COMMODITIES.items() for name in (key, *named.names)}


def key_of(word: str) -> str | None:
    """The canonical key that a feed's word, or anybody's, stands for; None where nobody knows."""
    return _KEYS.get(_folded(word))


def names_of(key: str) -> list[str]:
    """All names of a commodity: Chinese, English, then the others. None for a key that is not in the table."""
    named = COMMODITIES.get(key)
    return named.names if named else []
