"""The institutions' interface: sign-in first, two areas, settling by msgid, and taking it back."""

import hashlib
import itertools
import json
import secrets
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.stand import fleet
from sandbox.stand.people import id_number, magic_id
from tests.sandbox.conftest import QUICK
from tests.sandbox.wire import Door, Heard, hear, post, refused, until

NAME = "fsi_institution"
SERIALS = itertools.count(1)


class Client:
    """Fills envelopes, written from the facts; signs in once."""

    def __init__(self, stand: fleet.Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.given = json.loads((folder / "credentials.json").read_text())
        self.sign_no = ""

    def headers(self, **changed: str) -> list[str]:
        stamp, nonce = changed.get("timestamp", str(int(time.time()))), secrets.token_hex(8)
        signature = hashlib.sha256(f"{stamp}{self.given['tif_token']}{nonce}{stamp}".encode()).hexdigest().upper()
        paasid = self.given["tif_paasid"]
        given = {"paasid": paasid, "timestamp": stamp, "nonce": nonce, "signature": signature, **changed}
        return [f"x-tif-{name}: {value}" for name, value in given.items()]

    def msgid(self) -> str:
        return f"{self.given['fixmedins_code']}20261123101112{next(SERIALS):04d}"

    def envelope(self, infno: str, given: dict[str, Any], **changed: Any) -> dict[str, Any]:
        own = ("mdtrtarea_admvs", "recer_sys_code", "opter", "opter_name", "fixmedins_code", "fixmedins_name")
        return {
            "infno": infno,
            "msgid": self.msgid(),
            "insuplc_admdvs": "",
            **{name: self.given[name] for name in own},
            **dict.fromkeys(("dev_no", "dev_safe_info", "cainfo", "signtype"), ""),
            "infver": "V1.0",
            "opter_type": "3",
            "inf_time": "2026-11-23 10:11:12",
            "sign_no": self.sign_no,
            "input": given,
            **changed,
        }

    def hear(self, document: dict[str, Any], patience: float = 2.0, **headers: str) -> Heard:
        body = json.dumps(document).encode()
        return hear(self.stand.protocol, post("/fsi/api", body, "application/json", *self.headers(**headers)), patience)

    def ask(self, infno: str, given: dict[str, Any], **changed: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.hear(self.envelope(infno, given, **changed)).body)
        return answer

    def sign_in(self) -> str:
        self.sign_no = self.ask("9001", {"signIn": {"opter_no": self.given["opter"]}})["output"]["signinoutb"][
            "sign_no"
        ]
        return self.sign_no

    def person(self, certno: str) -> dict[str, Any]:
        data = {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno, "certno": certno, "psn_name": "模拟人"}
        return self.ask("1101", {"data": data})

    def relation(self, certno: str) -> tuple[str, dict[str, Any]]:
        """The number of a person and their active relation."""
        output = self.person(certno)["output"]
        return output["baseinfo"]["psn_no"], next(each for each in output["insuinfo"] if each["psn_insu_stas"] == "1")

    def visit(self, certno: str) -> tuple[dict[str, Any], str]:
        """What 2206 and 2207 want about a visit for 200.10 yuan, and the insured area."""
        psn_no, relation = self.relation(certno)
        area = relation["insuplc_admdvs"]
        plain = ("begntime", "ipt_otp_no", "atddr_no", "dr_name", "dept_code", "dept_name", "caty")
        who = {"psn_no": psn_no, "insutype": relation["insutype"], "mdtrt_cert_type": "02", "mdtrt_cert_no": certno}
        opened = self.ask("2201", {"data": {**who, **dict.fromkeys(plain, "1")}}, insuplc_admdvs=area)
        visit = {
            **who,
            **dict.fromkeys(("med_type", "psn_setlway", "chrg_bchno", "acct_used_flag"), "1"),
            "mdtrt_id": opened["output"]["data"]["mdtrt_id"],
            "medfee_sumamt": 200.1,
            "medins_setl_id": "S" + secrets.token_hex(8),
        }
        return visit, area

    def record(self, visit: dict[str, Any], area: str, **by: str) -> dict[str, Any]:
        data = {"psn_no": visit["psn_no"], **(by or {"medins_setl_id": visit["medins_setl_id"]})}
        return self.ask("5203", {"data": data}, insuplc_admdvs=area)


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Fleet, Path]]:
    var = tmp_path_factory.mktemp("fsi")
    fleet.prepare(var, [NAME])
    with fleet.start(var, names=[NAME], **{**QUICK, "session_seconds": 60.0}) as running:
        yield running, var


