"""The account at the partner, the way there, and the code of an answer that says no."""

from pathlib import Path

from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest
from connectors.kit.oauth import Api, ClientAccount, error_code, failure
from connectors.reloadly_giftcards import wire
from schemas.call import Reply
from schemas.errors import Refused

MANIFEST = Manifest.read(Path(__file__).parent)
API = Api(
    accept=wire.ACCEPT,
    refused=frozenset(code for code, meaning in MANIFEST.codes["session"].items() if meaning.means == "session"),
)


class GiftcardsAccount(ClientAccount, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's API client, and the name that its customers see on a card."""

    sender_name: str = "Your bank"


def code_of(reply: Reply, family: str) -> str:
    """The code of an error; a message that the family knows where there is none, else the HTTP status."""
    said = failure(reply)
    if not said.error_code and said.message in MANIFEST.codes[family]:
        return said.message
    return error_code(reply)


def refuse(reply: Reply, family: str, field: str) -> None:
    """Raises: Refused where the code says so of a question."""
    if reply.status < 400:  # noqa: PLR2004
        return
    meaning = Codes(MANIFEST, family).meaning(code_of(reply, family))
    if meaning and meaning.means == "refused":
        raise Refused(meaning.text, field=field)
