"""What is odd about this partner: it only acknowledges, and whatever it has to say comes by callback, in parts."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey

from connectors.kit.channel import Channel
from connectors.kit.partner import News
from connectors.kit.signing import jws
from connectors.kit.whose import mark
from connectors.ocen.callback import read_callback
from connectors.ocen.connector import OcenLending
from connectors.ocen.exchange import OcenAccount
from connectors.ocen.facts import MANIFEST
from connectors.ocen.loans import own
from sandbox.stand import fleet, people
from schemas.call import Http, Reply
from schemas.errors import MaybeSent, NotReady, Refused
from schemas.lending.applications import Acceptance, Application, Offer, OfferSearch, Referral
from schemas.lending.loans import LoanSearch, LoansSearch, Repayment
from schemas.lending.products import ProductSearch
from schemas.money import Money
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.person import Person
from schemas.refs import PartnerRef
from tests.connectors.kit.bench import START, Bench, Watch
from tests.sandbox.listener import Listener
from tests.sandbox.wire import Door

REFERENCE = "6f9619ff-8b86-4d01-b42d-00c04fc964ff"
LENDING = OcenLending()
PRODUCT = PartnerRef(MANIFEST.id, "PRD-1")
ROWS = [
    {
        "id": "PRD-1",
        "name": "Working capital",
        "lender": {"id": "L", "name": "Lender A"},
        "currency": "INR",
        "minAmount": 5000.0,
        "maxAmount": 500000.0,
        "tenure": {"duration": "2", "unit": "YEAR"},
        "interestRate": 11.5,
    }
]


def pem_pair() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


OURS, OUR_PUBLIC = pem_pair()
THEIRS, THEIR_PUBLIC = pem_pair()
ACCOUNT = OcenAccount(
    base_url="https://ocen.example",
    client_id="C1",
    client_secret="made-up",
    org_id="ORG-1",
    participant_id="P-1",
    product_network_id="N-1",
    key_id="agent-1",
    private_key=OURS,
    network_key_id="network-1",
    network_public_key=THEIR_PUBLIC,
)


def rupees(amount: str) -> Money:
    return Money(amount=amount, currency="INR")


def person(mobile: str | None = "+919900000001") -> Person:
    return Person(name="Asha", id_number=people.id_number(7), mobile=mobile)


APPLICATION = Application(product_id=PRODUCT, amount=rupees("50000"), term_months=12, purpose="farming")
SEARCH = OfferSearch(amount=rupees("50000"), term_months=12, purpose="farming")


class Network:
    """The network's side: acknowledges whatever it is sent, or answers what it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.errors: dict[str, str] = {}
        self.silent: set[str] = set()
        self.seen: list[Http] = []

    async def __call__(self, message: Http) -> Reply | Exception:
        self.seen.append(message)
        if message.url.endswith("/token/"):
            return Reply(status=200, body=b'{"access_token": "t", "expires_in": 86400, "token_type": "Bearer"}')
        if message.url.endswith("/products"):
            return Reply(status=200, body=json.dumps({"products": ROWS}).encode())
        name, body = message.url.rpartition("/")[2], json.loads(message.body)
        self.asked.append((name, body))
        if name in self.silent:
            return MaybeSent("no answer in time")
        error = self.errors.get(name, "0")
        if error == "INVALID_TOKEN":
            self.errors.pop(name)
        ack = {"error": error, "traceId": body["metadata"]["traceId"], "timestamp": "2026-11-23T08:00:00.000Z"}
        status = 200 if error == "0" else 401 if error == "INVALID_TOKEN" else 400
        return Reply(status=status, body=json.dumps(ack).encode())

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.asked]

    def last(self, name: str) -> Any:
        return next(body for asked, body in reversed(self.asked) if asked == name)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def bench(network: Network) -> Bench:
    return Bench(network, manifest=MANIFEST, account=ACCOUNT, subject=person())


def response(operation: str, request_id: str = REFERENCE, *, at: int = 0, detail: str = "", **said: Any) -> bytes:
    metadata = {
        "operation": "/v4.0.0alpha/" + operation,
        "traceId": REFERENCE,
        "requestId": request_id,
        "timestamp": f"2026-11-23T08:00:{at:02}.000Z",
    }
    verdict = {"status": "ERROR" if detail else "SUCCESS", "responseDetail": detail}
    return json.dumps({"metadata": metadata, "response": verdict, **said}).encode()


def signed(raw: bytes) -> dict[str, str]:
    return {"signature": jws.sign(jws.jwk_of_pem(THEIRS, "network-1"), raw)}


def news(*args: Any, **said: Any) -> News:
    raw = response(*args, **said)
    return read_callback(raw, signed(raw), ACCOUNT)


def handles(*responses: News) -> dict[str, str]:
    return {name: text for each in responses for name, text in each.remember.items()}


def application(state: str, **said: Any) -> dict[str, Any]:
    terms = {"requestedAmount": 50000.0, "currency": "INR"}
    return {
        "loanApplications": [{"loanApplicationId": REFERENCE, "loanApplicationStatus": state, "terms": terms, **said}]
    }


