"""A network that acknowledges, and answers by signed callbacks: once, in parts, again, or never."""

import http.client
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from sandbox.providers.ocen.states import Status
from sandbox.stand.fleet import Stand
from sandbox.stand.people import magic_mobile
from tests.sandbox.conftest import Opened
from tests.sandbox.listener import Letter, Listener
from tests.sandbox.wire import Door, address, until

ROOT = "/v4.0.0alpha/"
CREATE = "loanApplications/createLoanRequest"
OFFERS, SET_OFFER = "offers/generateOffersRequest", "offers/setOffersRequest"
AGREEMENT, GRANT = "loanAcceptance/loanAgreementRequest", "grantLoan/grantLoanRequest"
REPAY, LOAN = "repayment/triggerRepaymentRequest", "loanDetails/getloanRequest"
ACK = b'{"error":"0","traceId":"t","timestamp":"2026-01-01T00:00:00.000Z"}'


class Agent:
    """A loan agent, written from the facts: token, detached JWS, one URL for all responses."""

    def __init__(self, stand: Stand, folder: Path, listener: Listener) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.listener = listener
        self.patience = 5.0
        self.told = json.loads((folder / "credentials.json").read_text())
        self.key = ECKey.import_key(self.told["private_key"])
        self.network = ECKey.import_key(self.told["network_public_key"])
        form = {
            "grant_type": "client_credentials",
            **{name: self.told[name] for name in ("client_id", "client_secret")},
        }
        status, answer = self.send("POST", "/auth/oauth2/token/", urlencode(form).encode(), {})
        assert status == 200
        self.token = answer["access_token"]
        assert self.door.call("POST", "/_sandbox/notify-url", {"url": listener.url})[0] == 200

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=self.patience)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def sign(self, body: bytes) -> str:
        header = {"alg": "ES256", "kid": self.told["key_id"]}
        return jws.detach_content(jws.serialize_compact(header, body, self.key))

    def ask(
        self, name: str, request_id: str | None = None, signature: str | None = None, **said: Any
    ) -> tuple[int, Any]:
        metadata = {
            "version": "4.0.0alpha",
            "originatorOrgId": self.told["org_id"],
            "originatorParticipantId": self.told["participant_id"],
            "timestamp": "2026-11-01T10:00:00.000Z",
            "traceId": "journey-1",
            "requestId": request_id or str(uuid4()),
        }
        body = json.dumps({"metadata": metadata, **said}).encode()
        headers = {"authorization": f"Bearer {self.token}", "signature": signature or self.sign(body)}
        return self.send("POST", ROOT + name, body, {**headers, "content-type": "application/json"})

    def hear(self, name: str, request_id: str | None = None, **said: Any) -> Any:
        """The first response to a request that was acknowledged."""
        request_id = request_id or str(uuid4())
        status, ack = self.ask(name, request_id, **said)
        assert (status, ack["error"], ack["traceId"]) == (200, "0", "journey-1")
        until(lambda: self.responses(request_id))
        return self.responses(request_id)[0]

    def responses(self, request_id: str) -> list[Any]:
        found = [json.loads(letter.body) for letter in self.listener.letters]
        return [body for body in found if body["metadata"]["requestId"] == request_id]

    def wish(self, mobile: str, amount: float = 50000.0, **more: Any) -> dict[str, Any]:
        application = {
            "loanApplicationId": str(uuid4()),
            "createdDate": "2026-11-01",
            "borrower": {"primaryId": mobile, "primaryIdType": "MOBILE", "category": "INDIVIDUAL"},
            "terms": {"requestedAmount": amount, "currency": "INR", "tenure": {"duration": "12", "unit": "MONTH"}},
        }
        return {
            "productData": {"productNetworkId": self.told["product_network_id"], **more},
            "loanApplications": [application],
        }

    def apply(self, mobile: str, **more: Any) -> str:
        """The id of a fresh application."""
        response = self.hear(CREATE, **self.wish(mobile, **more))
        application_id: str = response["loanApplications"][0]["loanApplicationId"]
        return application_id

    def granted(self, mobile: str) -> tuple[str, Any]:
        """Up to the grant: its requestId and its response."""
        application_id = self.apply(mobile)
        offer = self.hear(OFFERS, loanApplicationIds=[application_id])["loanApplications"][0]["offers"][0]
        assert self.hear(SET_OFFER, loanApplicationId=application_id, offer=offer)["response"]["status"] == "SUCCESS"
        self.hear(AGREEMENT, loanApplicationIds=[application_id])
        request_id = str(uuid4())
        return request_id, self.hear(GRANT, request_id, loanApplicationId=application_id)

    def verifies(self, letter: Letter) -> bool:
        try:
            jws.deserialize_compact(letter.headers["signature"], self.network, ["ES256"], payload=letter.body)
        except JoseError:
            return False
        return True


