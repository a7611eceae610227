"""What a partner's code becomes, and who is told about one that nobody mapped."""

from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from connectors.kit.codes import Codes
from connectors.kit.manifest import Meaning
from schemas.outcome import Absent, Declined, Pending, Reason, Unknown
from tests.connectors.kit.bench import MANIFEST, START

TABLE = {
    "ok": Meaning(means="succeeded"),
    "no": Meaning(means="declined", reason="account-unknown", text="no such account"),
    "bare": Meaning(means="declined"),
    "bad": Meaning(means="refused", reason="amount-refused"),
    "wait": Meaning(means="pending", text="with the biller"),
    "wait-bare": Meaning(means="pending"),
    "gone": Meaning(means="absent"),
    "hm": Meaning(means="unknown", text="the host was silent"),
    "hm-bare": Meaning(means="unknown"),
}
CODES = Codes(msgspec.structs.replace(MANIFEST, codes={"pay": TABLE}), "pay")


@pytest.mark.parametrize("acknowledged", [True, False])
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("no", Declined(reason=Reason(code="account-unknown", message="no such account", partner_code="no"))),
        ("bare", Declined(reason=Reason(code="declined", message="theirs", partner_code="bare"))),
        ("bad", Declined(reason=Reason(code="amount-refused", message="theirs", partner_code="bad"))),
        ("wait", Pending(stage="with the biller", check_after=START)),
        ("wait-bare", Pending(stage="wait-bare", check_after=START)),
        ("gone", Absent(why="theirs")),
        ("hm", Unknown(why="the host was silent")),
        ("hm-bare", Unknown(why="theirs")),
    ],
)
def test_mapped_code_is_its_meaning(code: str, outcome: Any, acknowledged: bool) -> None:
    """A mapped code means what the manifest says, the manifest's words before the partner's, and nobody is told."""
    with capture_logs() as logs:
        assert CODES.outcome(code, text="theirs", acknowledged=acknowledged, check_after=START) == outcome
    assert logs == []


def test_unmapped_code_on_an_order_taken_is_pending() -> None:
    """On an acknowledged order a status nobody mapped is pending, and raises an alert."""
    with capture_logs() as logs:
        outcome = CODES.outcome("new", acknowledged=True, check_after=START)
    assert outcome == Pending(stage="new", check_after=START, unmapped=True)
    assert [(entry["event"], entry["operation"], entry["code"]) for entry in logs] == [("unmapped-code", "pay", "new")]


def test_unmapped_code_on_submission_is_unknown() -> None:
    """On submission a code nobody mapped is unknown, and raises an alert."""
    with capture_logs() as logs:
        outcome = CODES.outcome("new", acknowledged=False)
    assert isinstance(outcome, Unknown)
    assert outcome.unmapped
    assert len(logs) == 1


def test_long_codes_are_cut() -> None:
    """A partner cannot fill a log or an order with a code."""
    with capture_logs() as logs:
        pending = CODES.outcome("x" * 10_000, acknowledged=True)
        unknown = CODES.outcome("x" * 10_000, acknowledged=False)
    assert isinstance(pending, Pending)
    assert isinstance(unknown, Unknown)
    assert max(len(pending.stage), len(unknown.why), *(len(entry["code"]) for entry in logs)) < 200


def test_success_is_never_read_off_a_code_alone() -> None:
    """A code of success is no outcome here: what was performed has to be verified first."""
    assert isinstance(CODES.outcome("ok", acknowledged=True), Unknown)


def test_meaning_belongs_to_the_operation() -> None:
    """A code of one operation says nothing about another."""
    with capture_logs() as logs:
        assert Codes(MANIFEST, "enquiry").meaning("no") is None
    assert len(logs) == 1
