"""How results look to a bank: pages with their sources, results without their secrets, orders with their timeline."""

from functools import cache
from types import GenericAlias
from typing import Any, Literal, get_origin

import msgspec

from hub.gateway.problems import Problem
from hub.orders.rows import OrderRow
from schemas.codec import Codec
from schemas.contract import Operation
from schemas.document import DocumentLink
from schemas.order import Order
from schemas.page import Merged
from schemas.struct import Canonical, Instant, derived_struct


class SourceStatus(Canonical):
    """How one partner did in a list. Shape: only partners that are `ok` have items in it.

    `pending`: the partner needs longer; its items will be at `/v1/queries/{query_id}`, and a `next` there goes on with
    its share at the list's own route.
    """

    partner: str
    status: Literal["ok", "failed", "late", "pending"]
    problem: Problem | msgspec.UnsetType = msgspec.UNSET
    query_id: str | msgspec.UnsetType = msgspec.UNSET
    check_after: Instant | msgspec.UnsetType = msgspec.UNSET


class PageShape(Canonical):
    """A list as a bank gets it."""

    items: list[msgspec.Raw]
    next: str | None
    sources: list[SourceStatus]


class QueryState(Canonical):
    """A question that the partner needs longer for. Ask again where `Location` says, after `check_after`."""

    query_id: str
    state: Literal["running"]
    check_after: Instant


def item_of(codec: Codec, item: object, partner: str | None) -> msgspec.Raw:
    """One item of a list, written once; in a merged list it names its partner first."""
    written = codec.encode(item)
    if partner is None:
        return msgspec.Raw(written)
    return msgspec.Raw(b'{"partner":"' + partner.encode() + (b'",' if written != b"{}" else b'"') + written[1:])


def result_of(codec: Codec, operation: Operation, result: Any, deliverable_id: str | None) -> msgspec.Raw:
    """An order's result: its deliverable's id in the place of the secret, and without the legs, which the order has."""
    public = public_result(operation)
    if public is operation.result:
        return msgspec.Raw(codec.encode(result))
    values = {name: getattr(result, name) for name in result.__struct_fields__ if name not in _lifted(operation)}
    if operation.secret_field:
        values["deliverable_id"] = deliverable_id
    return msgspec.Raw(codec.encode(public(**values)))


@cache
def public_result(operation: Operation) -> Any:
    """The struct of an order's result as a bank sees it."""
    if not _lifted(operation):
        return operation.result
    fields, defaults = _fields(operation.result)
    for name in _lifted(operation):
        for mapping in (fields, defaults):
            mapping.pop(name, None)
    if operation.secret_field:
        fields["deliverable_id"], defaults["deliverable_id"] = str | None, None
    return derived_struct(operation.result.__name__, operation.result, fields, defaults)


@cache
def public_answer(operation: Operation) -> Any:
    """The struct of a question's answer as a bank sees it: a link in the place of a document."""
    if operation.document_field is None:
        return operation.result
    fields, defaults = _fields(operation.result)
    fields[operation.document_field] = DocumentLink
    return derived_struct(operation.result.__name__, operation.result, fields, defaults)


def _lifted(operation: Operation) -> tuple[str, ...]:
    """Fields of a result that stand elsewhere in the order."""
    return tuple(filter(None, (operation.secret_field, operation.legs_field)))


def public_page(operation: Operation) -> Any:
    """The struct of a list as a bank sees it, for the OpenAPI document."""
    return _page_of(operation.item, names_partner=get_origin(operation.result) is Merged)


@cache
def _page_of(item: Any, *, names_partner: bool) -> Any:
    name, shown = item.__name__, item
    if names_partner:
        fields, defaults = _fields(item)
        shown = derived_struct(f"{name}Item", item, {"partner": str, **fields}, defaults)
    page = {"items": GenericAlias(list, (shown,)), "next": str | None, "sources": list[SourceStatus]}
    return derived_struct(f"{name}Page", PageShape, page, {})


def _fields(struct: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A struct's fields and their defaults."""
    fields, defaults = {}, {}
    for field in msgspec.structs.fields(struct):
        fields[field.name] = field.type
        if field.default_factory is not msgspec.NODEFAULT:
            defaults[field.name] = msgspec.field(default_factory=field.default_factory)
        elif field.default is not msgspec.NODEFAULT:
            defaults[field.name] = field.default
    return fields, defaults


def order_of(row: OrderRow, result: msgspec.Raw | None) -> Order:
    """The order as a bank sees it."""
    return Order(
        order_id=row.order_id,
        operation=row.operation,
        state=row.state,
        review=row.review,
        partner=row.partner,
        reference=row.reference,
        result=result,
        reason=row.reason,
        legs=row.legs or msgspec.UNSET,
        reverses=row.reverses or msgspec.UNSET,
        postings=row.postings,
        created_at=row.created_at,
        settled_at=row.settled_at,
        next_check_at=row.next_check_at,
        timeline=row.timeline,
    )