@pytest.fixture
def platform(stands: tuple[fleet.Fleet, Path]) -> Iterator[Client]:
    running, var = stands
    client = Client(running.stands[NAME], var / NAME)
    client.door.fresh()
    client.sign_in()
    yield client
    client.door.clear()


def test_nonce(platform: Client) -> None:
    """A nonce serves once, whatever it comes with."""
    asked = {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": id_number(1)}}
    headers = dict(line.removeprefix("x-tif-").split(": ") for line in platform.headers())
    codes = [
        json.loads(platform.hear(platform.envelope("1101", asked), **headers).body)["infcode"]  # type: ignore[arg-type]
        for _ in range(2)
    ]
    assert codes == [0, 1001]


def test_token(tmp_path: Path) -> None:
    """In a province that takes tokens one is good for its person's one settlement; elsewhere none is looked at."""
    fleet.prepare(tmp_path, [NAME])
    file = tmp_path / NAME / "credentials.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "voucher_cert_no": "token"}))
    person = id_number(2)
    with fleet.start(tmp_path, names=[NAME], **QUICK) as running:
        client = Client(running.stands[NAME], tmp_path / NAME)
        client.sign_in()
        visit, area = client.visit(person)
        mine, other = (
            client.door.call("POST", "/_sandbox/voucher-tokens", {"certno": certno})[1]["token"]
            for certno in (person, id_number(3))
        )
        codes = []
        for number, token in enumerate(("none", person, other, mine, mine)):
            shown = {**visit, "mdtrt_cert_type": "01", "mdtrt_cert_no": token, "medins_setl_id": f"S{number}"}
            codes.append(client.ask("2207", {"data": shown}, insuplc_admdvs=area)["infcode"])
        assert codes == [2010, 2010, 2010, 0, 2010]


def test_envelope(platform: Client) -> None:
    """Headers, envelope and msgid are checked; an answer has a 30-character number and times to the millisecond."""
    good = platform.envelope("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": id_number(1)}})
    old = str(int(time.time()) - 3600)
    for document, headers, code in [
        (good, {"timestamp": old}, 1001),
        (good, {"signature": "0" * 64}, 1001),
        ({**good, "msgid": good["msgid"][:-1]}, {}, 1002),
        ({**good, "msgid": "H" + good["msgid"][1:].replace("2", "3")}, {}, 1002),
        ({**good, "infver": "V2.0"}, {}, 1002),
        ({**good, "mdtrtarea_admvs": "", "mdtrtarea_admdvs": "210100"}, {}, 1002),
        ({**good, "infno": "0000"}, {}, 1002),
        (good, {}, 0),
    ]:
        answer = json.loads(platform.hear(document, **headers).body)
        assert answer["infcode"] == code
        assert set(answer) == {"infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg", "output"}
        assert (len(answer["inf_refmsgid"]), len(answer["respond_time"])) == (30, 17)


def test_sign_in(platform: Client) -> None:
    """Nothing goes without a living sign_no; a new sign-in helps."""
    assert platform.ask("1101", {}, sign_no="")["infcode"] == 1003
    assert platform.door.call("POST", "/_sandbox/expire-sessions")[1]["expired"] >= 1
    assert platform.person(id_number(1))["infcode"] == 1003
    platform.sign_in()
    assert platform.person(id_number(1))["infcode"] == 0


def test_sign_in_expires(tmp_path: Path) -> None:
    """A sign-in ends with its time."""
    fleet.prepare(tmp_path, [NAME])
    with fleet.start(tmp_path, names=[NAME], session_seconds=0.2) as running:
        client = Client(running.stands[NAME], tmp_path / NAME)
        client.sign_in()
        until(lambda: client.person(id_number(1))["infcode"] == 1003)


def test_relations(platform: Client) -> None:
    """Several relations may come back, a paused one first; some areas are in no list of divisions."""
    several = [
        output["insuinfo"]
        for serial in range(30)
        if len((output := platform.person(id_number(serial))["output"])["insuinfo"]) > 1
    ]
    assert several
    assert all([each["psn_insu_stas"] for each in relations] == ["2", "1"] for relations in several)
    both = platform.person(magic_id(26))["output"]["insuinfo"]
    assert [each["psn_insu_stas"] for each in both] == ["1", "1"]
    assert platform.relation(magic_id(27))[1]["insuplc_admdvs"] == "219900"
    assert platform.person(magic_id(25))["infcode"] == 2001
    assert platform.person("990000198506150011")["infcode"] == 2001


