"""One table of names, read both ways."""

import re
from collections import Counter

import pytest

from connectors.kit.commodities import COMMODITIES, _folded, key_of, names_of


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("番茄", "tomato"),
        ("西红柿", "tomato"),
        ("TOMATOES", "tomato"),
        ("  Onions   Dry ", "onion"),
        ("葱头", "onion"),
        ("Ｃｏｒｎ", "maize"),
        ("Paddy(Dhan)(Common)", "paddy"),
        ("粳米", "rice"),
        ("sweet-potato", "sweet-potato"),
        ("油菜", "pak-choi"),
        ("油菜籽", "rapeseed"),
    ],
)
def test_word_to_key(word: str, key: str) -> None:
    """Any name, in either language, in any case and width, finds the one key."""
    assert key_of(word) == key


def test_key_to_words() -> None:
    """A key brings its names back, Chinese first; a key that nobody knows brings none, and so does a word."""
    assert names_of("potato")[:3] == ["土豆", "Potato", "马铃薯"]
    assert names_of("unobtainium") == []
    assert key_of("unobtainium") is None


def test_no_name_is_ambiguous() -> None:
    """No name stands for two commodities, and every key is one that the contract takes."""
    names = [(_folded(name), key) for key, named in COMMODITIES.items() for name in (key, *named.names)]
    assert [name for name, keys in Counter(name for name, _ in set(names)).items() if keys > 1] == []
    assert all(re.fullmatch("[a-z][a-z0-9-]{1,40}", key) for key in COMMODITIES)