def offer_row(number: str, **terms: Any) -> dict[str, Any]:
    said = {
        "currency": "INR",
        "sanctionedAmount": 46500.0,
        "netDisbursedAmount": 46035.5,
        "interestRate": 13.25,
        "totalRepayableAmount": 52545.0,
        "tenure": {"duration": "12", "unit": "MONTH"},
    }
    return {
        "id": number,
        "validTill": "2026-11-23T10:00:00.000Z",
        "lender": {"name": "Lender A"},
        "terms": said | terms,
    }


CREATED = ("loanApplications/createLoanResponse",)
OFFERED = "offers/generateOffersResponse"
GRANTED = {
    "loanId": "LON1",
    "loanApplicationId": "APP-1",
    "loanApplicationStatus": "GRANTED",
    "loanStatus": "HEALTHY",
    "lender": {"name": "Lender A"},
    "createdDate": "2026-11-23T08:00:00.000Z",
    "terms": {"currency": "INR", "sanctionedAmount": 46500.0, "interestRate": 13.0},
    "summary": {"amountPending": 52545.0},
}


def loan_of(loan_id: str, bench: Bench) -> PartnerRef:
    """A loan as it was told to this bench's customer."""
    return PartnerRef(MANIFEST.id, json.dumps([loan_id, mark(bench.call(), loan_id)]))


OWNER = Bench(Network(), manifest=MANIFEST, account=ACCOUNT, subject=person())
TILL = int(START.timestamp()) + 60
OFFER = PartnerRef(MANIFEST.id, json.dumps(["APP-1", "OFR-1", "46500.00", TILL, mark(OWNER.call(), "OFR-1")]))
ACCEPTANCE = Acceptance(offer_id=OFFER, amount=rupees("46500"))
REPAYMENT = Repayment(loan_id=loan_of("LON1", OWNER), amount=rupees("100.50"))


async def test_whatever_is_sent_is_signed_detached_over_its_bytes(bench: Bench, network: Network) -> None:
    """The body travels as it was signed, the path where there is no body, and our PEM key made the signature."""
    await LENDING.list_products(ProductSearch(), bench.call())
    await LENDING.apply(APPLICATION, bench.attempt(REFERENCE))
    _, products, create = network.seen
    public = jws.jwk_of_pem(OUR_PUBLIC, "agent-1")
    assert jws.verify(public, b"/products", products.headers["Signature"])
    assert jws.verify(public, create.body, create.headers["Signature"])
    assert create.headers["Authorization"] == "Bearer t"


async def test_application_is_filed_under_our_reference(bench: Bench, network: Network) -> None:
    """One number is requestId, traceId and application id; amounts are JSON numbers; an Ack is no verdict."""
    outcome = await LENDING.apply(APPLICATION, bench.attempt(REFERENCE))
    assert outcome == Pending(stage="filed")
    body = network.last("createLoanRequest")
    assert (body["metadata"]["requestId"], body["metadata"]["traceId"]) == (REFERENCE, REFERENCE)
    assert body["productData"] == {"productNetworkId": "N-1", "productId": "PRD-1"}
    (filed,) = body["loanApplications"]
    assert filed["loanApplicationId"] == REFERENCE
    assert filed["borrower"]["primaryId"] == "9900000001"
    tenure = {"duration": "12", "unit": "MONTH"}
    assert filed["terms"] == {"requestedAmount": 50000, "currency": "INR", "tenure": tenure}


async def test_referral_carries_its_reason(bench: Bench, network: Network) -> None:
    """A bank's own no travels in the description, to every lender."""
    referral = Referral(
        region="IN", amount=rupees("50000"), term_months=12, purpose="farming", reason="score", remark="No history."
    )
    await LENDING.refer(referral, bench.attempt(REFERENCE))
    body = network.last("createLoanRequest")
    assert "productId" not in body["productData"]
    said = body["loanApplications"][0]["description"]
    assert said == "purpose: farming; declined by the referring bank: score. No history."


async def test_application_becomes_offers_step_by_step(bench: Bench, network: Network) -> None:
    """Filed, then offers are asked for at once, then the verdict is there with all of them."""
    filed = news(*CREATED, **application("PROCESSING"))
    assert (filed.reference, filed.outcome, filed.trusted) == (REFERENCE, None, True)
    enquiry = bench.enquiry(REFERENCE, **handles(filed))
    outcome = await LENDING.find_application(APPLICATION, enquiry)
    assert (outcome.stage, outcome.so_far.state) == ("processing", "processing")
    assert network.names == ["generateOffersRequest"]
    asked = network.last("generateOffersRequest")
    assert asked["loanApplicationIds"] == [REFERENCE]
    request_id = asked["metadata"]["requestId"]
    offered = news(OFFERED, request_id, at=2, **application("OFFERED", offers=[offer_row("O1")]))
    known = dict(enquiry.handles) | handles(offered)
    outcome = await LENDING.find_application(APPLICATION, bench.enquiry(REFERENCE, **known))
    (offer,) = outcome.result.offers
    assert (outcome.result.application_number, outcome.result.state) == (REFERENCE, "offered")
    assert offer.amount == rupees("46500.00")
    assert (offer.annual_rate, offer.fee, offer.term_months) == ("13.25", rupees("464.50"), 12)
    assert network.names == ["generateOffersRequest"]


