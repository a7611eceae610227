"""What the platform hands out to a designated institution, kept in the simulator's own folder."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sandbox.stand import credentials


@dataclass(frozen=True, slots=True)
class Credentials:
    """One institution: who it is, where it treats, who signs in, and its key at the gateway."""

    fixmedins_code: str
    fixmedins_name: str
    mdtrtarea_admvs: str
    recer_sys_code: str
    opter: str
    opter_name: str
    tif_paasid: str
    tif_token: str
    voucher_cert_no: str = "id-number"


def prepare(var: Path) -> None:
    """Keeps what exists."""
    document = {
        "fixmedins_code": "H21010000001",
        "fixmedins_name": "沈阳市模拟人民医院",
        "mdtrtarea_admvs": "210100",
        "recer_sys_code": "SIMHIS",
        "opter": "0001",
        "opter_name": "模拟经办",
        "tif_paasid": f"sim_{secrets.token_hex(4)}",
        "tif_token": secrets.token_urlsafe(24),
        "voucher_cert_no": "id-number",
    }
    credentials.hand_out(var, document)


def load(var: Path) -> Credentials:
    return Credentials(**credentials.read(var))
