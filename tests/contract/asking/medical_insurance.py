"""Medical insurance: a bill of one item, for a customer whom the partner never met, and the ways back from it."""

from secrets import token_hex

from tests.contract.asking.words import MANIFESTS, Body, Customer, Ordered, Questioned, area, asked, done
from tests.running import Running

MEDICAL = "/v1/medical-insurance"
NHSA, FSI = "nhsa_mobile_pay", "fsi_institution"
FEW = 8
"""A voucher's token lives a minute, and an order has three messages to sign before its bill is made."""
INSTITUTIONS = {NHSA: "H99000000001", FSI: "H21010000001"}
"""Each account settles for one institution."""
BUSINESS = "outpatient-settlement"
TOTAL = {"amount": "100.10", "currency": "CNY"}
UNSEEN = "not-looked-at"
"""In a token's place, where a customer is treated by their identity number."""
MONTHS = {"begins": "2026-01", "ends": "2026-12"}


def here(_hub: Running, partner: str, _customer: Customer) -> Body:
    """What most calls say: where the customer is treated."""
    return {"treatment_region": area(partner)}


def insured_region(hub: Running, partner: str, consent: str) -> str:
    """Where the customer's insurance that pays is, which is not where they are treated."""
    found = asked(hub, f"{MEDICAL}/person-searches", {"treatment_region": area(partner)}, consent)["items"]
    return str(next(relation["insured_region"] for relation in found if relation["active"]))


def activation(hub: Running, partner: str, customer: Customer, _variant: Body) -> Body:
    return here(hub, partner, customer) | {"insured_region": insured_region(hub, partner, customer.consent(hub))}


def token(hub: Running, partner: str, consent: str, business: str = BUSINESS) -> str:
    """A token of the e-voucher that nobody has used, where there are any."""
    if "issue_token" not in MANIFESTS[partner].offers["medical-insurance"]:
        return UNSEEN
    wanted = {"treatment_region": area(partner), "business": business}
    return str(asked(hub, f"{MEDICAL}/voucher-tokens", wanted, consent)["token"])


def bill_of(hub: Running, partner: str, consent: str) -> Body:
    """A bill that breaks no rule."""
    return {
        "treatment_region": area(partner),
        "insured_region": insured_region(hub, partner, consent),
        "institution": INSTITUTIONS[partner],
        "business": BUSINESS,
        "voucher_token": token(hub, partner, consent),
        "total": TOTAL,
        "items": [{"code": "XA01", "name": "阿莫西林胶囊", "quantity": "2", "amount": TOTAL}],
    }


def bill(hub: Running, partner: str, customer: Customer, _variant: Body | None = None) -> Body:
    return bill_of(hub, partner, customer.consent(hub))


def settled(hub: Running, partner: str, customer: Customer) -> Body:
    """The order of a bill that was settled."""
    consent = customer.consent(hub)
    return done(hub, f"{MEDICAL}/settlements", lambda: bill_of(hub, partner, consent), token_hex(16), consent)


def revocation(hub: Running, partner: str, customer: Customer, _variant: Body) -> Body:
    return {"reverses": settled(hub, partner, customer)["order_id"]}


def refund(hub: Running, partner: str, customer: Customer, _variant: Body) -> Body:
    """All of the cash."""
    order = settled(hub, partner, customer)
    cash = next(leg["amount"] for leg in order["legs"] if leg["name"] == "cash")
    return {"reverses": order["order_id"], "total": cash, "legs": [{"name": "cash", "amount": cash}]}


ORDERS: dict[str, Ordered] = {
    "medical-insurance.activate_voucher": Ordered(body=activation, tells=("voucher",)),
    "medical-insurance.settle": Ordered(
        body=bill,
        money=lambda body: body["total"],
        reported=lambda result: result["total"],
        spared=("pending",),  # fees that are uploaded stay payable, for ever if need be
        tells=("enquiry", "settled"),
        at_once=FEW,
    ),
    "medical-insurance.revoke": Ordered(
        body=revocation,
        money=lambda _: TOTAL,
        reported=lambda result: result["returned"],
        silent=True,
        tells=("enquiry",),
    ),
    "medical-insurance.refund": Ordered(
        body=refund,
        money=lambda body: body["total"],
        reported=lambda result: result["total"],
        tells=("enquiry",),
    ),
}
QUERIES: dict[str, Questioned] = {
    "medical-insurance.issue_token": lambda *who: here(*who) | {"business": BUSINESS},
    "medical-insurance.find_person": here,
    "medical-insurance.list_institutions": lambda _, partner, __: {"region": area(partner)},
    "medical-insurance.preview": bill,
    "medical-insurance.find_records": lambda *who: here(*who) | MONTHS,
}