async def test_parts_stand_side_by_side(bench: Bench, network: Network) -> None:
    """Two responses of one request bring different lenders; the list is whole once all have had their time."""
    first = news(OFFERED, "r", at=1, **application("PROCESSING", offers=[offer_row("O1")]))
    later = news(OFFERED, "r", at=2, **application("OFFERED", offers=[offer_row("O2")]))
    since = START.isoformat()
    for told in ([first], [first, later]):
        with pytest.raises(NotReady):
            await LENDING.find_offers(SEARCH, bench.call(REFERENCE, since=since, **handles(*told)))
    bench.watch.forward(minutes=2)
    both = await LENDING.find_offers(SEARCH, bench.call(REFERENCE, since=since, **handles(first, later)))
    assert len(both.items) == 2
    alone = await LENDING.find_offers(SEARCH, bench.call(REFERENCE, since=since, **handles(first)))
    assert len(alone.items) == 1


async def test_offered_is_not_everybody(bench: Bench, network: Network) -> None:
    """That there are offers says nothing of the other lenders: they have their time, and are asked for again."""
    offered = handles(news(OFFERED, "r", at=1, **application("OFFERED", offers=[offer_row("O1")])))
    bench.watch.forward(seconds=100)
    call = bench.call(REFERENCE, since=START.isoformat(), **offered)
    with pytest.raises(NotReady) as early:
        await LENDING.find_offers(SEARCH, call)
    assert early.value.check_after == timedelta(seconds=20)
    assert network.names == ["generateOffersRequest"]
    referral = Referral(region="IN", amount=rupees("50000"), term_months=12, purpose="farming", reason="score")
    enquiry = bench.enquiry(REFERENCE, **offered)
    outcome = await LENDING.find_referral(referral, enquiry)
    assert isinstance(outcome, Pending)
    assert (len(outcome.so_far.offers), outcome.check_after) == (1, enquiry.sent_at + timedelta(minutes=2))
    bench.watch.now = enquiry.sent_at + timedelta(minutes=2)
    later = handles(news(OFFERED, "r", at=2, **application("OFFERED", offers=[offer_row("O2")])))
    again = bench.enquiry(REFERENCE, **offered, **later)
    again.sent_at = enquiry.sent_at
    assert len((await LENDING.find_referral(referral, again)).result.offers) == 2


async def test_offers_beyond_the_limit_are_on_the_next_page(bench: Bench, network: Network) -> None:
    """The network does not page: what goes on asks for the same application's offers again, and files no other."""
    rows = [offer_row(number) for number in ("O3", "O1", "O2")]
    offered = handles(news(OFFERED, "r", at=1, **application("OFFERED", offers=rows)))
    since, search = START.isoformat(), msgspec.structs.replace(SEARCH, limit=2)
    bench.watch.forward(minutes=2)
    page = await LENDING.find_offers(search, bench.call(REFERENCE, since=since, **offered))
    assert [number(one) for one in page.items] == ["O1", "O2"]
    following = msgspec.structs.replace(search, cursor=page.next)
    call = bench.call(str(uuid4()))
    with pytest.raises(NotReady):
        await LENDING.find_offers(following, call)
    assert network.names == ["generateOffersRequest"]
    assert network.last("generateOffersRequest")["loanApplicationIds"] == [REFERENCE]
    bench.watch.forward(minutes=2)
    page = await LENDING.find_offers(following, bench.call(call.reference, **call.handles, **offered))
    assert ([number(one) for one in page.items], page.next) == (["O3"], None)
    with pytest.raises(Refused) as refused:
        await LENDING.find_offers(msgspec.structs.replace(search, cursor="x"), bench.call())
    assert refused.value.field == "cursor"


def number(offer: Offer) -> str:
    """The network's number of an offer."""
    return str(json.loads(offer.offer_id.local_id)[1])


@pytest.mark.parametrize(
    ("fault", "field"), [("terms.requestedAmount", "amount.amount"), ("terms.currency", "amount.currency")]
)
async def test_amount_that_the_network_does_not_take(bench: Bench, network: Network, fault: str, field: str) -> None:
    """A search whose amount is refused in the acknowledgement is the bank's to change, and names what."""
    network.errors["createLoanRequest"] = f"INVALID_REQUEST: {fault}"
    with pytest.raises(Refused) as refused:
        await LENDING.find_offers(SEARCH, bench.call(REFERENCE))
    assert refused.value.field == field


async def test_question_is_filed_once_and_waits(bench: Bench, network: Network) -> None:
    """A search files under the question's own number, the same whenever it is repeated, and never sleeps."""
    call = bench.call(REFERENCE)
    for seconds in (0, 1, 5):
        bench.watch.forward(seconds=seconds)
        with pytest.raises(NotReady):
            await LENDING.find_offers(SEARCH, call)
    assert network.names == ["createLoanRequest", "createLoanRequest"]  # after a second, the answer is on its way
    first, second = (body for _, body in network.asked)
    assert first["metadata"]["requestId"] == second["metadata"]["requestId"] == REFERENCE
    assert first["loanApplications"] == second["loanApplications"]
    bench.watch.forward(minutes=11)
    with pytest.raises(MaybeSent):
        await LENDING.find_offers(SEARCH, call)


