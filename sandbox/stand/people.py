"""Made-up people: identity numbers with a valid check digit in an area code that was never assigned.

Source: GB 11643-1999 for the check digit.
"""

_AREA = "990000"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def check_digit(body: str) -> str:
    """The 18th character of an identity number, from its first 17 digits."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True)) % 11]


def id_number(serial: int, born: str = "19850615") -> str:
    """A person's identity number. Shape: `serial` is 0 to 999, `born` is yyyyMMdd."""
    body = f"{_AREA}{born}{serial:03}"
    return body + check_digit(body)


def magic_id(tail: int) -> str:
    """The identity number that stands for the magic account 99000000<tail>."""
    return id_number(tail, "19700101")


def magic_mobile(tail: int) -> str:
    """The mobile number that stands for the magic account 99000000<tail>; 199 00… is given to nobody."""
    return f"199000000{tail:02}"
