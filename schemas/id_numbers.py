"""Check digits of Chinese identity numbers and credit codes."""

from datetime import date

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_LENGTH = 18


def resident_id_flaw(number: str) -> str | None:
    """What is wrong with a resident's identity number; None when nothing is. Source: GB 11643-1999."""
    body, check = number[:17], number[17:]
    if len(body) != len(_ID_WEIGHTS) or not (body.isascii() and body.isdigit()) or len(check) != 1:
        return "must be 17 digits and a check digit"
    try:
        born_on(body)
    except ValueError:
        return "holds a date of birth that does not exist"
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, body, strict=True))
    return None if check == _ID_CHECKS[total % 11] else "has a wrong check digit"


def born_on(number: str) -> date:
    """The date of birth in a resident's identity number without a flaw."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def credit_code_flaw(code: str) -> str | None:
    """What is wrong with a unified social credit code; None when nothing is. Source: GB 32100-2015."""
    if len(code) != _CREDIT_LENGTH or any(character not in _CREDIT_ALPHABET for character in code):
        return "must be 18 characters of 0-9 and A-Z without I, O, S, V and Z"
    values = [_CREDIT_ALPHABET.index(character) for character in code[:-1]]
    total = sum(value * pow(3, place, 31) for place, value in enumerate(values))
    return None if code[-1] == _CREDIT_ALPHABET[-total % 31] else "has a wrong check character"