async def test_only_the_network_is_believed(bench: Bench) -> None:
    """An attached JWS, another's key and another body are hints, and are refused so that a true one comes again."""
    raw = response(*CREATED, **application("REJECTED"))
    key = ECKey.import_key(THEIRS)
    attached = joserfc_jws.serialize_compact({"alg": "ES256", "kid": "network-1"}, raw, key)
    foreign = jws.sign(jws.jwk_of_pem(OURS, "network-1"), raw)
    for headers in ({"signature": attached}, {"signature": foreign}, signed(raw + b" "), {}):
        told = read_callback(raw, headers, ACCOUNT)
        assert (told.trusted, told.outcome, dict(told.remember)) == (False, None, {})
        assert told.acknowledgement.status == 401
    told = read_callback(raw, signed(raw), ACCOUNT)
    assert told.trusted
    assert json.loads(told.acknowledgement.body)["error"] == "0"


def test_what_is_kept_names_nobody() -> None:
    """Of a response, only what is read later is remembered."""
    borrower = {"primaryId": "9900000001", "primaryIdType": "MOBILE"}
    kept = "".join(handles(news(*CREATED, **application("PROCESSING", borrower=borrower))).values())
    assert "PROCESSING" in kept
    assert "9900000001" not in kept


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (application("REJECTED", rejectionDetails=[{"reason": "LOW_CREDIT_SCORE"}]), "not-eligible"),
        (application("REJECTED"), "declined"),
        (application("CANCELLED"), "cancelled"),
    ],
)
async def test_rejection_has_its_reason(bench: Bench, said: dict[str, Any], code: str) -> None:
    """A rejection is a SUCCESS of the exchange."""
    outcome = await LENDING.find_application(APPLICATION, bench.enquiry(REFERENCE, **handles(news(*CREATED, **said))))
    assert outcome.reason.code == code


async def test_lender_wants_a_document(bench: Bench) -> None:
    """ACTION_REQUIRED moves no state: the bank is told, and the order stays open."""
    action = {"actionType": "ADD_DOCUMENT", "description": "Bank statement"}
    told = news(*CREATED, **application("ACTION_REQUIRED", actionRequired=[action]))
    assert [(each.what, each.detail) for each in told.happened] == [("action-required", "Bank statement")]
    outcome = await LENDING.find_application(APPLICATION, bench.enquiry(REFERENCE, **handles(told)))
    assert isinstance(outcome, Pending)
    assert (outcome.so_far.state, outcome.so_far.action) == ("action-required", "Bank statement")


def test_thirty_states_are_mapped_twice() -> None:
    """An application's thirty states each mean something for the application, and for the acceptance of an offer."""
    assert len(MANIFEST.codes["application"]) == len(MANIFEST.codes["acceptance"]) == 30
    assert MANIFEST.codes["application"].keys() == MANIFEST.codes["acceptance"].keys()


async def test_unheard_of_state_decides_nothing(bench: Bench) -> None:
    """Neither of an application, nor of the exchange itself."""
    odd = json.loads(response(*CREATED, **application("REJECTED")))
    odd["response"]["status"] = "UNDER_REVIEW"
    raw = json.dumps(odd).encode()
    for told in (news(*CREATED, **application("UNDER_REVIEW")), read_callback(raw, signed(raw), ACCOUNT)):
        outcome = await LENDING.find_application(APPLICATION, bench.enquiry(REFERENCE, **handles(told)))
        assert (outcome.stage, outcome.unmapped) == ("UNDER_REVIEW", True)


async def test_another_amount_is_no_success(bench: Bench) -> None:
    """An application that the network reports for another amount than ours is in doubt."""
    told = news(*CREATED, **application("OFFERED", terms={"requestedAmount": 50001.0, "currency": "INR"}))
    outcome = await LENDING.find_application(APPLICATION, bench.enquiry(REFERENCE, **handles(told)))
    assert isinstance(outcome, Unknown)


async def test_absence_is_only_the_latest_answer(bench: Bench, network: Network) -> None:
    """Each enquiry asks, its own answer is read once, and an answer to an earlier question counts for nothing."""
    enquiry = bench.enquiry(REFERENCE)
    assert isinstance(await LENDING.find_application(APPLICATION, enquiry), Unknown)
    request_id = network.last("getloanRequest")["metadata"]["requestId"]
    missing = handles(news("loanDetails/getloanResponse", request_id, detail="LOAN_APPLICATION_NOT_FOUND"))
    stale = handles(news("loanDetails/getloanResponse", str(uuid4()), detail="LOAN_APPLICATION_NOT_FOUND"))
    known = dict(enquiry.handles)
    assert isinstance(await LENDING.find_application(APPLICATION, bench.enquiry(REFERENCE, **known, **stale)), Unknown)
    again = bench.enquiry(REFERENCE, **known, **missing)
    assert isinstance(await LENDING.find_application(APPLICATION, again), Absent)
    bench.watch.forward(seconds=5)
    assert isinstance(await LENDING.find_application(APPLICATION, bench.enquiry(REFERENCE, **again.handles)), Unknown)
    assert network.names == ["getloanRequest", "getloanRequest"]


