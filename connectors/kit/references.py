"""Order numbers as a partner wants them."""

import secrets
import uuid

from connectors.kit.manifest import ReferenceFormat

_ALPHABETS = {"digits": "0123456789", "alphanumeric": "0123456789ABCDEFGHJKMNPQRSTVWXYZ"}


def make(form: ReferenceFormat) -> str:
    """A new reference. The journal refuses one that this account has used before."""
    if form.alphabet == "uuid":
        return str(uuid.uuid4())
    alphabet = _ALPHABETS[form.alphabet]
    return "".join(secrets.choice(alphabet) for _ in range(form.length))
