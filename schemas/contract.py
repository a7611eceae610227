"""A scenario is a class, an operation is a method of it, and everything else is read off the declaration."""

import inspect
from abc import ABC
from collections.abc import Awaitable, Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from schemas.document import Document
from schemas.order import Leg, OrderId, Reversal
from schemas.outcome import Succeeded
from schemas.page import Merged, Page
from schemas.refs import PartnerRef
from schemas.region import RegionCode
from schemas.secret import Secret

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

Kind = Literal["query", "order", "enquiry", "check"]
Access = str
Level = Literal["A1", "A2"]
Subject = Literal["required", "digest", "none"]
"""Whether a call concerns a person: with a consent, by mask and digest alone, or not."""
Routing = Literal["everyone", "order", "ref", "region"]

A1: Level = "A1"
"""Public product information. Source: JR/T 0185-2020."""
A2: Level = "A2"
"""Touches a person or money."""

SCENARIOS: dict[str, type["Scenario"]] = {}
"""Every declared scenario by name; importing `schemas.scenarios` fills it."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a bank can ask of a scenario, or the hub asks on its behalf.

    Shape: `request` is the struct a bank sends; `result` is what it gets (for an order, what success holds).
    """

    scenario: str
    name: str
    kind: Kind
    request: Any
    result: Any
    summary: str
    method: str = ""
    path: str = ""
    access: Access = ""
    level: Level = A2
    subject: Subject = "none"
    optional: bool = False
    follows: tuple[str, ...] = ()
    """The order operations whose orders the request may name."""
    where: tuple[str, ...] = ()
    """The region fields that decide who is asked, tried in this order; declared where the request has several."""
    about: str = ""
    """What a partner keeps between operations (a card): all that are about one thing go to the same partner."""
    of: str | None = None
    """The order that an enquiry or a check belongs to."""
    enquiry: str | None = None
    check: str | None = None

    @property
    def key(self) -> str:
        """How the operation is called everywhere: `utility-bills.pay`."""
        return f"{self.scenario}.{self.name}"

    @property
    def scope(self) -> str:
        return f"{self.scenario}:{self.access}"

    @property
    def route(self) -> str:
        return f"/v1/{self.scenario}{self.path}"

    @property
    def routing(self) -> Routing:
        """Read off the types: who is asked."""
        if get_origin(self.result) is Merged:
            return "everyone"
        if self.order_field:
            return "order"
        return "ref" if self.ref_field else "region"

    @property
    def takes_consent(self) -> bool:
        """Whether it concerns a person, who must have agreed to it."""
        return self.subject == "required"

    @property
    def order_field(self) -> str | None:
        """The field that names the order which this one follows: it goes where that one went."""
        return _field_of(self.request, OrderId)

    @property
    def reverses(self) -> bool:
        """Whether it undoes the order that it follows."""
        return inspect.isclass(self.request) and issubclass(self.request, Reversal)

    @property
    def ref_field(self) -> str | None:
        return _field_of(self.request, PartnerRef)

    @property
    def region_fields(self) -> tuple[str, ...]:
        """The fields that decide who is asked: whoever serves the first, else whoever serves the next."""
        return self.where or _fields_of(self.request, RegionCode)

    @property
    def kin(self) -> list["Operation"]:
        """Every operation about the same thing, this one too."""
        others = SCENARIOS[self.scenario].operations.values()
        return [self] if not self.about else [other for other in others if other.about == self.about]

    @property
    def item(self) -> Any:
        """The type of one item, where the result is a list of them; else None."""
        if get_origin(self.result) in (Merged, Page, list):
            return get_args(self.result)[0]
        return None

    @property
    def secret_field(self) -> str | None:
        """The field of an order's result that is its deliverable."""
        return _field_of(self.result, Secret) if self.kind == "order" else None

    @property
    def legs_field(self) -> str | None:
        """The field of an order's result that holds its legs."""
        return _field_of(self.result, list[Leg]) if self.kind == "order" else None

    @property
    def document_field(self) -> str | None:
        """The field of a question's answer that is a document."""
        return _field_of(self.result, Document) if self.kind == "query" and self.item is None else None

    def bind(self, scenario: "Scenario") -> Callable[[Any, Any], Awaitable[Any]]:
        return cast("Callable[[Any, Any], Awaitable[Any]]", getattr(scenario, self.name))


