"""One exchange with the centre about the customer, as a question or as a step of an order."""

from collections.abc import Awaitable, Callable
from functools import partial

from connectors.nhsa_mobile_pay import wire
from connectors.nhsa_mobile_pay.envelope import HEADERS_REFUSED, Answer, NhsaAccount, seal, unseal
from schemas.call import Attempt, Call, Http, Reply
from schemas.person import Person


async def ask(call: Call, path: str, message: wire.Person | wire.Ec) -> Answer:
    """A question. `send` may have repeated its nonce, so one whose headers are refused is sealed anew, once."""
    answer = await _exchange(call, call.send, path, message)
    if answer.code == HEADERS_REFUSED:
        answer = await _exchange(call, call.send, path, message)
    return answer


async def submit(
    attempt: Attempt, step: str, path: str, message: wire.Person | wire.Ec | wire.Pay | wire.Refund
) -> Answer:
    return await _exchange(attempt, partial(attempt.submit, step), path, message)


async def _exchange(
    call: Call,
    exchange: Callable[[Http], Awaitable[Reply]],
    path: str,
    message: wire.Person | wire.Ec | wire.Pay | wire.Refund,
) -> Answer:
    account = call.account(NhsaAccount)
    return await unseal(account, await exchange(await seal(account, path, message, call.clock)))


def person(call: Call) -> wire.Person:
    """The customer. The centre is not told who acts for them: its messages have no place for it."""
    return wire.Person(**fields_of(call.subject))


def fields_of(subject: Person | None) -> dict[str, str]:
    """Identity in the centre's words: 01 is a resident's identity number, 99 any other document."""
    if subject is None:
        raise TypeError("the operation concerns a person, and nobody is named")
    id_type = "01" if subject.id_type == "resident-id" else "99"
    return {"idNo": subject.id_number, "userName": subject.name, "idType": id_type}
