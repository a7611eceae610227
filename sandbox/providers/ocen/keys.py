"""Keys and credentials of the loan agent and of the network, made on the spot, kept in the simulator's own folder."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from joserfc.jwk import ECKey

from sandbox.stand import credentials

NETWORK_KEY_ID = "network-1"
_AGENT_KEY_ID = "agent-1"


@dataclass(frozen=True, slots=True)
class Keys:
    """The network's own key, and what it knows of its loan agent."""

    own: ECKey
    agent: ECKey
    client: tuple[str, str]
    org_id: str
    participant_id: str
    key_id: str
    product_network_id: str


_LENDERS_SECONDS = 3
"""So long after they were asked lenders may still make offers, as the network tells its agents."""


def prepare(var: Path) -> None:
    """Keeps what exists: `credentials.json` is for the loan agent, `keys.json` stays with the simulator."""
    agent, network = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    document: dict[str, str | int] = {
        "client_id": secrets.token_urlsafe(24),
        "client_secret": secrets.token_urlsafe(48),
        "org_id": "ORG-" + secrets.token_hex(4).upper(),
        "participant_id": str(uuid4()),
        "product_network_id": str(uuid4()),
        "key_id": _AGENT_KEY_ID,
        "private_key": _pem(agent, private=True),
        "network_key_id": NETWORK_KEY_ID,
        "network_public_key": _pem(network, private=False),
        "lenders_seconds": _LENDERS_SECONDS,
    }
    credentials.hand_out(var, document, {"private_key": _pem(network, private=True)})


def load(var: Path) -> Keys:
    told, own = credentials.read(var), credentials.read_keys(var)
    return Keys(
        own=ECKey.import_key(own["private_key"]),
        agent=ECKey.import_key(told["private_key"]),
        client=(told["client_id"], told["client_secret"]),
        org_id=told["org_id"],
        participant_id=told["participant_id"],
        key_id=told["key_id"],
        product_network_id=told["product_network_id"],
    )


def _pem(key: ECKey, *, private: bool) -> str:
    return key.as_pem(private=private).decode()
