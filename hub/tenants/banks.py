"""Adding member banks, finding them, and shutting one out."""

import re
from datetime import datetime

from hub import ids
from hub.audit import rows as audit
from hub.audit.record import new_record
from hub.store import Connection, Sealer
from hub.tenants import rows
from hub.tenants.rows import BankRow

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,40}")


class BankError(Exception):
    """What was asked about a bank cannot be done. The message says why, in an operator's words."""


def add(tx: Connection, sealer: Sealer, name: str, *, now: datetime) -> BankRow:
    """Adds a bank with a data key of its own. Raises: BankError for a name that is unfit or taken."""
    if not NAME.fullmatch(name):
        raise BankError(
            f"{name!r} is no name for a bank: 2 to 41 lower-case letters, digits and hyphens, no hyphen first"
        )
    tenant_id = ids.new("bnk", now)
    bank = BankRow(tenant_id, name, sealer.new_data_key(tenant_id), "active", now)
    if not rows.insert_bank(tx, bank):
        raise BankError(f"there is already a bank named {name}")
    _record(tx, tenant_id, "bank.add", name, now)
    return bank


def find(tx: Connection, name: str) -> BankRow:
    """Raises: BankError that lists the banks there are."""
    bank = rows.find_by_name(tx, name)
    if bank is None:
        there = ", ".join(known.name for known in rows.list_banks(tx)) or "none yet"
        raise BankError(f"there is no bank named {name!r}; banks: {there}")
    return bank


def suspend(tx: Connection, name: str, *, now: datetime) -> None:
    """Shuts a bank out: its clients get no token, and theirs are refused within seconds. Raises: BankError."""
    _set_status(tx, name, "suspended", now)


def resume(tx: Connection, name: str, *, now: datetime) -> None:
    """Lets a suspended bank in again. Raises: BankError."""
    _set_status(tx, name, "active", now)


def _set_status(tx: Connection, name: str, status: str, now: datetime) -> None:
    bank = find(tx, name)
    rows.set_status(tx, bank.tenant_id, status)
    _record(tx, bank.tenant_id, f"bank.{status}", name, now)


def _record(tx: Connection, tenant_id: str, operation: str, name: str, now: datetime) -> None:
    audit.append(
        tx,
        new_record(
            tenant=tenant_id,
            at=now,
            kind="admin",
            trace_id="",
            actor="operator",
            operation=operation,
            facts={"bank": name},
        ),
    )
