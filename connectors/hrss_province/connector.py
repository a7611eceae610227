"""One province's social security. A transfer is an application that takes its time; all else is answered at once."""

from collections.abc import Callable
from functools import partial

import msgspec
from msgspec.structs import replace

from connectors.hrss_province import records, requests, verdicts, wire
from connectors.hrss_province.envelope import Answer, HrssAccount, seal, unseal
from connectors.hrss_province.facts import means
from connectors.hrss_province.verdicts import Denied
from connectors.kit.partner import Partner
from schemas.call import Attempt, Call
from schemas.errors import Garbled
from schemas.outcome import Declined, Found, Outcome, Pending, Succeeded
from schemas.social_security import (
    Card,
    CardIssue,
    CardUnlink,
    Certificate,
    CertificateRequest,
    EstimateRequest,
    InRegion,
    Insurance,
    PensionAccount,
    PensionEstimate,
    SocialSecurity,
    Transfer,
    TransferRequest,
)


class HrssProvince(SocialSecurity):
    """What one province's office knows and does."""

    async def find_card(self, search: InRegion, call: Call) -> Card:
        answer = await _about_person(call, wire.CARD, wire.Concerning(**requests.whom(call, search.region)))
        return records.held(answer, search.region)

    async def issue_card(self, issue: CardIssue, attempt: Attempt) -> Outcome[Card]:
        try:
            application = requests.issue(issue.region, attempt)
        except Denied as denied:
            return Declined(reason=denied.reason)
        answer = await _submit(attempt, "issue", wire.ISSUE, application)
        return verdicts.taken(answer, partial(_at_once, attempt, partial(records.held, region=issue.region)))

    async def find_card_issue(self, issue: CardIssue, attempt: Attempt) -> Found[Card]:  # noqa: ARG002 - found by ywlsh
        return await _found(attempt, partial(records.card, state="issued"))

    async def unlink_card(self, unlink: CardUnlink, attempt: Attempt) -> Outcome[Card]:
        try:
            application = requests.unlinking(unlink.region, attempt)
        except Denied as denied:
            return Declined(reason=denied.reason)
        answer = await _submit(attempt, "unlink", wire.UNLINK, application)
        return verdicts.taken(answer, partial(_at_once, attempt, records.unlinked))

    async def find_card_unlinking(self, unlink: CardUnlink, attempt: Attempt) -> Found[Card]:  # noqa: ARG002 - found by ywlsh
        return await _found(attempt, partial(records.card, state="unlinked"))

    async def find_insurances(self, search: InRegion, call: Call) -> list[Insurance]:
        request = wire.Concerning(**requests.whom(call, search.region))
        return records.insurances(await _about_person(call, wire.INSURED, request), call)

    async def find_pension_account(self, search: InRegion, call: Call) -> PensionAccount:
        request = wire.Concerning(**requests.whom(call, search.region))
        return records.account(await _about_person(call, wire.ACCOUNT, request))

    async def estimate_pension(self, request: EstimateRequest, call: Call) -> PensionEstimate:
        answer = await _about_person(call, wire.ESTIMATE, requests.estimate(request, call))
        return records.estimate(answer, request.region)

    async def certify_contributions(self, request: CertificateRequest, call: Call) -> Certificate:
        answer = await _about_person(call, wire.CERTIFICATE, requests.certificate(request, call))
        return records.certificate(answer)

    async def transfer(self, transfer: TransferRequest, attempt: Attempt) -> Outcome[Transfer]:
        try:
            application = requests.transfer(transfer, attempt)
        except Denied as denied:
            return Declined(reason=denied.reason)
        answer = await _submit(attempt, "transfer", wire.TRANSFER, application)
        return verdicts.taken(answer, partial(_progress, attempt, transfer), verdicts.TRANSFER_FIELDS)

    async def find_transfer(self, transfer: TransferRequest, attempt: Attempt) -> Found[Transfer]:
        answer = await _ask(attempt, wire.APPLICATION, wire.ApplicationRequest(ywlsh=attempt.reference))
        return verdicts.found(answer, partial(_progress, attempt, transfer))


def _at_once(attempt: Attempt, make: Callable[[Answer], Card], answer: Answer) -> Outcome[Card]:
    """A card's application is final when it is answered. Raises: Garbled."""
    verdicts.refuse_other(answer, attempt.reference)
    return Succeeded(result=make(answer))


def _progress(attempt: Attempt, request: TransferRequest, answer: Answer) -> Outcome[Transfer]:
    """How far a transfer has come, with what there is so far. Raises: Garbled."""
    outcome = verdicts.state_of(answer, attempt.reference, lambda: records.transfer(answer, request, "done"))
    if isinstance(outcome, Pending) and not outcome.unmapped:
        return replace(outcome, so_far=records.transfer(answer, request, outcome.stage))
    return outcome


async def _found(attempt: Attempt, make: Callable[[Answer], Card]) -> Found[Card]:
    answer = await _ask(attempt, wire.APPLICATION, wire.ApplicationRequest(ywlsh=attempt.reference))
    return verdicts.found(answer, lambda one: verdicts.state_of(one, attempt.reference, lambda: make(one)))


async def _about_person(call: Call, operation: str, request: wire.Concerning) -> Answer:
    """A question about a person. Raises: Denied; Garbled where the answer is about another."""
    answer = verdicts.accepted(await _ask(call, operation, request))
    about = answer.read(wire.About)
    if (about.AAC002 or about.AAE135 or request.AAC002) != request.AAC002:
        raise Garbled("the answer is about another person")
    return answer


async def _ask(call: Call, operation: str, request: msgspec.Struct) -> Answer:
    """A question. `send` may have repeated its nonce, so one that is refused for it is sealed anew, once."""
    answer = await _send(call, operation, request)
    if means("question", answer.code) == "session":
        answer = await _send(call, operation, request)
    return answer


async def _send(call: Call, operation: str, request: msgspec.Struct) -> Answer:
    return unseal(await call.send(seal(call.account(HrssAccount), operation, request, call.clock())))


async def _submit(attempt: Attempt, step: str, operation: str, request: msgspec.Struct) -> Answer:
    message = seal(attempt.account(HrssAccount), operation, request, attempt.clock())
    return unseal(await attempt.submit(step, message))


PARTNER = Partner(account=HrssAccount, scenarios=(HrssProvince,))
