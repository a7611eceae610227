"""Webhooks ORDERS.* and REWARDS.*: signed over the raw body, repeated until a 2xx comes back."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sandbox.providers.tremendous.magic import Situation, situation_of
from sandbox.providers.tremendous.operations import WEBHOOK
from sandbox.providers.tremendous.orders import CANCELED, EXECUTED, FAILED, delivered_at, delivery_of, status_of
from sandbox.providers.tremendous.shown import UNMAPPED, order_id, reward_id, stamp
from sandbox.stand import notify
from sandbox.stand.book import Order
from sandbox.stand.delivery import SILENT
from sandbox.stand.moment import clock, now
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push, any_2xx

HEADER = "tremendous-webhook-signature"
_DECIDED = {EXECUTED: "ORDERS.APPROVED", FAILED: "ORDERS.FAILED", CANCELED: "ORDERS.CANCELED"}


@dataclass(frozen=True, slots=True)
class _Moment:
    """When something happens to an order, and to which reward; None is the order itself."""

    at: float
    event: str
    index: int | None = None


class Webhooks:
    """Tells what happens to an order, in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, secret: str) -> None:
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._var = equipment.var
        self._secret = secret.encode()

    async def announce(self, order: Order, fault: str | None) -> None:
        """Tells everything about a new order that is sure to happen."""
        spoilt = self._faults.take(WEBHOOK, order["account"])
        fate = spoilt or fault
        quiet = situation_of(order["account"]) is Situation.ENQUIRY_ONLY
        if not notify.registered(self._var) or fate in SILENT or quiet:
            return
        telling = self._tell(order, _moments(order), fate, spoilt)
        if fault == "early-callback":
            await telling
        else:
            self._pusher.start(telling)

    def released(self, order: Order) -> None:
        """Tells what follows a person's approval."""
        spoilt = self._faults.take(WEBHOOK, order["account"])
        if notify.registered(self._var) and spoilt not in SILENT:
            self._pusher.start(self._tell(order, _moments(order)[1:], spoilt, spoilt))

    async def _tell(self, order: Order, moments: list[_Moment], fault: str | None, spoilt: str | None) -> None:
        """What spoilt the answer changes how often and when; only what was ordered for the webhooks spoils them."""
        late = max(each.at for each in moments) + self._late_seconds if fault == "late-callback" else 0.0
        send = self._pusher.once if fault == "early-callback" else self._pusher.send
        for moment in moments:
            await clock.until(max(moment.at, late))
            document = _document(order, moment)
            if spoilt == "unmapped-code":
                document["payload"]["meta"]["status"] = UNMAPPED
            body = json.dumps(document, separators=(",", ":")).encode()
            for _ in range(2 if fault == "duplicate-callback" else 1):
                await send(self._push(body, forged=spoilt == "bad-signature"))

    def _push(self, body: bytes, *, forged: bool) -> Push:
        signed = body + b"!" if forged else body
        signature = "sha256=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        return Push(notify.registered(self._var), body, "application/json", any_2xx, {HEADER: signature})


def _moments(order: Order) -> list[_Moment]:
    moments = [_Moment(order["at"], "ORDERS.CREATED")]
    if order["decidedAt"] is None:
        return moments
    if order["first"] != order["fate"]:
        moments.append(_Moment(order["decidedAt"], _DECIDED[order["fate"]]))
    if order["fate"] == EXECUTED:
        at = delivered_at(order)
        moments.extend(_Moment(at, "REWARDS.DELIVERY.{}", index) for index in range(len(order["rewards"])))
    return moments


def _document(order: Order, moment: _Moment) -> dict[str, Any]:
    """Thin on purpose: it names what changed, and carries neither an amount nor a link."""
    if moment.index is None:
        status, resource = status_of(order), {"id": order_id(order), "type": "orders"}
    else:
        status, resource = delivery_of(order, moment.index), {"id": reward_id(order, moment.index), "type": "rewards"}
    meta = {"order_id": order_id(order), "external_id": order["external_id"], "status": status}
    return {
        "uuid": str(uuid4()),
        "event": moment.event.format(status),
        "created_utc": stamp(now()),
        "payload": {"resource": resource, "meta": meta},
    }
