"""What a probe asks for and for whom: the contract's examples, a made-up family, an order that never was."""

from datetime import timedelta
from typing import Any

import msgspec

from connectors.kit.manifest import Manifest, ReferenceFormat
from sandbox.customers import CUSTOMER, MOTHER
from sandbox.probe.dry_line import NOW
from schemas.codec import PLAIN
from schemas.contract import SCENARIOS, Operation, operation_named
from schemas.examples import example
from schemas.order import Original
from schemas.person import Authority, Person
from schemas.region import covers

ORDER_ID = "ord_" + "0" * 26
LOCAL_ID = "1"
"""What a reference says where its partner would have said something."""
CURRENCIES = {"BR": "BRL", "CA": "CAD", "IN": "INR"}
"""Of partners that do not begin in China."""
SUBJECT, ACTOR = MOTHER, CUSTOMER
AUTHORITY = Authority(relation="child", evidence="household register, page 3", until=NOW + timedelta(days=30))


class Handles(dict[str, str]):
    """Holds nothing, and says something for whatever an earlier step would have remembered."""

    def __missing__(self, _: str) -> str:
        return LOCAL_ID


def owner_of(operation: Operation) -> Operation:
    """What a bank calls: the operation itself, or the order that an enquiry or a check belongs to."""
    return SCENARIOS[operation.scenario].operations[operation.of] if operation.of else operation


def request_to(manifest: Manifest, operation: Operation, **instead: str) -> Any:
    """The example, where this partner is, in its currency and with references of this partner.

    Raises: msgspec.ValidationError where something said `instead` breaks a rule of the struct.
    """
    owner = owner_of(operation)
    body = _in_currency(CURRENCIES.get(manifest.regions[0], "CNY"), example(owner, ref=f"{manifest.id}:{LOCAL_ID}"))
    regions = [body[field] for field in owner.region_fields if body.get(field)]
    if regions and not any(covers(area, region) for area in manifest.regions for region in regions):
        body[owner.region_fields[0]] = manifest.regions[0]
    return PLAIN.decoder(owner.request).decode(msgspec.json.encode(body | instead))


def _in_currency(currency: str, piece: Any) -> Any:
    if isinstance(piece, list):
        return [_in_currency(currency, item) for item in piece]
    if not isinstance(piece, dict):
        return piece
    return {name: currency if name == "currency" else _in_currency(currency, value) for name, value in piece.items()}


def people(operation: Operation) -> tuple[Person | None, Person | None, Authority | None]:
    """A customer, and her child who acts for her; nobody where no person is concerned."""
    return (SUBJECT, ACTOR, AUTHORITY) if owner_of(operation).takes_consent else (None, None, None)


def original(manifest: Manifest, operation: Operation) -> Original | None:
    """The order that is followed, where one is."""
    follows = owner_of(operation).follows
    if not follows:
        return None
    followed = operation_named(f"{operation.scenario}.{follows[0]}")
    return Original(
        order_id=ORDER_ID,
        reference=reference(manifest.reference),
        sent_at=NOW - timedelta(hours=1),
        state="succeeded",
        request=request_to(manifest, followed),
        handles=Handles(),
    )


def reference(form: ReferenceFormat) -> str:
    """One in the partner's format that nobody would draw."""
    return "00000000-0000-4000-8000-000000000000" if form.alphabet == "uuid" else "0" * form.length
