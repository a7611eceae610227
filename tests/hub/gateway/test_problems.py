"""One table, and nothing goes by it."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from hub import errors
from hub.app import traced
from hub.errors import CallerError, FieldError, HubError, HubFault, PartnerError
from hub.gateway import problems
from hub.gateway.problems import TABLE, TYPE, UNEXPECTED, problem_of, row_of
from hub.store import StoreUnavailable

GROUPS = {HubError, CallerError, PartnerError, HubFault}
SECRET = "account 3300112233"


def test_every_error_has_its_line() -> None:
    """Each leaf of the tree stands in the table itself, so that no error gets its status by accident."""
    leaves = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HubError)} - GROUPS
    assert leaves <= TABLE.keys()


def test_statuses_say_who_must_act() -> None:
    """The caller's errors are 4xx, those of the hub and of what is behind it 5xx; a refusal is about the request."""
    for kind, row in TABLE.items():
        if issubclass(kind, CallerError):
            assert 400 <= row.status < 500
        if issubclass(kind, HubFault | StoreUnavailable):
            assert row.status >= 500
        if issubclass(kind, PartnerError):
            assert row.status == 422 or row.status in (502, 503, 504)
        assert HTTPStatus(row.status)


def test_slugs_tell_apart() -> None:
    """A kind of problem is known by its type, but for two ways in which the hub's store can be away."""
    slugs = [row.slug for kind, row in TABLE.items() if kind is not StoreUnavailable]
    assert len(slugs) == len(set(slugs))


def test_a_subclass_is_its_parent() -> None:
    """An error that is not in the table is the nearest one that is; a stranger is unexpected."""
    assert row_of(type("Narrower", (errors.NotFound,), {})()) == TABLE[errors.NotFound]
    assert row_of(KeyError("x")) == UNEXPECTED
    assert row_of(HubError("x")) == UNEXPECTED


def test_names_the_fields() -> None:
    """A problem carries the fields at fault, and its title stands in where there is no detail."""
    shown = problem_of(errors.Invalid("", FieldError(field="amount.amount", message="is wrong")))
    assert shown.detail == shown.title
    assert [(error.field, error.message) for error in shown.errors] == [("amount.amount", "is wrong")]


def test_says_nothing_of_the_unexpected() -> None:
    """The words of an exception that nobody foresaw stay in the house."""
    shown = problem_of(RuntimeError(SECRET))
    assert SECRET not in str(shown)
    assert (shown.status, shown.type) == (500, TYPE + "unexpected")


@pytest.fixture
def client() -> Iterator[TestClient[Any]]:
    """A route that fails in a way that nobody foresaw, under the gateway's own handler and trace."""

    @get("/boom", sync_to_thread=False)
    def boom() -> None:
        raise RuntimeError(SECRET)

    app = Litestar([boom], openapi_config=None, exception_handlers={Exception: problems.answer}, logging_config=None)
    with TestClient(traced(app), raise_server_exceptions=False) as client:
        yield client


def test_an_accident_is_a_problem_too(client: TestClient[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """A 500 has the shape and the trace of any problem, no stack trace, and not a word of what happened."""
    answer = client.get("/boom", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["trace-id"] == answer.json()["trace_id"] == "a" * 32
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert "unexpected" in "".join(capsys.readouterr())
