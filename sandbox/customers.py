"""Customers of the demo's bank, made up, with the consents that the bank asserts for them."""

from datetime import timedelta
from typing import Any

import msgspec

from hub.clock import utc_now
from hub.consents.consents import ConsentRequest, Consents
from hub.errors import NotFound
from hub.identity.guard import Caller
from sandbox.stand.people import id_number
from schemas.person import Authority, Person
from schemas.scenarios import operations

GOOD_FOR = timedelta(days=365)

CUSTOMER = Person(name="周桂英", id_number=id_number(101), mobile="19900001234")
MOTHER = Person(name="王秀兰", id_number=id_number(102, "19520308"), mobile="19900005678")


async def customers(consents: Consents, caller: Caller, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A customer who acts alone, and her mother for whom she acts: as `bank.json` lists them.

    Consents that stand already are kept.
    """
    if known and all([await _stands(consents, caller, one["consent_id"]) for one in known]):
        return known
    until = utc_now() + GOOD_FOR
    concerning = [each.key for each in operations() if each.path and each.takes_consent]
    child = Authority(relation="child", evidence="household register, page 3", until=until)
    alone = ConsentRequest(customer=CUSTOMER, operations=concerning, expires_at=until)
    acted = ConsentRequest(customer=MOTHER, operations=concerning, expires_at=until, actor=CUSTOMER, authority=child)
    return [
        {
            "who": who,
            "person": msgspec.to_builtins(asked.customer),
            "actor": msgspec.to_builtins(asked.actor),
            "consent_id": (await consents.give(caller, asked)).consent_id,
        }
        for who, asked in (("customer", alone), ("family", acted))
    ]


async def _stands(consents: Consents, caller: Caller, consent_id: str) -> bool:
    try:
        consent = await consents.see(caller, consent_id)
    except NotFound:
        return False
    concerning = {each.key for each in operations() if each.path and each.takes_consent}
    return consent.state == "active" and concerning <= set(consent.operations)
