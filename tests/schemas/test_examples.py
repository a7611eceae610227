"""Every operation that a bank can call is shown by an example."""

from importlib.resources import files

import msgspec
import pytest

from schemas.codec import PLAIN
from schemas.contract import SCENARIOS, Operation
from schemas.examples import example
from schemas.scenarios import operations

CALLED = [operation for operation in operations() if operation.path]


@pytest.mark.parametrize("operation", CALLED, ids=lambda operation: operation.key)
def test_example_is_a_request(operation: Operation) -> None:
    """There is one, and it keeps every rule of its struct."""
    written = msgspec.json.encode(example(operation, ref="7:1"))
    assert isinstance(PLAIN.decoder(operation.request).decode(written), operation.request)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_visit_is_at_a_time_that_somebody_keeps(moment: str) -> None:
    """In another zone such a time has no date: it is refused before a connector ever sees it."""
    for name in ("book", "change_booking"):
        operation = SCENARIOS["rights"].operations[name]
        body = msgspec.json.encode({**example(operation, ref="7:1"), "starts_at": moment})
        with pytest.raises(msgspec.ValidationError, match="starts_at: "):
            PLAIN.decoder(operation.request).decode(body)


def test_no_example_is_left_over() -> None:
    """Each file is a scenario's, and each entry an operation's that banks can call."""
    written = {
        (file.name.removesuffix(".json"), name)
        for file in files("schemas").joinpath("examples").iterdir()
        for name in msgspec.json.decode(file.read_bytes())
    }
    assert {scenario for scenario, _ in written} == set(SCENARIOS)
    assert written == {(operation.scenario, operation.name) for operation in CALLED}


AMOUNTS = [
    (operation, field) for operation in CALLED for field in ("amount", "total") if hasattr(operation.request, field)
]


@pytest.mark.parametrize(("operation", "field"), AMOUNTS, ids=lambda each: getattr(each, "key", each))
def test_nothing_is_no_amount(operation: Operation, field: str) -> None:
    """Nobody asks for a loan of nothing, pays nothing or settles nothing, and the amount is named."""
    body = example(operation, ref="7:1")
    body[field] = body[field] | {"amount": "0.00"}
    with pytest.raises(msgspec.ValidationError, match=rf"{field}\.amount: must be more than zero"):
        PLAIN.decoder(operation.request).decode(msgspec.json.encode(body))
