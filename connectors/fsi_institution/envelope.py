"""What every message travels in: x-tif headers, an envelope with two areas, and the number of a sign-in.

Source: partners/social-security-and-medical.md, B2.
"""

import itertools
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from connectors.fsi_institution import wire
from connectors.fsi_institution.facts import SIGN_IN, local, means
from connectors.kit.codes import Codes
from connectors.kit.signing.tif import tif_headers
from schemas.call import Call, Http, Kept, Reply
from schemas.errors import Garbled, MaybeSent
from schemas.struct import pattern

T = TypeVar("T")
Exchange = Callable[[Http], Awaitable[Reply]]
"""`call.send`, or an attempt's `submit` of one step."""

SIGNED_IN = timedelta(hours=2)
"""How long a sign-in is used; none is announced, and one that ends sooner is refused and replaced."""
HEADERS_REFUSED = "1001"
"""Also for a nonce that came before."""
JSON = {"Content-Type": "application/json; charset=utf-8"}
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_encoder = msgspec.json.Encoder(decimal_format="number")  # 12.30 is written 12.30
_serial = itertools.count(secrets.randbelow(10_000))


class FsiAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An institution's account at the platform, as its credential file names things."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    fixmedins_code: Annotated[str, pattern("[A-Z][0-9A-Z]{11}", "12 characters; every msgid begins with it")]
    fixmedins_name: str
    mdtrtarea_admvs: Annotated[str, pattern("[0-9]{6}", "Where the institution is, and treats")]
    recer_sys_code: str
    opter: str
    opter_name: str
    tif_paasid: str
    tif_token: str
    voucher_cert_no: Literal["id-number", "token"] = "id-number"
    """What stands for an e-voucher in mdtrt_cert_no: provinces differ."""

    def __repr__(self) -> str:
        return f"FsiAccount(fixmedins_code={self.fixmedins_code!r})"


class Answer(msgspec.Struct, frozen=True):
    """What the platform said."""

    code: str
    output: msgspec.Raw

    def read(self, of: type[T]) -> T:
        """Raises: Garbled."""
        try:
            return msgspec.json.decode(self.output, type=of)
        except UNREADABLE as error:
            raise Garbled("the answer has not the fields that it should have", bytes(self.output)) from error


def new_msgid(account: FsiAccount, now: datetime) -> str:
    """30 characters: institution, local time, and a number that comes round after ten thousand."""
    return f"{account.fixmedins_code}{local(now, '%Y%m%d%H%M%S')}{next(_serial) % 10_000:04}"


async def ask(call: Call, codes: Codes, infno: str, message: dict[str, msgspec.Struct], insured: str = "") -> Answer:
    """A question. `send` may have repeated its nonce, so one whose headers are refused is made anew, once."""
    account = call.account(FsiAccount)
    answer = await exchange(call, call.send, codes, infno, message, insured, new_msgid(account, call.clock()))
    if answer.code == HEADERS_REFUSED:
        answer = await exchange(call, call.send, codes, infno, message, insured, new_msgid(account, call.clock()))
    return answer


async def exchange(
    call: Call, send: Exchange, codes: Codes, infno: str, message: dict[str, msgspec.Struct], insured: str, msgid: str
) -> Answer:
    """One transaction under the sign-in; under a new one, once more, where the first was refused.

    A refused sign-in means that nothing was performed, so this holds for settlements too, under the same msgid.
    """
    for _ in range(2):
        sign_no = await call.session("sign-in", lambda: _sign_in(call))
        answer = read(await send(request(call, infno, message, insured, msgid, sign_no)))
        if means(codes, answer.code) != "session":
            return answer
        call.reject("sign-in", sign_no)
    raise MaybeSent("the platform refuses the sign-in that it has just granted")


async def _sign_in(call: Call) -> Kept[str]:
    answer = await _ask_to_sign_in(call)
    if answer.code == HEADERS_REFUSED:  # as with every question
        answer = await _ask_to_sign_in(call)
    if means(SIGN_IN, answer.code) != "ok":
        raise MaybeSent(f"the sign-in was answered {answer.code[:16]!r}")
    return Kept(answer.read(wire.SignInOut).signinoutb.sign_no, call.clock() + SIGNED_IN)


async def _ask_to_sign_in(call: Call) -> Answer:
    account = call.account(FsiAccount)
    message = {"signIn": {"opter_no": account.opter}}
    msgid = new_msgid(account, call.clock())
    return read(await call.send(request(call, wire.SIGN_IN, message, "", msgid, sign_no="")))


def request(call: Call, infno: str, message: dict[str, Any], insured: str, msgid: str, sign_no: str) -> Http:
    """A transaction. Where the insured area is not known yet, the treatment area stands in for it."""
    account, now = call.account(FsiAccount), call.clock()
    envelope = wire.Envelope(
        infno=infno,
        msgid=msgid,
        mdtrtarea_admvs=account.mdtrtarea_admvs,
        insuplc_admdvs=insured or account.mdtrtarea_admvs,
        recer_sys_code=account.recer_sys_code,
        opter=account.opter,
        opter_name=account.opter_name,
        inf_time=local(now),
        fixmedins_code=account.fixmedins_code,
        fixmedins_name=account.fixmedins_name,
        sign_no=sign_no,
        input=message,
    )
    return Http(
        method="POST",
        url=f"{account.base_url.rstrip('/')}/fsi/api",
        headers=JSON | tif_headers(account.tif_paasid, account.tif_token, int(now.timestamp())),
        body=_encoder.encode(envelope),
    )


def read(reply: Reply) -> Answer:
    """Raises: Garbled."""
    if reply.status != 200:  # noqa: PLR2004 - every verdict of the platform's own is a 200
        raise Garbled(f"HTTP {reply.status}", reply.body)
    try:
        found = msgspec.json.decode(reply.body, type=wire.Reply)
    except UNREADABLE as error:
        raise Garbled("the answer cannot be read", reply.body) from error
    return Answer(str(found.infcode), found.output)
