"""The texts to be signed, built by hand from the partners' recipes."""

import json
from decimal import Decimal

import pytest

from connectors.kit.signing.sorted_fields import characters_of_fields, characters_of_text, nhsa_text, query_text


def test_the_nhsa_text_follows_the_recipe() -> None:
    """Sorted regardless of case, nested values as compact sorted JSON of strings, the secret at the end."""
    message = json.loads(
        """{"version": "1.0.0", "timestamp": 1700000000000, "appCode": "A1", "Zone": "东",
            "data": {"orgCodg": "H9901", "amounts": {"fund": 80.10, "cash": 1e2, "acct": 0}, "used": true,
                     "feedetailList": [{"b": 2, "a": "x/y"}, [3, "4"]]},
            "signData": "s", "encData": "e", "extra": {"any": "thing"}}""",
        parse_float=Decimal,
    )
    assert nhsa_text(message, "S3cret") == (
        "appCode=A1&"
        'data={"amounts":{"acct":"0","cash":"1E+2","fund":"80.10"},'
        '"feedetailList":[{"a":"x/y","b":"2"},["3","4"]],"orgCodg":"H9901","used":"true"}&'
        "timestamp=1700000000000&"
        "version=1.0.0&"
        "Zone=东&"
        "key=S3cret"
    )


def test_what_is_empty_is_not_signed() -> None:
    """Null, empty text and empty arrays go, however deep; zero, false and a blank stay."""
    message = {
        "none": None,
        "blank": " ",
        "text": "",
        "list": [],
        "hollow": ["", None, []],
        "zero": 0,
        "no": False,
        "data": {"none": None, "text": "", "list": [], "kept": ["", "a", None], "deep": {"list": [None]}},
    }
    assert nhsa_text(message, "k") == 'blank= &data={"deep":{},"kept":["a"]}&no=false&zero=0&key=k'


def test_only_the_outermost_of_the_names_is_left_out() -> None:
    """A field called `extra` inside the data is data."""
    assert nhsa_text({"data": {"extra": "1"}, "extra": "2"}, "k") == 'data={"extra":"1"}&key=k'


def test_pieces_are_sorted_whole_as_the_recipe_says() -> None:
    """The sign of equality counts: it stands after a digit and before a letter."""
    assert nhsa_text({"feeA": "1", "fee": "2", "fee1": "3", "Fee_b": "4"}, "k") == "fee1=3&fee=2&Fee_b=4&feeA=1&key=k"


@pytest.mark.parametrize("value", [1.1, [1.1], {"a": {"b": 1.1}}])
def test_a_float_is_refused(value: object) -> None:
    """1.10 became 1.1 when it was read: the text would be another than the partner's."""
    with pytest.raises(ValueError, match="float"):
        nhsa_text({"amount": value}, "k")


def test_a_query_is_sorted_and_not_escaped() -> None:
    """In the order of ASCII, capitals first, with what is to follow appended as it is."""
    fields = {"mobile": "13000000000", "datetime": "20240102030405", "Zone": "a b&c", "amount": ""}
    text = "Zone=a b&c&amount=&datetime=20240102030405&mobile=13000000000"
    assert query_text(fields) == text
    assert query_text(fields, "&key=S3cret") == text + "&key=S3cret"


def test_characters_are_sorted_one_by_one() -> None:
    """Of the JSON without its signature, neither slash nor Chinese escaped, then the secret unsorted."""
    fields = {"b": "京/", "sign": "zzz", "a": '{"c":"1"}'}
    # by code point, of {"b":"京/","a":"{\"c\":\"1\"}"}
    assert characters_of_fields(fields, "S3") == '"' * 12 + ",/1:::" + "\\" * 4 + "abc{{}}京" + "S3"


def test_a_replys_characters_are_sorted_too() -> None:
    """A result is text already, so nothing is written anew."""
    assert characters_of_text('{ "state":"ok"}', "S3") == ' """":aekostt{}S3'