def test_insured_area(platform: Client) -> None:
    """Once psn_no is sent, insuplc_admdvs must be one of the person's areas: spelled so, and active to settle."""
    visit, area = platform.visit(id_number(2))
    assert platform.ask("2206", {"data": visit}, insuplc_admdvs=area)["infcode"] == 0
    for changed in (
        {"insuplc_admdvs": ""},
        {"insuplc_admdvs": "", "insuplc_admvs": area},
        {"insuplc_admdvs": "990000"},
    ):
        assert platform.ask("2206", {"data": visit}, **changed)["infcode"] == 2002
    assert platform.ask("2206", {"data": {**visit, "psn_no": "1"}}, insuplc_admdvs=area)["infcode"] == 2001
    output = platform.person(magic_id(28))["output"]
    paused = {"data": {"psn_no": output["baseinfo"]["psn_no"]}}
    there = output["insuinfo"][0]["insuplc_admdvs"]
    assert platform.ask("2201", paused, insuplc_admdvs=there)["infcode"] == 2009


def test_settlement(platform: Client) -> None:
    """Preview and settlement agree, the legs sum; it is found again by its numbers, its reference and its time."""
    visit, area = platform.visit(id_number(3))
    preview = platform.ask("2206", {"data": visit}, insuplc_admdvs=area)["output"]["setlinfo"]
    assert (preview["setl_id"], platform.door.performed(visit["medins_setl_id"])) == (None, [])
    done = platform.ask("2207", {"data": visit}, insuplc_admdvs=area)["output"]["setlinfo"]
    legs = ("fund_pay_sumamt", "acct_pay", "psn_cash_pay")
    assert [done[name] for name in legs] == [preview[name] for name in legs]
    assert sum(Decimal(str(done[name])) for name in legs) == Decimal("200.1") == Decimal(str(done["medfee_sumamt"]))
    (entry,) = platform.door.performed(visit["medins_setl_id"])
    assert (entry["operation"], entry["amount"], entry["account"]) == ("settle", "200.10", id_number(3))
    for by in ({}, {"setl_id": done["setl_id"], "mdtrt_id": done["mdtrt_id"]}):
        assert platform.record(visit, area, **by)["output"]["setlinfo"] == done
    assert platform.record(visit, area, begntime="2000-01-01", endtime="2999-01-01")["output"]["setlinfo"] == [done]
    assert platform.record(visit, area, begntime="2000-01-01", endtime="2000-01-02")["output"]["setlinfo"] == []
    assert platform.record(visit, area, medins_setl_id="nobody")["infcode"] == 2007


def test_areas_pay_differently(platform: Client) -> None:
    """The fund pays less for those who are insured elsewhere."""
    shares = set()
    for serial in range(8):
        visit, area = platform.visit(id_number(serial))
        info = platform.ask("2206", {"data": visit}, insuplc_admdvs=area)["output"]["setlinfo"]
        shares.add((area.startswith("2101"), info["fund_pay_sumamt"]))
    assert shares == {(True, 120.06), (False, 100.05)}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"medfee_sumamt": 200.101}, 2004),
        ({"medfee_sumamt": "NaN"}, 2004),
        ({"fulamt_ownpay_amt": 100, "inscp_scp_amt": 100}, 2004),
        ({"mdtrt_id": "unknown"}, 2003),
        ({"chrg_bchno": ""}, 1004),
        ({"acct_used_flag": "2"}, 1004),
    ],
)
def test_refused(platform: Client, changed: dict[str, Any], code: int) -> None:
    """What does not add up is refused and leaves nothing."""
    visit, area = platform.visit(id_number(4))
    assert platform.ask("2207", {"data": {**visit, **changed}}, insuplc_admdvs=area)["infcode"] == code
    assert platform.record(visit, area)["infcode"] == 2007


def test_replay(platform: Client) -> None:
    """A msgid is performed once and answered again; a reference under another msgid is refused."""
    visit, area = platform.visit(id_number(5))
    document = platform.envelope("2207", {"data": visit}, insuplc_admdvs=area)
    first, again = (json.loads(platform.hear(document).body)["output"] for _ in range(2))
    assert first == again
    assert platform.ask("2207", {"data": visit}, insuplc_admdvs=area)["infcode"] == 2005
    assert len(platform.door.performed(visit["medins_setl_id"])) == 1
    nameless = {name: value for name, value in visit.items() if name != "medins_setl_id"}
    document = platform.envelope("2207", {"data": nameless}, insuplc_admdvs=area)
    platform.hear(document)
    assert len(platform.door.performed(document["msgid"])) == 1


