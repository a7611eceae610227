"""Billers: from the partner's rows to ours, each rule as strict as its data or left out."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from connectors.kit.patterns import Pattern, pattern
from connectors.setu_bbps import wire
from connectors.setu_bbps.facts import CURRENCY, MODE, ZONE, rupees
from schemas.errors import Garbled, Refused
from schemas.money import Money
from schemas.refs import PartnerRef
from schemas.utility_bills import AgainstBill, AmountRule, Biller, BillerSearch, Category, ExtraField

CATEGORIES: dict[str, Category] = {
    "Electricity": "electricity",
    "Water": "water",
    "Gas": "gas",
    "LPG Gas": "gas",
    "Landline Postpaid": "telephone",
    "Mobile Postpaid": "mobile",
    "Mobile Prepaid": "mobile",
    "Broadband Postpaid": "internet",
    "Cable TV": "television",
    "DTH": "television",
}
EXACTNESS: dict[str, AgainstBill] = {
    "Exact": "exact",
    "Exact and above": "at-least",
    "Exact and below": "at-most",
    "Any": "any",
    "RANGE": "any",
}
"""Of a RANGE, the bounds stand in the bill."""
LEAVING = "PENDING_DEACTIVATION"
MOBILE_PATTERN = Pattern(whole="[0-9]{6,22}")
MOBILE = ExtraField(name="mobile", label="Mobile number of the customer", pattern=MOBILE_PATTERN.text)


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """A customer parameter, and where its value comes from. Shape: no `field` is the account."""

    name: str
    field: str | None
    pattern: Pattern


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A biller, and what asking and paying it needs."""

    biller: Biller
    params: list[Param]
    validates: bool
    """A fetch only proves the account: an empty one can be paid."""
    selects: bool
    """Several bills may come, and a payment says which it is for."""
    all_at_once: bool
    same_day: bool


def biller_query(search: BillerSearch) -> dict[str, str | list[str]] | None:
    """The query of one page; None where this partner certainly serves nobody."""
    if search.region not in (None, "IN"):
        return None
    query: dict[str, str | list[str]] = {"limit": str(search.limit)}
    if search.cursor is not None:
        if not re.fullmatch("[A-Za-z0-9]{1,64}", search.cursor):
            raise Refused("is no cursor of this partner", field="cursor")
        query["after"] = search.cursor
    if search.category not in (None, "other"):
        query["categoryName"] = [name for name, category in CATEGORIES.items() if category == search.category]
        if not query["categoryName"]:
            return None
    return query


def category_of(name: str) -> Category:
    """Names come in two spellings: `Loan Repayment`, `loan-repayment`."""
    named = {_spelt(known): category for known, category in CATEGORIES.items()}
    return named.get(_spelt(name), "other")


def _spelt(name: str) -> str:
    return name.lower().replace(" ", "-")


def terms_of(row: wire.BillerRow, ref: PartnerRef, channel: str) -> Terms:
    """A biller and its rule. Raises: Garbled where it cannot be paid here, or its data leave the rule in doubt."""
    _refuse_strange(row)
    params = params_of(row)
    biller = Biller(
        biller_id=ref,
        name=row.name,
        category=category_of(row.category_name),
        regions=["IN"],
        currency=CURRENCY,
        prepaid=False,
        bill=_bill_wanted(row),
        rule=rule_of(row, channel),
        zone=ZONE.key,
        fields=[*fields_of(row, params), MOBILE],
        notice=_notice(row),
    )
    listed = row.response_type == "LIST"
    return Terms(
        biller=biller,
        params=params,
        validates=row.fetch_api_type == "BILL_VALIDATE",
        selects=listed,
        all_at_once=listed and row.selection_type == "ALL",
        same_day=row.enforces_same_day_fetch_pay,
    )


def rule_of(row: wire.BillerRow, channel: str) -> AmountRule:
    """What may be paid the way we pay."""
    modes = [(each.min_limit, each.max_limit) for each in row.payment_modes if each.payment_mode == MODE]
    channels = [(each.min_limit, each.max_limit) for each in row.payment_channels if each.payment_channel == channel]
    if not modes or not channels:
        raise Garbled(f"biller {row.id}: takes no payments by {MODE} over {channel}")
    minimum, maximum = _narrowest([*modes, *channels])
    return AmountRule(against_bill=against(row.exactness), minimum=minimum, maximum=maximum)


def against(exactness: str) -> AgainstBill:
    """Raises: Garbled."""
    if exactness not in EXACTNESS:
        raise Garbled(f"exactness {exactness[:32]!r} is none of the partner's")
    return EXACTNESS[exactness]


def narrowed(rule: AmountRule, low: int | None, high: int | None) -> tuple[Money | None, Money | None]:
    """A rule's bounds, and a bill's own within them."""
    bounds = (rule.minimum.minor if rule.minimum else None, rule.maximum.minor if rule.maximum else None)
    return _narrowest([bounds, (low, high)])


