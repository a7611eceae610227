"""The account, and one exchange under it."""

from pathlib import Path
from typing import Annotated

import msgspec

from connectors.kit.manifest import Manifest
from schemas.call import Call, Http
from schemas.struct import pattern

MANIFEST = Manifest.read(Path(__file__).parent)


class TremendousAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's key, the secret of its webhooks, and what its orders are charged to."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    api_key: str
    webhook_secret: str
    funding_source_id: str

    def __repr__(self) -> str:
        return f"TremendousAccount(funding_source_id={self.funding_source_id!r})"


def message(call: Call, method: str, path: str, body: bytes = b"") -> Http:
    account = call.account(TremendousAccount)
    headers = {"Authorization": f"Bearer {account.api_key}", "Accept": "application/json"}
    if body:
        headers["Content-Type"] = "application/json"
    return Http(method=method, url=account.base_url.rstrip("/") + path, headers=headers, body=body)