def anybody() -> str:
    return "138" + f"{secrets.randbelow(10**8):08d}"


@pytest.fixture
def agent(opened: Opened) -> Iterator[Agent]:
    with Listener(ACK) as listener:
        stand, folder = opened("ocen")
        Door(stand).fresh()
        found = Agent(stand, folder, listener)
        yield found
        found.door.clear()


def test_states() -> None:
    """An application has thirty states, one of them misspelt by the network itself."""
    assert len(Status) == 30
    assert {"DISBURSED_FAILED", "DISBURSEMENT_COMPLETED", "LOAN_AGREEMENT_INITIATED"} <= set(Status)


def test_acknowledged_then_answered(agent: Agent) -> None:
    """The reply is an Ack and no more; the answer is posted to the one URL, signed over its raw bytes."""
    request_id, wish = str(uuid4()), agent.wish(anybody())
    status, ack = agent.ask(CREATE, request_id, **wish)
    assert (status, set(ack)) == (200, {"error", "traceId", "timestamp"})
    until(lambda: agent.responses(request_id))
    letter = agent.listener.letters[-1]
    assert agent.verifies(letter)
    assert letter.headers["signature"].split(".")[1] == ""
    body = json.loads(letter.body)
    assert body["metadata"]["operation"] == "/v4.0.0alpha/loanApplications/createLoanResponse"
    assert body["metadata"]["traceId"] == "journey-1"
    assert body["response"]["status"] == "SUCCESS"
    (entry,) = agent.door.performed(request_id)
    assert (entry["operation"], entry["amount"], entry["currency"]) == ("create-loan", "50000.00", "INR")


def test_irregular_casing(agent: Agent) -> None:
    """Paths are matched to the letter, and two responses are cased unlike their requests."""
    assert agent.ask("loanDetails/getLoanRequest", loanApplicationId="x")[0] == 404
    loans = agent.hear("loanDetails/listloansRequest", borrower={"primaryId": anybody(), "primaryIdType": "MOBILE"})
    assert loans["metadata"]["operation"] == "/v4.0.0alpha/loanDetails/listLoansResponse"
    agreement = agent.hear(AGREEMENT, loanApplicationIds=["x"])
    assert agreement["metadata"]["operation"] == "/v4.0.0alpha/loanAcceptance/LoanAgreementResponse"
    assert agreement["response"] == {"status": "ERROR", "responseDetail": "LOAN_APPLICATION_NOT_FOUND"}


def test_turned_away(agent: Agent) -> None:
    """Without a good token, or a detached signature over this very body, nothing is acknowledged or done."""
    request_id, wish = str(uuid4()), agent.wish(anybody())
    attached = jws.serialize_compact({"alg": "ES256", "kid": agent.told["key_id"]}, b"{}", agent.key)
    for signature in (agent.sign(b"{}"), attached, "x"):
        status, ack = agent.ask(CREATE, request_id, signature, **wish)
        assert (status, ack["error"]) == (401, "INVALID_SIGNATURE")
    good, agent.token = agent.token, "x.y.z"
    assert agent.ask(CREATE, request_id, **wish)[1]["error"] == "INVALID_TOKEN"
    agent.token = good
    assert agent.ask(CREATE, "not-a-uuid", **wish)[1]["error"] == "INVALID_REQUEST: metadata.requestId"
    assert agent.door.performed(request_id) == []


def test_products(agent: Agent) -> None:
    """The registry answers at once; the signature of a GET is over its path."""
    headers = {"authorization": f"Bearer {agent.token}", "signature": agent.sign(b"/products")}
    status, answer = agent.send("GET", "/products", b"", headers)
    assert status == 200
    assert {each["lender"]["id"] for each in answer["products"]} == {"LND-A", "LND-B", "LND-C"}