def _narrowest(bounds: list[tuple[int | None, int | None]]) -> tuple[Money | None, Money | None]:
    lows = [low for low, _ in bounds if low is not None]
    highs = [high for _, high in bounds if high is not None]
    return (rupees(max(lows)) if lows else None, rupees(min(highs)) if highs else None)


def params_of(row: wire.BillerRow) -> list[Param]:
    """The parameters that we send; the first is the account."""
    shown = [each for each in row.customer_params if each.visibility]
    if not shown or any(not each.optional for each in row.customer_params if not each.visibility):
        raise Garbled(f"biller {row.id}: has no account to ask for, or demands what is not shown")
    names = [None, *(_field_name(each.param_name) for each in shown[1:])]
    if len({MOBILE.name, *names}) != len(names) + 1:
        raise Garbled(f"biller {row.id}: two of its parameters have one name")
    return [
        Param(name=each.param_name, field=name, pattern=pattern_of(each))
        for each, name in zip(shown, names, strict=True)
    ]


def fields_of(row: wire.BillerRow, params: list[Param]) -> list[ExtraField]:
    """What is demanded beyond the account."""
    required = {each.param_name: not each.optional for each in row.customer_params}
    return [
        ExtraField(name=each.field, label=each.name, required=required[each.name], pattern=each.pattern.text)
        for each in params
        if each.field
    ]


def pattern_of(param: wire.Param) -> Pattern:
    """A pattern for the whole value, whether or not the partner's own is closed at its ends. Raises: Garbled."""
    if choices := [each.strip() for each in (param.values or "").split(",") if each.strip()]:
        return pattern("|".join(re.sub(r"([\\^$.|?*+()\[\]{}/])", r"\\\1", each) for each in choices))
    whole = (param.regex or ("[0-9]*" if param.data_type == "NUMERIC" else ".*")).removeprefix("^")
    whole = whole if whole.endswith(r"\$") else whole.removesuffix("$")
    return pattern(whole, shortest=param.min_length or 0, longest=param.max_length)


def refuse_customer(terms: Terms, account: str, given: Mapping[str, str]) -> None:
    """Raises: Refused where the account or the fields are not what the biller demands."""
    if not terms.params[0].pattern.matches(account):
        raise Refused(f"must match {terms.params[0].pattern.text}", field="account")
    patterns = {each.field: each.pattern for each in terms.params} | {MOBILE.name: MOBILE_PATTERN}
    declared = {each.name: each for each in terms.biller.fields}
    for name in given:
        if name not in declared:
            raise Refused("is not asked for by this biller", field=f"fields.{name}")
    for name, each in declared.items():
        value = given.get(name, "")
        if each.required and not value:
            raise Refused("is demanded by this biller", field=f"fields.{name}")
        if value and not patterns[name].matches(value):
            raise Refused(f"must match {each.pattern}", field=f"fields.{name}")


def customer_of(terms: Terms, account: str, given: Mapping[str, str]) -> wire.Customer:
    """The customer in the partner's words. Empty parameters are left out, as the partner demands."""
    values = [(each.name, given.get(each.field, "") if each.field else account) for each in terms.params]
    return wire.Customer(given[MOBILE.name], [wire.NamedValue(name, value) for name, value in values if value])


def _refuse_strange(row: wire.BillerRow) -> None:
    """Raises: Garbled."""
    if row.status not in ("ACTIVE", LEAVING):
        raise Garbled(f"biller {row.id}: is not served at present")
    if row.country not in (None, "IND"):
        raise Garbled(f"biller {row.id}: is not in India")
    if row.fetch_api_type not in ("BILL_FETCH", "BILL_VALIDATE", "BILL_DIRECT"):
        raise Garbled(f"biller {row.id}: wants a mandate, or something nobody has described")
    if row.plan_requirement == "MANDATORY" or row.response_type == "SELECTIVE":
        raise Garbled(f"biller {row.id}: wants a plan, or a selection that is not described")
    if len(row.customer_params_groups or []) > 1:
        raise Garbled(f"biller {row.id}: takes one group of parameters or another")


def _bill_wanted(row: wire.BillerRow) -> Literal["required", "optional", "none"]:
    if row.fetch_api_type == "BILL_DIRECT":
        return "none"
    return "optional" if row.pay_without_fetch_allowed else "required"


def _notice(row: wire.BillerRow) -> str | None:
    notices = []
    if row.status == LEAVING:
        notices.append("The partner is about to stop serving this biller.")
    if any(each.fee_direction == "C2B" for each in row.interchange_fee or []):
        notices.append("A customer convenience fee may be charged beside the amount.")
    return " ".join(notices) or None


def _field_name(param_name: str) -> str:
    """Raises: Garbled."""
    name = re.sub("[^a-z0-9]+", "_", param_name.lower()).strip("_")[:32]
    if not re.match("[a-z]", name):
        raise Garbled(f"no field can be named after {param_name!r}")
    return name
