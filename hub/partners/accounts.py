"""Setting a bank's account at a partner, checked against the partner's own struct before anything is stored."""

from datetime import datetime

import msgspec

from connectors.kit.registry import Connector
from hub import ids
from hub.audit import rows as audit
from hub.audit.record import new_record
from hub.partners import rows
from hub.store import Connection, Sealer, TenantSealer
from hub.tenants import rows as tenants


def sealed_for(tenant: str, partner_id: int) -> str:
    """The context of an account's settings: they are one bank's at one partner."""
    return f"partner_accounts.settings:{tenant}:{partner_id}"


class AccountError(Exception):
    """The account's settings do not fit the partner. The message names the field."""


def checked(connector: Connector, raw: bytes) -> bytes:
    """The settings as they will be stored. Raises: AccountError naming the field."""
    try:
        return msgspec.json.encode(msgspec.json.decode(raw, type=connector.partner.account))
    except msgspec.DecodeError as error:
        raise AccountError(f"{connector.manifest.name}: {error}") from error


def set_account(tx: Connection, sealer: Sealer, connector: Connector, tenant: str, raw: bytes, now: datetime) -> str:
    """Stores the settings sealed under the bank's key, with an audit record; the same again changes nothing.

    Returns the account's id. Raises: AccountError, Unsealable where what stands was sealed under another key.
    """
    tenant_sealer = sealer.tenant(tenant, tenants.data_key(tx, tenant))
    wanted, context = checked(connector, raw), sealed_for(tenant, connector.manifest.id)
    for standing in rows.accounts_of(tx, tenant):
        if standing.partner_id == connector.manifest.id and _opened(tenant_sealer, standing, context) == wanted:
            return standing.account_id
    settings = tenant_sealer.seal(wanted, context=context)
    account_id = rows.set_account(tx, ids.new("acc", now), tenant, connector.manifest.id, settings, now)
    audit.append(
        tx,
        new_record(
            tenant=tenant,
            at=now,
            kind="admin",
            trace_id="",
            actor="operator",
            operation="partner-account.set",
            partner=connector.manifest.name,
            facts={"account_id": account_id},
        ),
    )
    return account_id


def _opened(sealer: TenantSealer, row: rows.AccountRow, context: str) -> bytes:
    return sealer.unseal(row.settings, context=context)