def test_repeat(agent: Agent) -> None:
    """A known requestId performs nothing and brings the same response again; with another body it is a conflict."""
    request_id, wish = str(uuid4()), agent.wish(anybody())
    first = agent.hear(CREATE, request_id, **wish)
    assert agent.ask(CREATE, request_id, **wish)[0] == 200
    until(lambda: len(agent.responses(request_id)) == 2)
    assert agent.responses(request_id)[1] == first
    status, ack = agent.ask(CREATE, request_id, **agent.wish(anybody()))
    assert (status, ack["error"]) == (409, "REQUEST_ID_REUSED")
    assert len(agent.door.performed(request_id)) == 1


def test_only_a_repeat_can_tell(agent: Agent) -> None:
    """What was performed and never answered is told when it is repeated, also by a magic borrower."""
    request_id, wish = str(uuid4()), agent.wish(magic_mobile(4))
    agent.patience = 0.4
    with pytest.raises(TimeoutError):
        agent.ask(CREATE, request_id, **wish)
    agent.patience = 5.0
    assert len(agent.door.performed(request_id)) == 1
    assert agent.responses(request_id) == []
    assert agent.hear(CREATE, request_id, **wish)["response"]["status"] == "SUCCESS"
    assert len(agent.door.performed(request_id)) == 1


def test_journey(agent: Agent) -> None:
    """Offers of several lenders, one chosen, granted, paid out, repaid in part; amounts are floats."""
    mobile = anybody()
    request_id, granted = agent.granted(mobile)
    terms, loan_id = granted["terms"], granted["loanId"]
    assert isinstance(terms["netDisbursedAmount"], float)
    assert agent.door.performed(request_id)[0]["amount"] == f"{terms['sanctionedAmount']:.2f}"
    early = agent.hear(REPAY, loanId=loan_id, payment={"id": str(uuid4()), "totalAmount": 1.0})
    assert early["response"]["responseDetail"] == "LOAN_NOT_DISBURSED"
    payout = {"loanId": loan_id, "payment": {"amount": terms["netDisbursedAmount"]}}
    assert agent.hear("disbursement/triggerDisbursementRequest", **payout)["payment"]["status"] == "PENDING_AUTH"
    ask = {"loanId": loan_id, "payment": {"id": "DSB-" + loan_id}}
    until(lambda: agent.hear("disbursement/triggerDisbursementStatusRequest", **ask)["payment"]["status"] == "SUCCESS")
    plan = agent.hear("disbursement/setRepaymentPlanStatusRequest", loanId=loan_id)["plan"]
    assert round(sum(each["totalAmount"] for each in plan["installments"]), 2) == terms["totalRepayableAmount"]
    payment = {"id": str(uuid4()), "totalAmount": plan["installments"][0]["totalAmount"]}
    assert agent.hear(REPAY, loanId=loan_id, payment=payment)["payment"]["status"] == "SUCCESS"
    plan = agent.hear("disbursement/setRepaymentPlanStatusRequest", loanId=loan_id)["plan"]
    assert [each["status"] for each in plan["installments"][:2]] == ["EMI_PAID", "EMI_DUE"]


def test_partial_offers(agent: Agent) -> None:
    """One bulk request is answered in two responses: what is there, and later what is new."""
    partial, ordinary = agent.apply(magic_mobile(26)), agent.apply(anybody())
    request_id = str(uuid4())
    agent.hear(OFFERS, request_id, loanApplicationIds=[partial, ordinary])
    until(lambda: len(agent.responses(request_id)) == 2)
    first, later = (response["loanApplications"] for response in agent.responses(request_id))
    assert [(each["loanApplicationStatus"], len(each["offers"])) for each in first] == [
        ("PROCESSING", 1),
        ("OFFERED", 3),
    ]
    assert [(each["loanApplicationStatus"], len(each["offers"])) for each in later] == [("OFFERED", 2)]
    lenders = {offer["lender"]["primaryId"] for each in (first[0], later[0]) for offer in each["offers"]}
    assert len(lenders) == 3


@pytest.mark.parametrize("tail", [27, 32])
def test_expired_offer(agent: Agent, tail: int) -> None:
    """An offer past its validity is refused, and so is one that only the lender knows to be gone."""
    application_id = agent.apply(magic_mobile(tail))
    offer = agent.hear(OFFERS, loanApplicationIds=[application_id])["loanApplications"][0]["offers"][0]
    assert (datetime.fromisoformat(offer["validTill"]).timestamp() < datetime.now(UTC).timestamp()) == (tail == 27)
    answer = agent.hear(SET_OFFER, loanApplicationId=application_id, offer=offer)
    assert answer["response"] == {"status": "ERROR", "responseDetail": "OFFER_EXPIRED"}
    assert agent.hear(AGREEMENT, loanApplicationIds=[application_id])["response"]["status"] == "ERROR"


