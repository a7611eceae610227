"""Products, and what may be asked of them."""

from datetime import timedelta

from connectors.kit.feeds import readable
from connectors.wanlitong import wire
from connectors.wanlitong.envelope import ask, decode
from connectors.wanlitong.facts import ASK, MANIFEST
from connectors.wanlitong.units import CURRENCY, from_wan, percent
from schemas.call import Call, Kept
from schemas.errors import MaybeSent, Refused
from schemas.lending.applications import Application
from schemas.lending.products import LoanProduct
from schemas.money import Money
from schemas.refs import PartnerRef

CATALOGUE_KEPT = timedelta(minutes=10)


async def products(call: Call) -> list[LoanProduct]:
    """Raises: NotSent, MaybeSent."""

    async def load() -> Kept[list[LoanProduct]]:
        answer = await ask(call, wire.PRODUCTS, {})
        meaning = ASK.meaning(answer.code)
        if meaning is None or meaning.means != "ok":
            raise MaybeSent(f"the catalogue was answered {answer.code[:16]}")
        rows = answer.read(wire.Products).products
        return Kept(
            readable(rows, lambda raw: product(decode(bytes(raw), wire.Product)), call), call.clock() + CATALOGUE_KEPT
        )

    return await call.session("products", load)


def product(row: wire.Product) -> LoanProduct:
    """Raises: Garbled."""
    return LoanProduct(
        product_id=PartnerRef(MANIFEST.id, row.product_id),
        name=row.product_name,
        lender=row.company_name,
        currency=CURRENCY,
        minimum=from_wan(row.min_amount),
        maximum=from_wan(row.max_amount),
        terms=list(range(1, row.max_term + 1)),
        rate_from=percent(row.min_year_rate),
    )


def fits(one: LoanProduct, amount: Money, term_months: int) -> bool:
    return one.minimum.value <= amount.value <= one.maximum.value and term_months in one.terms


def refuse_application(application: Application, one: LoanProduct) -> None:
    """Raises: Refused, naming the field."""
    if application.amount.currency != CURRENCY:
        raise Refused(f"must be {CURRENCY}", field="amount.currency")
    if not one.minimum.value <= application.amount.value <= one.maximum.value:
        raise Refused(f"this product is for {one.minimum.amount} to {one.maximum.amount}", field="amount.amount")
    if application.term_months not in one.terms:
        raise Refused(f"this product is for at most {one.terms[-1]} months", field="term_months")
