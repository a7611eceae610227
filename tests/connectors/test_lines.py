"""A connector is small: lines of Python, without blank ones, comments and docstrings.

The limit holds for the plain ones, which neither sign nor verify a message (they import nothing of
`connectors.kit.signing`) and implement at most four operations: agmarknet with three and usda_mars with four, at the
time of writing. Three operations make about 120 lines. Whoever signs, pays or waits for callbacks needs what its
protocol needs; the table tells how much that is.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

import connectors
from connectors.kit.manifest import Manifest
from sandbox.probe.code_lines import code_lines

CONNECTORS = Path(connectors.__path__[0])
MANIFESTS = [Manifest.read(path.parent) for path in sorted(CONNECTORS.glob("*/manifest.toml"))]
FEW = 4
LINES_AN_OPERATION = 42


def operations(manifest: Manifest) -> int:
    return sum(map(len, manifest.offers.values()))


def is_plain(manifest: Manifest) -> bool:
    sources = (path.read_text("utf-8") for path in (CONNECTORS / manifest.name).rglob("*.py"))
    return operations(manifest) <= FEW and not any("connectors.kit.signing" in source for source in sources)


def test_lines_are_told(record_property: Callable[[str, object], None]) -> None:
    """How long each connector is stands at the end of every run of the tests."""
    sizes = sorted((code_lines(CONNECTORS / each.name), each.name, operations(each)) for each in MANIFESTS)
    rows = [f"{name:20} {count:2} operations {lines:5} lines" for lines, name, count in sizes]
    record_property("told at the end: lines of Python per connector", "\n".join(rows))
    assert all(lines for lines, _, _ in sizes)


@pytest.mark.parametrize("manifest", list(filter(is_plain, MANIFESTS)), ids=lambda manifest: manifest.name)
def test_plain_connector_is_small(manifest: Manifest) -> None:
    """A JSON partner without signatures takes some forty lines an operation."""
    assert code_lines(CONNECTORS / manifest.name) <= LINES_AN_OPERATION * max(operations(manifest), 3)


def test_somebody_is_plain() -> None:
    """The limit holds for somebody."""
    assert {manifest.name for manifest in filter(is_plain, MANIFESTS)} >= {"agmarknet", "usda_mars"}


SOURCE = '''"""What it is."""

import ast  # one


def two(  # two
    text: str,  # three
) -> str:  # four
    """Told
    in lines."""
    # a comment
    return """five
six"""


three: int = 7
"""What it means."""
'''


def test_words_are_no_code(tmp_path: Path) -> None:
    """Blank lines, comments and docstrings are not counted; a string that is a value is, line by line."""
    (tmp_path / "module.py").write_text(SOURCE, "utf-8")
    assert code_lines(tmp_path) == 7