def test_rejected(agent: Agent) -> None:
    """A rejection is a SUCCESS of the exchange, has a reason and is not performed."""
    request_id = str(uuid4())
    answer = agent.hear(CREATE, request_id, **agent.wish(magic_mobile(28)))
    (application,) = answer["loanApplications"]
    assert (answer["response"]["status"], application["loanApplicationStatus"]) == ("SUCCESS", "REJECTED")
    assert application["rejectionDetails"][0]["reason"] == "LOW_CREDIT_SCORE"
    assert agent.door.performed(request_id) == []


def test_action_required(agent: Agent) -> None:
    """A lender asks for a document by a second response of its own, and goes on when it has it."""
    request_id, wish = str(uuid4()), agent.wish(magic_mobile(29))
    application_id = wish["loanApplications"][0]["loanApplicationId"]
    agent.hear(CREATE, request_id, **wish)
    until(lambda: len(agent.responses(request_id)) == 2)
    states = [each["loanApplications"][0]["loanApplicationStatus"] for each in agent.responses(request_id)]
    assert states == ["PROCESSING", "ACTION_REQUIRED"]
    assert "offers" not in agent.hear(OFFERS, loanApplicationIds=[application_id])["loanApplications"][0]
    agent.hear("offers/sendAdditionalDocumentsRequest", loanApplicationId=application_id, documents=[])
    assert agent.hear(OFFERS, loanApplicationIds=[application_id])["loanApplications"][0]["offers"]


def test_disbursement_fails(agent: Agent) -> None:
    """A loan can be granted and its payout fail."""
    _, granted = agent.granted(magic_mobile(30))
    asked = {"loanApplicationId": granted["loanApplicationId"]}
    until(lambda: agent.hear(LOAN, **asked)["loanApplicationStatus"] == "DISBURSED_FAILED")


@pytest.mark.parametrize(("tail", "last", "performed"), [(33, "SUCCESS", 1), (34, "FAILURE", 0)])
def test_late_repayment(agent: Agent, tail: int, last: str, performed: int) -> None:
    """The old loan that everybody has is repaid; what was pending is told by confirmRepaymentRequest."""
    request_id, payment = str(uuid4()), {"id": str(uuid4()), "totalAmount": 10.0}
    answer = agent.hear(REPAY, request_id, loanId="LN" + magic_mobile(tail), payment=payment)
    assert answer["payment"]["status"] == "PENDING_AUTH"
    until(lambda: len(agent.responses(request_id)) == 2)
    confirmed = agent.responses(request_id)[1]
    assert confirmed["metadata"]["operation"] == "/v4.0.0alpha/repayment/confirmRepaymentRequest"
    assert confirmed["payment"]["status"] == last
    assert len(agent.door.performed(request_id)) == performed


def test_bent_responses(agent: Agent) -> None:
    """A bad signature and an unheard-of state come once and are right when repeated; a wrong amount stays."""
    for tail, fault in ((10, "bad-signature"), (12, "unmapped-code"), (11, "wrong-amount")):
        request_id, wish = str(uuid4()), agent.wish(magic_mobile(tail), 1000.0)
        agent.listener.letters.clear()
        first = agent.hear(CREATE, request_id, **wish)["loanApplications"][0]
        assert agent.verifies(agent.listener.letters[0]) == (fault != "bad-signature")
        assert (first["loanApplicationStatus"] == "UNDER_REVIEW") == (fault == "unmapped-code")
        agent.listener.letters.clear()
        again = agent.hear(CREATE, request_id, **wish)["loanApplications"][0]
        assert agent.verifies(agent.listener.letters[0])
        assert again["loanApplicationStatus"] == "PROCESSING"
        assert again["terms"]["requestedAmount"] == (1001.0 if fault == "wrong-amount" else 1000.0)
        assert agent.door.performed(request_id)[0]["amount"] == "1000.00"


def test_until_acknowledged(agent: Agent) -> None:
    """Only an Ack without an error ends the repeats."""
    agent.listener.answers = [b"ok", b'{"error":"NO"}']
    request_id = str(uuid4())
    agent.hear(CREATE, request_id, **agent.wish(anybody()))
    until(lambda: len(agent.responses(request_id)) == 3)