async def test_acceptance_goes_three_steps_at_once(bench: Bench, network: Network) -> None:
    """Choice, agreement and grant leave one after the other; only the grant has the order's own number."""
    attempt = bench.attempt(REFERENCE)
    assert isinstance(await LENDING.accept(ACCEPTANCE, attempt), Pending)
    assert network.names == ["setOffersRequest", "loanAgreementRequest", "grantLoanRequest"]
    assert bench.steps == ["agree", "grant"]
    numbers = [body["metadata"]["requestId"] for _, body in network.asked]
    assert numbers[2] == REFERENCE
    assert len(set(numbers)) == 3
    again = bench.attempt(REFERENCE)
    await LENDING.accept(ACCEPTANCE, again)
    assert [body["metadata"]["requestId"] for _, body in network.asked[3:]] == numbers


async def test_without_the_grant_there_is_no_loan(bench: Bench, network: Network) -> None:
    """Silence before the grant is found to be no loan; silence after it is asked about, and never repeated."""
    network.silent = {"loanAgreementRequest"}
    attempt = bench.attempt(REFERENCE)
    with pytest.raises(MaybeSent):
        await LENDING.accept(ACCEPTANCE, attempt)
    enquiry = bench.enquiry(REFERENCE)
    enquiry.steps = attempt.steps
    outcome = await LENDING.find_acceptance(ACCEPTANCE, enquiry)
    assert outcome.reason.code == "not-sent"
    network.silent, enquiry.steps = set(), ("agree", "grant")
    assert isinstance(await LENDING.find_acceptance(ACCEPTANCE, enquiry), Unknown)
    assert network.names[-1] == "getloanRequest"
    request_id = network.last("getloanRequest")["metadata"]["requestId"]
    standing = {"loanApplicationId": "APP-1", "loanApplicationStatus": "LOAN_AGREEMENT_INITIATED"}
    known = dict(enquiry.handles) | handles(news("loanDetails/getloanResponse", request_id, **standing))
    enquiry = bench.enquiry(REFERENCE, **known)
    enquiry.steps = ("agree", "grant")
    assert isinstance(await LENDING.find_acceptance(ACCEPTANCE, enquiry), Absent)


async def test_grant_is_told_by_callback(bench: Bench, network: Network) -> None:
    """The response to the grant is the loan, without another question; a refused one is explained by the choice."""
    told = news("grantLoan/grantLoanResponse", **GRANTED)
    assert told.outcome is None, "it does not say whose the loan is"
    enquiry = bench.enquiry(REFERENCE, **handles(told))
    enquiry.steps = ("agree", "grant")
    loan = (await LENDING.find_acceptance(ACCEPTANCE, enquiry)).result
    assert (own(loan.loan_id, bench.call()), loan.state, loan.principal) == ("LON1", "granted", rupees("46500.00"))
    assert network.seen == []
    chosen = news("offers/setOffersResponse", "x", detail="OFFER_EXPIRED")
    refused = news("grantLoan/grantLoanResponse", detail="AGREEMENT_NOT_REQUESTED")
    assert refused.outcome is None
    enquiry = bench.enquiry(REFERENCE, **handles(chosen, refused))
    enquiry.steps = ("agree", "grant")
    reason = (await LENDING.find_acceptance(ACCEPTANCE, enquiry)).reason
    assert (reason.code, reason.field, reason.partner_code) == ("expired", "offer_id", "OFFER_EXPIRED")


@pytest.mark.parametrize("state", ["REPAYMENT_SETUP_COMPLETED", "SET_DISBURSEMENT_ACCOUNT_FAILED"])
async def test_a_loan_in_its_set_up_is_not_absent(bench: Bench, state: str) -> None:
    """The network sets repayments and accounts up after a grant, so one whose acknowledgement was lost stands."""
    told = news("loanDetails/getloanResponse", **GRANTED | {"loanApplicationStatus": state})
    enquiry = bench.enquiry(REFERENCE, **handles(told), **{"asked:getloan": f"{REFERENCE} x"})
    enquiry.steps = ("agree", "grant")
    outcome = await LENDING.find_acceptance(ACCEPTANCE, enquiry)
    assert isinstance(outcome, Pending)
    assert (outcome.stage, outcome.unmapped) == ("setting-up", False)


async def test_a_loan_that_is_not_paid_out_was_granted(bench: Bench) -> None:
    """The lender may pay out yet: by the grant's own response, or by what getloan says. The loan itself tells it."""
    lost = GRANTED | {"loanApplicationStatus": "DISBURSED_FAILED"}
    for operation in ("grantLoan/grantLoanResponse", "loanDetails/getloanResponse"):
        enquiry = bench.enquiry(REFERENCE, **handles(news(operation, **lost)), **{"asked:getloan": f"{REFERENCE} x"})
        enquiry.steps = ("agree", "grant")
        outcome = await LENDING.find_acceptance(ACCEPTANCE, enquiry)
        assert isinstance(outcome, Succeeded)
        assert outcome.result.state == "failed"
    call = bench.call(REFERENCE, **handles(news("loanDetails/getloanResponse", **lost)))
    await call.remember(**{"asked:getloan": f"{REFERENCE} x"})
    assert (await LENDING.find_loan(LoanSearch(loan_id=loan_of("LON1", bench)), call)).state == "failed"


