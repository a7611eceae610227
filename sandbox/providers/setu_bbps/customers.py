"""Who asks about whom: the agent's channel, the biller, and the customer's numbers there."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from sandbox.providers.setu_bbps.answers import Refused, demand
from sandbox.providers.setu_bbps.billers import Biller, Billers, check_params

_MOBILE = re.compile(r"[0-9]{6,22}")
_MAC = re.compile(r"([0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}")
_DEVICE, _PLACE = ("app", "imei", "ip", "os"), ("geocode", "postalCode", "terminalId")
_DEMANDED = {
    "INT": ("ip", "mac"),
    "INTB": ("ip", "mac"),
    "MOB": _DEVICE,
    "MOBB": _DEVICE,
    "AGT": _PLACE,
    "BSC": _PLACE,
    "BNKBRNCH": ("geocode", "ifsc", "postalCode"),
    "ATM": ("terminalId",),
    "KIOSK": ("terminalId",),
    "POS": (),
    "MPOS": (),
}


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of a biller, as a request has named one. Shape: `account` is the first customerParam's value."""

    biller: Biller
    channel: str
    account: str
    mobile: str
    customer_id: str | None
    params: list[dict[str, str]]


def section(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Raises: Refused."""
    found = content.get(name)
    if not isinstance(found, dict):
        raise Refused(f"{name} is missing")
    return found


def customer_of(content: dict[str, Any], billers: Billers, agent_id: str) -> Customer:
    """Raises: Refused."""
    channel = _channel(section(content, "agent"), agent_id)
    biller = billers.open(section(content, "biller").get("id"))
    customer = section(content, "customer")
    mobile = customer.get("mobile")
    demand(isinstance(mobile, str) and _MOBILE.fullmatch(mobile), "customer.mobile is 6 to 22 digits")
    customer_id = customer.get("customerId")
    demand(customer_id is None or isinstance(customer_id, str), "customer.customerId is a text")
    params = _params(customer)
    check_params(biller, {each["name"]: each["value"] for each in params})
    return Customer(biller, channel, account_of(content, billers) or "", str(mobile), customer_id, params)


def account_of(content: dict[str, Any], billers: Billers) -> str | None:
    """The customer's number, from a request that may be malformed; else None."""
    try:
        biller = billers.known(section(content, "biller").get("id"))
        params = {each["name"]: each["value"] for each in _params(section(content, "customer"))}
    except Refused:
        return None
    return None if biller is None else params.get(biller["customerParams"][0]["paramName"])


def _channel(agent: dict[str, Any], agent_id: str) -> str:
    demand(agent.get("id") == agent_id, "agent.id is not yours")
    channel = agent.get("channel")
    if not isinstance(channel, str) or channel not in _DEMANDED:
        raise Refused("agent.channel is not known")
    for name in _DEMANDED[channel]:
        value = agent.get(name)
        demand(isinstance(value, str) and value and _well_formed(name, value), f"agent.{name} is demanded by {channel}")
    return channel


def _well_formed(name: str, value: str) -> bool:
    if name == "mac":
        return _MAC.fullmatch(value) is not None
    if name == "ip":
        try:
            ipaddress.IPv4Address(value)
        except ValueError:
            return False
    return True


def _params(customer: dict[str, Any]) -> list[dict[str, str]]:
    params = customer.get("customerParams")
    if not isinstance(params, list) or not params:
        raise Refused("customer.customerParams is missing")
    for each in params:
        whole = isinstance(each, dict) and all(isinstance(each.get(key), str) for key in ("name", "value"))
        demand(whole and each["value"], "customer.customerParams: a name and a value, or left out")
    demand(len({each["name"] for each in params}) == len(params), "customer.customerParams: a name comes twice")
    return [{"name": each["name"], "value": each["value"]} for each in params]