def operation_named(key: str) -> Operation:
    """The declaration behind `utility-bills.pay`. Raises: KeyError."""
    scenario, _, name = key.partition(".")
    return SCENARIOS[scenario].operations[name]


def regions_of(operation: Operation, request: Any) -> list[str]:
    """The regions by which a request finds its partner, in the order in which they are tried."""
    named = (getattr(request, field) for field in operation.region_fields)
    return [region for region in named if region is not None]


def region_of(operation: Operation, request: Any) -> str | None:
    """The first region that a request names, if it names any."""
    return next(iter(regions_of(operation, request)), None)


def _field_of(struct: Any, wanted: Any) -> str | None:
    return next(iter(_fields_of(struct, wanted)), None)


@cache
def _fields_of(struct: Any, wanted: Any) -> tuple[str, ...]:
    """The fields of a struct that have a type, alone or beside None."""
    hints = get_type_hints(get_origin(struct) or struct, include_extras=True)
    return tuple(
        field
        for field, hint in hints.items()
        if any(part is wanted or part == wanted or get_origin(part) is wanted for part in _parts(hint))
    )


def _parts(hint: Any) -> tuple[Any, ...]:
    """A hint, what it annotates, and the members of its union if it is one."""
    if get_origin(hint) is Annotated:
        return (hint, *_parts(hint.__origin__))
    if get_origin(hint) in (Union, UnionType):
        return tuple(part for member in get_args(hint) for part in _parts(member))
    return (hint,)


def query(
    route: str,
    *,
    access: Access,
    level: Level,
    subject: Subject = "none",
    optional: bool = False,
    follows: tuple[Callable[..., Awaitable[Any]], ...] = (),
    where: tuple[str, ...] = (),
    about: str = "",
) -> Callable[[F], F]:
    """Declares a question: it changes nothing, so it may be repeated, cached and failed over."""
    facts = {"access": access, "level": level, "subject": subject, "where": where, "about": about}
    return _declare("query", route, optional, follows=_names(follows), **facts)


def order(
    route: str,
    *,
    access: Access,
    level: Level,
    subject: Subject = "none",
    optional: bool = False,
    follows: tuple[Callable[..., Awaitable[Any]], ...] = (),
    where: tuple[str, ...] = (),
    about: str = "",
) -> Callable[[F], F]:
    """Declares something that changes the world at the partner: journalled first, keyed, never blindly repeated."""
    facts = {"access": access, "level": level, "subject": subject, "where": where, "about": about}
    return _declare("order", route, optional, follows=_names(follows), **facts)


def check(*, of: Callable[..., Awaitable[Any]]) -> Callable[[F], F]:
    """Declares what must hold before an order is journalled. It asks only; `Refused` means that no order exists."""
    return _declare("check", "", _is_optional(of), of=of.__name__)


def enquiry(*, of: Callable[..., Awaitable[Any]]) -> Callable[[F], F]:
    """Declares how to find out what became of an order that was or may have been sent."""
    return _declare("enquiry", "", _is_optional(of), of=of.__name__)


def _declare(kind: Kind, route: str, optional: bool, **facts: Any) -> Callable[[F], F]:
    method, _, path = route.partition(" ")

    def mark(function: F) -> F:
        declared = {"kind": kind, "method": method, "path": path, "optional": optional, **facts}
        function.__dict__["__operation__"] = declared
        function.__dict__["__isabstractmethod__"] = not optional
        return function

    return mark


def _names(functions: tuple[Callable[..., Awaitable[Any]], ...]) -> tuple[str, ...]:
    return tuple(function.__name__ for function in functions)


def _is_optional(function: Callable[..., Awaitable[Any]]) -> bool:
    return bool(function.__dict__["__operation__"]["optional"])


