"""What the partner hands out to an integrator."""

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.stand import credentials


@dataclass(frozen=True, slots=True)
class Access:
    """The content of `credentials.json`."""

    api_key: str
    api_secret: str
    webhook_secret: str


def prepare(var: Path) -> None:
    """Keeps what exists."""
    made = Access("lb_" + secrets.token_hex(12), secrets.token_hex(32), secrets.token_hex(32))
    credentials.hand_out(var, asdict(made))


def load(var: Path) -> Access:
    return Access(**credentials.read(var))
