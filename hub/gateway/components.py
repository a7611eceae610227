"""JSON Schema of everything that travels, as the OpenAPI document's components."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

import msgspec

from hub.consents.consents import Consent, ConsentRequest
from hub.gateway.problems import Problem
from hub.gateway.shapes import QueryState, public_answer, public_page, public_result
from hub.orders.deliverables import Deliverable
from hub.orders.desk import OrderPage
from schemas.codec import schema_hook
from schemas.contract import Operation
from schemas.order import Order
from schemas.secret import Secret
from schemas.struct import Canonical, derived_struct

Json: TypeAlias = dict[str, Any]
"""A piece of the document."""

REF = "#/components/schemas/"


class Health(Canonical):
    """How the hub is."""

    status: Literal["live", "ready"]


STANDING = (Problem, QueryState, Deliverable, OrderPage, Consent, ConsentRequest, Health)
"""Structs of the routes that no operation declares."""

_FOR_DEVELOPERS = re.compile(r"\s*\bRaises: .*?(?=\bSource: |\Z)", re.DOTALL)
_PYTHON_ONLY = r"(?!\n)"


def ref(name: str) -> Json:
    return {"$ref": REF + name}


def answered(operation: Operation) -> Any:
    """The struct of an operation's answer, as a bank sees it."""
    if operation.kind == "order":
        return public_order(operation)
    return public_answer(operation) if operation.item is None else public_page(operation)


@cache
def public_order(operation: Operation) -> Any:
    """The order of one operation: `Order` with that operation's name and result."""
    known: Json = {"operation": Literal.__getitem__(operation.key), "result": public_result(operation) | None}
    fields = {field.name: known.get(field.name, field.type) for field in msgspec.structs.fields(Order)}
    defaults = {field.name: field.default for field in msgspec.structs.fields(Order) if not field.required}
    name = "".join(word.capitalize() for word in re.split(r"\W|_", operation.key)) + "Order"
    return derived_struct(name, Order, fields, defaults)


class Schemas:
    """Every schema of the document, made in one go, because a name depends on who else is there."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        everyone = list(operations)
        orders = [operation for operation in everyone if operation.kind == "order"]
        bodies = [operation.request for operation in everyone if operation.method != "GET"]
        secrets = [kind for order in orders for kind in _secrets(order)]
        types = list(dict.fromkeys([*STANDING, *bodies, *map(answered, everyone), *secrets]))
        schemas, components = msgspec.json.schema_components(
            types, schema_hook=schema_hook, ref_template=REF + "{name}"
        )
        self._of = dict(zip(types, schemas, strict=True))
        self.components: Json = {name: published(schema) for name, schema in components.items()}
        self.components["Order"] = self._any_order(orders)
        self._fill("OrderPage", "items", {"type": "array", "items": ref("Order")})
        self._fill("Deliverable", "value", {"anyOf": [self._of[kind] for kind in dict.fromkeys(secrets)]})

    def of(self, struct: Any) -> Json:
        """The reference to a struct's schema."""
        return dict(self._of[struct])

    def answer(self, operation: Operation) -> Json:
        return self.of(answered(operation))

    def _any_order(self, orders: Iterable[Operation]) -> Json:
        mapping = {operation.key: self.answer(operation)["$ref"] for operation in orders}
        return {
            "description": Order.__doc__,
            "oneOf": [{"$ref": where} for where in mapping.values()],
            "discriminator": {"propertyName": "operation", "mapping": mapping},
        }

    def _fill(self, name: str, field: str, schema: Json) -> None:
        """Says what a field holds that the hub's own struct carries as raw JSON."""
        self.components[name]["properties"][field] = schema


def _secrets(order: Operation) -> list[Any]:
    """What a deliverable of this order may be: whatever its result holds as a Secret."""
    if order.secret_field is None:
        return []
    hint = get_type_hints(order.result)[order.secret_field]
    return [get_args(member)[0] for member in (hint, *get_args(hint)) if get_origin(member) is Secret]


def flat_fields(struct: Any) -> list[tuple[str, bool, Json]]:
    """Name, required or not, and schema of each field of a GET's struct: in an address nothing is null."""
    (_,), found = msgspec.json.schema_components([struct], schema_hook=schema_hook, ref_template=REF + "{name}")
    schema = published(found[struct.__name__])
    required = schema.get("required", [])
    return [(name, name in required, _not_null(field)) for name, field in schema["properties"].items()]


def _not_null(schema: Json) -> Json:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema = {name: value for name, value in schema.items() if name != "anyOf"} | kinds[0]
    if None in schema.get("enum", ()):
        schema = schema | {"enum": [value for value in schema["enum"] if value is not None]}
    return {name: value for name, value in schema.items() if (name, value) != ("default", None)}


def published(schema: Any) -> Any:
    """A schema as the world may read it: patterns without Python's end-of-string caveat, words for banks only."""
    if isinstance(schema, list):
        return [published(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {name: published(value) for name, value in schema.items()}
    if isinstance(found.get("enum"), list) and all(isinstance(value, str) for value in found["enum"]):
        found = {"type": "string"} | found
    if isinstance(found.get("pattern"), str):
        found["pattern"] = found["pattern"].removesuffix(_PYTHON_ONLY)
    if isinstance(found.get("description"), str):
        found["description"] = " ".join(_FOR_DEVELOPERS.sub("", found["description"]).split())
    return found
