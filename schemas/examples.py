"""One request for each operation, in the contract's words: for the documentation, and for whoever tries a connector.

Shape: `examples/<scenario>.json` maps an operation to its request. "{ref}" stands for a reference and "{order}" for an
order's id: both are the hub's to give.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from schemas.contract import Operation

REF, ORDER = "{ref}", "{order}"
EXAMPLE_ORDER = "ord_" + "0" * 26


def example(operation: Operation, *, ref: str = REF, order: str = EXAMPLE_ORDER) -> dict[str, Any]:
    """What a bank may send. Raises: KeyError for an operation that nobody calls by itself."""
    written = _read(operation.scenario)[operation.name]
    return {name: {REF: ref, ORDER: order}.get(value, value) if isinstance(value, str) else value
            for name, value in written.items()}  # fmt: skip


@cache
def _read(scenario: str) -> dict[str, dict[str, Any]]:
    written = files("schemas").joinpath(f"examples/{scenario}.json").read_bytes()
    return msgspec.json.decode(written, type=dict[str, dict[str, Any]])