class Scenario(ABC):
    """A corner of everyday life that banks reach through the hub. A connector subclasses one to serve it."""

    name: ClassVar[str]
    operations: ClassVar[dict[str, Operation]]

    def __init_subclass__(cls, *, name: str | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if name is None:
            return
        cls.name = name
        cls.operations = _operations(cls)
        SCENARIOS[name] = cls

    @classmethod
    def offers(cls) -> list[str]:
        """Names of the operations this class implements itself."""
        return [name for name in cls.operations if not hasattr(getattr(cls, name), "__operation__")]


def _operations(scenario: type[Scenario]) -> dict[str, Operation]:
    found = {
        name: _operation(scenario, name, function)
        for name, function in vars(scenario).items()
        if "__operation__" in getattr(function, "__dict__", {})
    }
    for helper in [operation for operation in found.values() if operation.of]:
        owner = found[cast("str", helper.of)]
        found[owner.name] = msgspec.structs.replace(owner, **{helper.kind: helper.name})
        found[helper.name] = msgspec.structs.replace(helper, where=owner.where)
    for operation in found.values():
        _refuse_unsafe(operation)
        _refuse_unasked(operation, [found[name] for name in operation.follows])
    return found


def _operation(scenario: type[Scenario], name: str, function: Callable[..., Any]) -> Operation:
    hints = get_type_hints(function, include_extras=True)
    request = next(hint for parameter, hint in hints.items() if parameter != "return")
    summary = inspect.getdoc(function)
    if not summary:
        raise TypeError(f"{scenario.name}.{name} has no docstring; banks read it as the summary")
    return Operation(
        scenario=scenario.name,
        name=name,
        request=request,
        result=_result(hints["return"]),
        summary=summary,
        **function.__dict__["__operation__"],
    )


def _result(returned: Any) -> Any:
    """What success holds: the T of Outcome[T] and Found[T], or the type itself."""
    for member in get_args(returned):
        if get_origin(member) is Succeeded:
            return get_args(member)[0]
    return returned


_SCALARS = (str, int, bool, PartnerRef)


def _refuse_unsafe(operation: Operation) -> None:
    """A GET carries flat, public scalars only: an address is logged everywhere."""
    if operation.kind == "order" and not operation.enquiry:
        raise TypeError(f"{operation.key}: an order needs an enquiry, or nobody can find out what became of it")
    if operation.method and bool(operation.follows) != bool(operation.order_field):
        raise TypeError(f"{operation.key}: what names an order says in `follows` whose, and the other way round")
    _refuse_undecided(operation)
    if operation.method != "GET":
        return
    for field in msgspec.inspect.type_info(operation.request).fields:  # type: ignore[attr-defined]
        _refuse_private(operation, field)


def _refuse_unasked(operation: Operation, followed: list[Operation]) -> None:
    """An order about a person is followed by nothing that this person need not agree to."""
    if not operation.takes_consent and any(one.takes_consent for one in followed):
        raise TypeError(f'{operation.key}: follows orders that concern a person; say subject="required"')


def _refuse_undecided(operation: Operation) -> None:
    """Who is asked must not hang on the order of fields: of several regions, the declaration says which decide."""
    regions = _fields_of(operation.request, RegionCode)
    if len(regions) > 1 and not operation.where:
        raise TypeError(f"{operation.key}: {', '.join(regions)} are regions; say in `where` which decide who is asked")
    if operation.about and operation.routing != "region":
        raise TypeError(f"{operation.key}: who is asked about a {operation.about} hangs on its region")
    if unknown := [field for field in operation.where if field not in regions]:
        raise TypeError(f"{operation.key}: `where` names {', '.join(unknown)}, which is no region of the request")


def _refuse_private(operation: Operation, field: Any) -> None:
    types = getattr(field.type, "types", (field.type,))
    for kind in types:
        extra = getattr(kind, "extra", None) or {}
        if "privacy" in extra:
            raise TypeError(f"{operation.key}: {field.name} is personal and must not ride in a URL; use POST")
        if isinstance(kind, msgspec.inspect.StructType | msgspec.inspect.DictType | msgspec.inspect.ListType):
            raise TypeError(f"{operation.key}: {field.name} is not flat; a GET takes scalars")
