"""How far a bank has turned a merged list: whose share goes on where, in a cursor that no other list takes."""

from collections.abc import Mapping

import msgspec

from hub.consents.parties import Parties
from hub.gateway.tokens import Tokens
from schemas.codec import PLAIN
from schemas.page import Paged

_places = msgspec.json.Decoder(dict[int, str])


class Places:
    """Reads and writes cursors of merged lists.

    Shape: a place is a partner's own cursor under the partner's id. Who has none has given all, has failed, needs
    longer and goes on by itself, or came to the bank's shelf later: a list keeps to the partners it began with.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def read(self, request: Paged, tenant: str, parties: Parties | None) -> dict[int, str] | None:
        """Where the shares go on; None at the beginning, where everyone's begins. Raises: Malformed."""
        if request.cursor is None:
            return None
        return _places.decode(self._tokens.read_cursor(request.cursor, _bound_to(request, tenant, parties)))

    def write(self, places: Mapping[int, str], request: Paged, tenant: str, parties: Parties | None) -> str | None:
        """The cursor to the rest; None where nobody has more."""
        if not places:
            return None
        return self._tokens.write_cursor(msgspec.json.encode(places), _bound_to(request, tenant, parties))


def _bound_to(request: Paged, tenant: str, parties: Parties | None) -> bytes:
    """What a cursor is good for: this bank, this customer, and this question apart from cursor and page's length."""
    plain = msgspec.structs.replace(request, cursor=None, limit=1)
    whom = f"{parties.subject.id_type} {parties.subject.id_number}" if parties else ""
    return f"{type(request).__name__}\n{tenant}\n{whom}\n".encode() + PLAIN.encode(plain)