@pytest.mark.parametrize(
    ("acceptance", "seconds", "field"),
    [
        (ACCEPTANCE, 60, "offer_id"),
        (msgspec.structs.replace(ACCEPTANCE, offer_id=PartnerRef(MANIFEST.id, "x")), 0, "offer_id"),
        (msgspec.structs.replace(ACCEPTANCE, amount=rupees("46500.01")), 0, "amount.amount"),
        (msgspec.structs.replace(ACCEPTANCE, amount=Money(amount="46500", currency="CNY")), 0, "amount.currency"),
    ],
)
async def test_offer_guards_itself(bench: Bench, acceptance: Acceptance, seconds: int, field: str) -> None:
    """Past its validity, or for another amount, nothing is sent."""
    await LENDING.check_acceptance(ACCEPTANCE, bench.call())
    bench.watch.forward(seconds=seconds)
    with pytest.raises(Refused) as refused:
        await LENDING.check_acceptance(acceptance, bench.call())
    assert refused.value.field == field


async def test_what_is_somebody_elses_is_nobodys(bench: Bench, network: Network) -> None:
    """Another customer's loan or offer is one that is not known: refused or declined, and nothing is sent."""
    bench.subject = Person(name="Asha", id_number=people.id_number(8), mobile="+919900000002")
    for question in (LENDING.find_loan, LENDING.find_plan):
        for ref in (REPAYMENT.loan_id, PartnerRef(MANIFEST.id, "LON1"), PartnerRef(MANIFEST.id, '["LON1",""]')):
            with pytest.raises(Refused, match="the network knows no such loan") as refused:
                await question(LoanSearch(loan_id=ref), bench.call())
            assert refused.value.field == "loan_id"
    reason = (await LENDING.repay(REPAYMENT, bench.attempt(REFERENCE))).reason
    assert (reason.code, reason.field) == ("account-unknown", "loan_id")
    with pytest.raises(Refused, match="is no offer of this network"):
        await LENDING.check_acceptance(ACCEPTANCE, bench.call())
    assert network.seen == []
    with pytest.raises(NotReady):
        await LENDING.find_loan(LoanSearch(loan_id=loan_of("LON1", bench)), bench.call())
    assert network.last("getloanRequest")["loanId"] == "LON1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": rupees("4999.99")}, "amount.amount"),
        ({"amount": Money(amount="50000", currency="CNY")}, "amount.currency"),
        ({"term_months": 25}, "term_months"),
        ({"product_id": PartnerRef(MANIFEST.id, "PRD-9")}, "product_id"),
        ({"pre_check_id": PartnerRef(MANIFEST.id, "x")}, "pre_check_id"),
    ],
)
async def test_application_is_held_to_its_product(bench: Bench, changes: dict[str, Any], field: str) -> None:
    """What the product's rules exclude is refused before anything is filed, naming the field."""
    await LENDING.check_application(APPLICATION, bench.call())
    with pytest.raises(Refused) as refused:
        await LENDING.check_application(msgspec.structs.replace(APPLICATION, **changes), bench.call())
    assert refused.value.field == field


async def test_borrower_is_known_by_a_mobile_number(bench: Bench) -> None:
    """A consent without one is refused, and declines what cannot be checked first."""
    bench.subject = person(mobile=None)
    with pytest.raises(Refused) as refused:
        await LENDING.check_application(APPLICATION, bench.call())
    assert refused.value.field == "Consent-Id"
    referral = Referral(region="IN", amount=rupees("1"), term_months=1, purpose="other", reason="other")
    assert (await LENDING.refer(referral, bench.attempt(REFERENCE))).reason.field == "Consent-Id"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [("INVALID_REQUEST: x", Declined), ("REQUEST_ID_REUSED", Unknown), ("NEVER_HEARD_OF", Unknown)],
)
async def test_what_is_not_acknowledged(bench: Bench, network: Network, error: str, outcome: type) -> None:
    """Only an error that is mapped so declines; a requestId that is known is asked about."""
    network.errors["triggerRepaymentRequest"] = error
    assert isinstance(await LENDING.repay(REPAYMENT, bench.attempt(REFERENCE)), outcome)


async def test_refused_token_is_replaced_once(bench: Bench, network: Network) -> None:
    """It performs nothing, so the same request leaves again, under a new token and the same number."""
    network.errors["triggerRepaymentRequest"] = "INVALID_TOKEN"
    assert isinstance(await LENDING.repay(REPAYMENT, bench.attempt(REFERENCE)), Pending)
    assert [message.url.rpartition("/")[2] for message in network.seen].count("") == 2  # the token's path ends so
    first, second = (body for _, body in network.asked)
    assert first == second


async def test_repayment_is_what_its_payment_says(bench: Bench, network: Network) -> None:
    """Pending until the lender confirms on its own; a final response wins over whatever was pending."""
    attempt = bench.attempt(REFERENCE)
    assert isinstance(await LENDING.repay(REPAYMENT, attempt), Pending)
    assert network.last("triggerRepaymentRequest")["payment"] == {"id": REFERENCE, "totalAmount": 100.5}
    payment = {"id": REFERENCE, "totalAmount": 100.5, "date": "2026-11-23T08:00:01.000Z"}
    first = news("repayment/triggerRepaymentResponse", payment=payment | {"status": "PENDING_AUTH"})
    assert isinstance(first.outcome, Pending)
    confirmed = news("repayment/confirmRepaymentRequest", at=1, payment=payment | {"status": "SUCCESS"})
    assert confirmed.outcome.result.paid == rupees("100.50")
    failed = news("repayment/triggerRepaymentResponse", detail="MANDATE_DECLINED", payment={"id": REFERENCE})
    assert failed.outcome.reason.partner_code == "MANDATE_DECLINED"
    found = await LENDING.find_repayment(REPAYMENT, bench.enquiry(REFERENCE, **handles(first, confirmed)))
    assert found == confirmed.outcome
    torn = handles(failed, confirmed)
    assert isinstance(await LENDING.find_repayment(REPAYMENT, bench.enquiry(REFERENCE, **torn)), Unknown)


