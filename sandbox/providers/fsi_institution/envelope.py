"""The envelope of every transaction, and the sign-in that all others need first."""

import json
import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.providers.fsi_institution.codes import ENVELOPE, FIELD, SIGN_NO, Refused
from sandbox.providers.fsi_institution.credentials import Credentials
from sandbox.providers.fsi_institution.operations import SIGN_IN
from sandbox.providers.fsi_institution.words import day_time, millis, stamp
from sandbox.stand.leases import Leases
from sandbox.stand.moment import now

_DEMANDED = ("recer_sys_code", "opter", "opter_name", "inf_time", "fixmedins_name")
_OPTERS = frozenset("123")
_SERIAL = re.compile(r"[0-9]{18}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A transaction as it arrived; `document` is empty if it could not be read."""

    document: dict[str, Any]
    received: float

    @property
    def infno(self) -> str:
        return str(self.document.get("infno", ""))

    @property
    def msgid(self) -> str:
        return str(self.document.get("msgid", ""))

    @property
    def insuplc(self) -> str:
        """The insured area, spelled admdvs; the treatment area is spelled admvs."""
        return str(self.document.get("insuplc_admdvs") or "")

    def node(self, name: str = "data") -> dict[str, Any]:
        """One part of `input`; empty if there is none."""
        given = self.document.get("input")
        part = given.get(name) if isinstance(given, dict) else None
        return part if isinstance(part, dict) else {}


def opened(body: bytes) -> Envelope:
    """Reads leniently; numbers with a point become decimals."""
    try:
        document = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        document = None
    return Envelope(document if isinstance(document, dict) else {}, now())


class Sessions:
    """Sign-ins live for a while and are forgotten at a restart."""

    def __init__(self, given: Credentials, session_seconds: float) -> None:
        self._given = given
        self._leases = Leases(session_seconds)

    def check(self, envelope: Envelope) -> None:
        """Raises: Refused, for a bent envelope, another institution's, or one without a living sign-in."""
        document, given = envelope.document, self._given
        for name in _DEMANDED:
            if not isinstance(document.get(name), str) or not document[name]:
                raise Refused(ENVELOPE, name)
        expected = {
            "infver": "V1.0",
            "fixmedins_code": given.fixmedins_code,
            "mdtrtarea_admvs": given.mdtrtarea_admvs,
            "recer_sys_code": given.recer_sys_code,
        }
        for name, value in expected.items():
            if document.get(name) != value:
                raise Refused(ENVELOPE, name)
        prefix, serial = envelope.msgid[:12], envelope.msgid[12:]
        if prefix != given.fixmedins_code or not _SERIAL.fullmatch(serial):
            raise Refused(ENVELOPE, "msgid")
        if str(document.get("opter_type")) not in _OPTERS:
            raise Refused(ENVELOPE, "opter_type")
        if envelope.infno != SIGN_IN.name and not self._leases.good(str(document.get("sign_no"))):
            raise Refused(SIGN_NO)

    def sign_in(self, envelope: Envelope) -> dict[str, Any]:
        """Raises: Refused."""
        if envelope.node("signIn").get("opter_no") != self._given.opter:
            raise Refused(FIELD, "signIn.opter_no")
        sign_no = f"{secrets.randbelow(10**15):015d}"
        self._leases.add(sign_no)
        return {"signinoutb": {"sign_no": sign_no, "sign_time": day_time(now())}}

    def expire(self) -> int:
        """How many were alive."""
        return self._leases.revoke()


def answered(envelope: Envelope, area: str, infcode: int, message: str, output: dict[str, Any]) -> dict[str, Any]:
    """The platform's side of the envelope. Shape: inf_refmsgid is 6 + 14 + 10 characters."""
    return {
        "infcode": infcode,
        "inf_refmsgid": f"{area}{stamp(now())}{secrets.randbelow(10**10):010d}",
        "refmsg_time": millis(envelope.received),
        "respond_time": millis(now()),
        "err_msg": message,
        "output": output,
    }
