"""The account at the partner, and the way there: a token of the house, and the version of this product."""

from pathlib import Path

from connectors.kit.manifest import Manifest
from connectors.kit.oauth import Api, ClientAccount
from connectors.reloadly_utilities import wire
from schemas.money import Currency

MANIFEST = Manifest.read(Path(__file__).parent)
API = Api(
    accept=wire.ACCEPT,
    refused=frozenset(code for code, meaning in MANIFEST.codes["session"].items() if meaning.means == "session"),
)


class ReloadlyAccount(ClientAccount, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's API client and wallet."""

    wallet_currency: Currency | None = None
