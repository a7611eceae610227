"""The signature: MD5 over the characters of a canonical JSON text, sorted one by one, and the secret.

A sorted multiset of characters protects no value's place: digits may change fields and it still holds.
"""

import json
from hashlib import md5
from typing import Any


def text_of(document: Any) -> str:
    """JSON without spaces, slashes and unicode unescaped; what is signed, whatever the wire looks like."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def canonical(parameters: dict[str, Any]) -> str:
    return text_of({name: value for name, value in parameters.items() if name != "sign"})


def sign(text: str, secret: str) -> str:
    """Lower-case hex; characters are sorted by code point and hashed as UTF-8."""
    letters = "".join(sorted(text)) + secret
    return md5(letters.encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 - the partner's own


def forged(signature: str) -> str:
    """A signature that is surely wrong."""
    return signature[:-1] + ("0" if signature[-1] != "0" else "1")
