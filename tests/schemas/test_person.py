"""A customer's name is one that can be read."""

import pytest

from schemas.person import Person


@pytest.mark.parametrize("name", [" ", "\u3000", "\t", "a\nb", "a\x00b", "a\x7f", "\x85a"])
def test_a_name_is_no_blank(name: str) -> None:
    """A name that is blank, or holds what moves a cursor, is refused by its field."""
    with pytest.raises(ValueError, match=r"^name: "):
        Person(name=name, id_number="E12345678", id_type="passport")


@pytest.mark.parametrize("name", ["周桂英", "买买提·吐尔逊", "O'Brien, Séan", "周　英", "क्\u200dष"])
def test_names_of_everybody(name: str) -> None:
    """Letters of every script, dots, blanks between, and the joiners that some scripts need."""
    assert Person(name=name, id_number="E12345678", id_type="passport").name == name