def test_undo(platform: Client) -> None:
    """2208 takes a settlement back once, under a reference of its own; another attempt is refused."""
    visit, area = platform.visit(id_number(6))
    done = platform.ask("2207", {"data": visit}, insuplc_admdvs=area)["output"]["setlinfo"]
    back = {
        "psn_no": visit["psn_no"],
        "mdtrt_id": visit["mdtrt_id"],
        "setl_id": done["setl_id"],
        "medins_setl_id": "U1",
    }
    for _ in range(2):
        undone = platform.ask("2208", {"data": back}, insuplc_admdvs=area)["output"]["setlinfo"]
        assert (undone["init_setl_id"], undone["setl_id"] != done["setl_id"]) == (done["setl_id"], True)
    assert platform.ask("2208", {"data": {**back, "medins_setl_id": "U2"}}, insuplc_admdvs=area)["infcode"] == 2006
    assert platform.record(visit, area)["output"]["setlinfo"]["refd_setl_flag"] == "1"
    assert platform.record(visit, area, medins_setl_id="U1")["output"]["setlinfo"]["refd_setl_flag"] == "1"
    assert [entry["operation"] for entry in platform.door.performed("U1")] == ["undo"]


def test_reversal(platform: Client) -> None:
    """2601 takes back by infno and msgid what was never answered; what nobody knows is told so."""
    visit, area = platform.visit(magic_id(4))
    document = platform.envelope("2207", {"data": visit}, insuplc_admdvs=area)
    assert platform.hear(document, 0.4).ending == "silence"
    until(lambda: platform.record(visit, area)["infcode"] == 0)
    back = {"psn_no": visit["psn_no"], "oinfno": "2207", "omsgid": document["msgid"], "medins_setl_id": "V1"}
    unknown = {"data": {**back, "omsgid": platform.msgid()}}
    reversal = platform.envelope("2601", unknown, insuplc_admdvs=area)
    platform.door.fault("slow", "reverse", account=magic_id(4))
    assert json.loads(platform.hear(reversal).body)["infcode"] == 2007
    platform.door.fault("slow", "reverse", account=magic_id(4))
    assert platform.ask("2601", {"data": back}, insuplc_admdvs=area)["infcode"] == 0
    assert platform.record(visit, area)["output"]["setlinfo"]["refd_setl_flag"] == "1"
    assert len(platform.door.performed("V1")) == 1


@pytest.mark.parametrize(
    ("tail", "code", "performed"), [(12, 777, 1), (17, 2008, 0), (29, 9999, 1), (30, 9999, 0), (11, 0, 1)]
)
def test_fates(platform: Client, tail: int, code: int, performed: int) -> None:
    """What a settlement is answered with is not always what has happened."""
    visit, area = platform.visit(magic_id(tail))
    assert platform.ask("2207", {"data": visit}, insuplc_admdvs=area)["infcode"] == code
    assert len(platform.door.performed(visit["medins_setl_id"])) == performed
    found = platform.record(visit, area)
    assert found["infcode"] == (0 if performed else 2007)
    if performed:
        assert found["output"]["setlinfo"]["medfee_sumamt"] == (201.1 if tail == 11 else 200.1)


def test_no_way_back_and_broken_json(platform: Client) -> None:
    """Some settlements cannot be taken back; what cannot be verified is broken JSON; the port may close."""
    visit, area = platform.visit(magic_id(31))
    done = platform.ask("2207", {"data": visit}, insuplc_admdvs=area)["output"]["setlinfo"]
    back = {name: done[name] for name in ("psn_no", "mdtrt_id", "setl_id")}
    assert platform.ask("2208", {"data": back}, insuplc_admdvs=area)["infcode"] == 2006
    visit, area = platform.visit(magic_id(10))
    with pytest.raises(json.JSONDecodeError):
        platform.ask("2207", {"data": visit}, insuplc_admdvs=area)
    visit, area = platform.visit(magic_id(1))
    assert platform.hear(platform.envelope("2207", {"data": visit}, insuplc_admdvs=area)).ending == "reset"
    assert refused(platform.stand.protocol)


def test_institutions(platform: Client) -> None:
    """Hospitals and pharmacies of real areas, page by page; a county has its prefecture's; nobody's area has none."""

    def near(**asked: str) -> dict[str, Any]:
        output: dict[str, Any] = platform.ask("1201", {"medinsinfo": asked})["output"]
        return output

    pharmacies = near(admdvs="210200", fixmedins_type="2")["medinsinfo"]
    assert {each["admdvs"] for each in pharmacies} == {"210200"}
    assert all(each["fixmedins_name"].startswith("大连市") and len(each["fixmedins_code"]) == 12 for each in pharmacies)
    assert near(admdvs="210203", fixmedins_type="2")["medinsinfo"] == pharmacies
    province = near(admdvs="210000", page_num="2", page_size="10")
    assert (len(province["medinsinfo"]), province["recordCounts"]) == (10, 98)
    assert near(admdvs="110100")["medinsinfo"][0]["fixmedins_name"] == "北京市模拟人民医院"
    assert near(admdvs="990000")["medinsinfo"] == []
