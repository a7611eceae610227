"""Parameters and headers of the OpenAPI document."""

from typing import Any

from hub.gateway import reading
from hub.gateway.components import Json, flat_fields

KEY = f"^{reading.KEY.pattern}$"
CONSENT = "cns_[0-9a-z]{26}"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_TEXT = {"type": "string"}

PARAMETERS: Json = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "A value of your own making, new for each order. Repeat it to repeat the call: the same key "
        "with the same request is the same order, for 90 days. A call that is refused uses up no key.",
        "schema": {"type": "string", "minLength": 1, "maxLength": reading.MAX_KEY, "pattern": KEY},
        "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
    },
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "description": "How long to wait for the partner's answer, in seconds, or not at all; at most as long as the "
        "hub waits anyway. A preference that the hub does not know is passed over (RFC 7240).",
        "schema": _TEXT,
        "examples": {"wait": {"value": "wait=10"}, "respond-async": {"value": "respond-async"}},
    },
    "Consent-Id": {
        "name": "Consent-Id",
        "in": "header",
        "required": True,
        "description": "The consent of the customer whom this call concerns (`POST /v1/consents`): names and identity "
        "numbers travel there, never in a call. Once it has ended, an order that was not sent yet is declined as "
        "`consent-ended`, and a query ends with 403, as do answers and documents that were kept; what was sent is "
        "found out all the same.",
        "schema": {"type": "string", "pattern": f"^{CONSENT}$"},
        "example": "cns_01kb0000000000000000000000",
    },
    "traceparent": {
        "name": "traceparent",
        "in": "header",
        "description": "Continues the caller's trace (W3C Trace Context); without a valid one, the hub begins one.",
        "schema": _TEXT,
        "example": TRACEPARENT,
    },
}

HEADERS: Json = {
    "Trace-Id": {
        "description": "The trace under which the hub remembers this call: name it when you ask us about one",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    },
    "Location": {
        "description": "Where it is found from now on",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds after which asking again makes sense",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "Content-Disposition": {"description": "The file's name", "required": True, "schema": _TEXT},
    "Repr-Digest": {
        "description": "SHA-256 of the file (RFC 9530)",
        "required": True,
        "schema": {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/=]+:$"},
    },
    "WWW-Authenticate": {
        "description": "What is wrong with the access token (RFC 6750), and where the hub describes itself (RFC 9728)",
        "required": True,
        "schema": _TEXT,
    },
    "Idempotency-Replayed": {
        "description": "The key was known: this is the order that it made before",
        "schema": {"type": "string", "const": "true"},
    },
    "Preference-Applied": {"description": "The preference that was honoured (RFC 7240)", "schema": _TEXT},
}


def parameter(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def in_path(name: str, description: str) -> Json:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": _TEXT}


def in_query(struct: Any) -> list[Json]:
    """A query parameter for each field of a flat struct."""
    return [_in_query(name, required, dict(schema)) for name, required, schema in flat_fields(struct)]


def _in_query(name: str, required: bool, schema: Json) -> Json:
    described = {"description": schema.pop("description")} if "description" in schema else {}
    return {"name": name, "in": "query", "required": required, **described, "schema": schema}