async def test_elsewhere_there_is_nothing(bench: Bench, network: Network) -> None:
    """A search in another region, or for another currency, is answered without a word to the network."""
    yuan = msgspec.structs.replace(SEARCH, amount=Money(amount="1", currency="CNY"))
    for search in (msgspec.structs.replace(SEARCH, region="330000"), yuan):
        assert (await LENDING.find_offers(search, bench.call())).items == []
    assert (await LENDING.list_loans(LoansSearch(region="CN"), bench.call())).items == []
    assert network.seen == []


def test_account_needs_keys_of_the_curve() -> None:
    """Any other key is refused when it is set, and no secret is ever printed."""
    with pytest.raises(ValueError, match="EC key"):
        msgspec.structs.replace(ACCOUNT, private_key="x")
    with pytest.raises(ValueError, match="private"):
        msgspec.structs.replace(ACCOUNT, private_key=OUR_PUBLIC)
    assert "made-up" not in repr(ACCOUNT)


# Over real sockets, against the simulator.

ACK = b'{"error":"0","traceId":"t","timestamp":"2026-11-23T08:00:00.000Z"}'


@dataclass
class Walk:
    """One customer at the simulator, and a little of the hub: it keeps what callbacks bring, and asks again."""

    bench: Bench
    listener: Listener
    account: OcenAccount

    def told(self, reference: str) -> list[News]:
        found = [read_callback(letter.body, letter.headers, self.account) for letter in self.listener.letters]
        return [each for each in found if each.reference == reference]

    async def ask(self, question: Callable[[Any, Any], Awaitable[Any]], request: Any) -> Any:
        """The answer to a question that is kept until callbacks have brought it."""
        call = self.bench.call(str(uuid4()))
        async with asyncio.timeout(10):
            while True:
                try:
                    return await question(request, call)
                except NotReady:
                    await self.pause()
                    await call.remember(**handles(*self.told(call.reference)))

    async def order(
        self, order: Callable[[Any, Any], Awaitable[Any]], enquiry: Callable[[Any, Any], Awaitable[Any]], request: Any
    ) -> Any:
        """What becomes of an order, by the callbacks that decide and by the enquiries that the others trigger."""
        attempt = self.bench.attempt(str(uuid4()))
        try:
            outcome = await order(request, attempt)
        except MaybeSent:
            assert attempt.submitted
            outcome = Unknown(why="no answer")
        asking = self.bench.enquiry(attempt.reference, **attempt.handles)
        asking.steps = attempt.steps
        async with asyncio.timeout(10):
            while isinstance(outcome, Pending | Unknown):
                await self.pause()
                told = self.told(attempt.reference)
                await asking.remember(**handles(*told))
                outcome = next((each.outcome for each in told if isinstance(each.outcome, Succeeded | Declined)), None)
                asking._left = 8
                outcome = outcome or await enquiry(request, asking)
        self.reference = attempt.reference
        return outcome

    async def pause(self) -> None:
        await asyncio.sleep(0.1)
        self.bench.watch.forward(seconds=1)

    async def apply(self, amount: str = "50000") -> Any:
        wish = Application(
            product_id=PartnerRef(MANIFEST.id, "PRD-001"), amount=rupees(amount), term_months=12, purpose="farming"
        )
        return await self.order(LENDING.apply, LENDING.find_application, wish)

    async def accept(self, offer: Offer) -> Any:
        acceptance = Acceptance(offer_id=offer.offer_id, amount=offer.amount)
        return await self.order(LENDING.accept, LENDING.find_acceptance, acceptance)

    async def repay(self, loan_id: str, amount: str) -> Any:
        repayment = Repayment(loan_id=loan_of(loan_id, self.bench), amount=rupees(amount))
        return await self.order(LENDING.repay, LENDING.find_repayment, repayment)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, OcenAccount]]:
    var = tmp_path_factory.mktemp("ocen")
    fleet.prepare(var, ["ocen"])
    with fleet.start(var, names=["ocen"], processing_seconds=0.1, late_seconds=0.4) as running:
        known = json.loads((var / "ocen" / "credentials.json").read_text())
        yield running.stands["ocen"], OcenAccount(base_url=running.stands["ocen"].protocol, **known)


@asynccontextmanager
async def walk(stand: tuple[fleet.Stand, OcenAccount], mobile: str) -> Any:
    """A bench on a real channel, and an ear for the network."""
    door, account = stand
    bench = Bench(Network(), manifest=MANIFEST, account=account, subject=person(mobile), watch=Watch(datetime.now(UTC)))
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    with Listener(ACK) as listener:
        assert Door(door).call("POST", "/_sandbox/notify-url", {"url": listener.url})[0] == 200
        bench.line = replace(bench.line, channel=channel, patience=timedelta(seconds=0.5))
        try:
            yield Walk(bench, listener, account)
        finally:
            await channel.close()


