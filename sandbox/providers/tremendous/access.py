"""What the partner hands out to an integrator."""

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.stand import credentials


@dataclass(frozen=True, slots=True)
class Access:
    """The content of `credentials.json`."""

    api_key: str
    webhook_secret: str
    funding_source_id: str


def prepare(var: Path) -> None:
    """Keeps what exists."""
    made = Access(
        api_key="TEST_" + secrets.token_urlsafe(32),
        webhook_secret=secrets.token_hex(32),
        funding_source_id="FUND" + secrets.token_hex(4).upper(),
    )
    credentials.hand_out(var, asdict(made))


def load(var: Path) -> Access:
    return Access(**credentials.read(var))