async def test_a_loan_lives(stand: tuple[fleet.Stand, OcenAccount]) -> None:
    """Products, offers of all, an application, its acceptance, the payout, the plan, a repayment, the list."""
    async with walk(stand, "13812345678") as at:
        products = await LENDING.list_products(ProductSearch(), at.bench.call())
        assert len({one.lender for one in products.items}) == 3
        offers = (await at.ask(LENDING.find_offers, SEARCH)).items
        assert len({one.lender for one in offers}) == 3
        applied = await at.apply()
        assert applied.result.state == "offered"
        granted = await at.accept(applied.result.offers[0])
        loan = granted.result
        assert loan.principal == applied.result.offers[0].amount
        assert Door(stand[0]).performed(at.reference)[0]["operation"] == "grant-loan"
        search = LoanSearch(loan_id=loan.loan_id)
        async with asyncio.timeout(10):
            while (await at.ask(LENDING.find_loan, search)).state != "active":
                await at.pause()
        (first, *_) = await at.ask(LENDING.find_plan, search)
        assert first.state == "due"
        loan_id = own(loan.loan_id, at.bench.call())
        repaid = await at.repay(loan_id, first.amount.amount)
        assert repaid.result.paid == first.amount
        (first, *_) = await at.ask(LENDING.find_plan, search)
        assert first.state == "paid"
        listed = (await at.ask(LENDING.list_loans, LoansSearch())).items
        assert [own(one.loan_id, at.bench.call()) for one in listed] == ["LN13812345678", loan_id]
        assert listed[1].loan_id == loan.loan_id
        with pytest.raises(Refused) as refused:
            await at.ask(LENDING.find_loan, LoanSearch(loan_id=loan_of("NOBODYS", at.bench)))
        assert refused.value.field == "loan_id"


async def test_offers_come_in_parts(stand: tuple[fleet.Stand, OcenAccount]) -> None:
    """One lender is early, the others late: the list has all of them, and one of them is accepted."""
    async with walk(stand, people.magic_mobile(26)) as at:
        offers = (await at.ask(LENDING.find_offers, SEARCH)).items
        assert len(offers) == 3
        assert isinstance(await at.accept(offers[2]), Succeeded)


async def test_referral_is_heard(stand: tuple[fleet.Stand, OcenAccount]) -> None:
    """A customer whom the bank declined gets offers of the others."""
    async with walk(stand, "13812345679") as at:
        referral = Referral(region="IN", amount=rupees("50000"), term_months=12, purpose="farming", reason="score")
        outcome = await at.order(LENDING.refer, LENDING.find_referral, referral)
        assert len(outcome.result.offers) == 3


@pytest.mark.parametrize(("tail", "code"), [(17, "declined"), (28, "not-eligible")])
async def test_lenders_decline(stand: tuple[fleet.Stand, OcenAccount], tail: int, code: str) -> None:
    """A rejection arrives with its reason."""
    async with walk(stand, people.magic_mobile(tail)) as at:
        assert (await at.apply()).reason.code == code


async def test_expired_at_the_lender(stand: tuple[fleet.Stand, OcenAccount]) -> None:
    """An offer that only the lender knows to be gone is declined; one past its validity never leaves."""
    async with walk(stand, people.magic_mobile(32)) as at:
        offer = (await at.ask(LENDING.find_offers, SEARCH)).items[0]
        reason = (await at.accept(offer)).reason
        assert (reason.code, reason.field) == ("expired", "offer_id")
    async with walk(stand, people.magic_mobile(27)) as at:
        offer = (await at.ask(LENDING.find_offers, SEARCH)).items[0]
        with pytest.raises(Refused):
            await LENDING.check_acceptance(Acceptance(offer_id=offer.offer_id, amount=offer.amount), at.bench.call())


@pytest.mark.parametrize(("tail", "means"), [(33, Succeeded), (34, Declined), (17, Declined)])
async def test_repayment_ends_later(stand: tuple[fleet.Stand, OcenAccount], tail: int, means: type) -> None:
    """What was PENDING_AUTH is decided by the lender's own request."""
    mobile = people.magic_mobile(tail)
    async with walk(stand, mobile) as at:
        assert isinstance(await at.repay("LN" + mobile, "10"), means)


@pytest.mark.parametrize(
    ("tail", "performed"), [(2, False), (4, True), (6, True), (7, True), (8, True), (10, True), (12, True), (16, True)]
)
async def test_what_was_not_told_is_found_out(
    stand: tuple[fleet.Stand, OcenAccount], tail: int, performed: bool
) -> None:
    """Whatever went wrong with an application or a repayment, the enquiry finds out without repeating it."""
    mobile = people.magic_mobile(tail)
    async with walk(stand, mobile) as at:
        assert isinstance(await at.apply(), Succeeded if performed else Absent)
        assert len(Door(stand[0]).performed(at.reference)) == performed
        assert isinstance(await at.repay("LN" + mobile, "10"), Succeeded if performed else Absent)
        assert len(Door(stand[0]).performed(at.reference)) == performed
