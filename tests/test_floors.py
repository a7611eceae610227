"""What no linter knows about this house, read off its own source."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("hub", "connectors", "schemas", "sandbox")
PARTNERS = [manifest.parent.name for manifest in sorted((ROOT / "connectors").glob("*/manifest.toml"))]
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

LONGEST_FILE = 400
LONGEST_RECORD = 350
SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "manager", "impl", "misc"}
PRINT = ["sandbox/bank.py", "sandbox/stand/serve.py"]
"""Command lines: a bank's token for the shell, and a simulator's address for whoever started it."""
WAY_OUT = {"aiohttp", "httpx", "httpx_aiohttp", "tenacity"}
CHANNEL = "connectors/kit/channel.py"
PARTNER_MAY = {"msgspec", "structlog", *sys.stdlib_module_names}


def sources(*floors: str) -> Iterator[Path]:
    for floor in floors:
        yield from sorted((ROOT / floor).rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(path.relative_to(ROOT).with_suffix("").parts[: -node.level]) if node.level else ""
            module = ".".join(filter(None, (package, node.module)))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def breaking(floors: tuple[str, ...], breaks: Callable[[Path], bool]) -> list[str]:
    """The files of some floors that break a rule."""
    found = list(sources(*floors))
    assert found
    return [name(path) for path in found if breaks(path)]


@pytest.mark.parametrize("partner", PARTNERS)
def test_partner_knows_contract_kit_and_itself(partner: str) -> None:
    """A partner's folder can be taken out, or given away, without touching another's."""
    own = ("schemas", "connectors.kit", f"connectors.{partner}")

    def strange(module: str) -> bool:
        if module == "connectors":  # `from connectors import x` also names connectors.x
            return False
        return module.partition(".")[0] not in PARTNER_MAY and not any(within(module, each) for each in own)

    folder = f"connectors/{partner}"
    strangers = {name(path): [m for m in imports(path) if strange(m)] for path in sources(folder)}
    assert not {path: modules for path, modules in strangers.items() if modules}


def test_hub_knows_no_partner() -> None:
    """The hub learns of partners from the registry alone, its command line too."""
    packages = [f"connectors.{partner}" for partner in PARTNERS]
    assert packages
    assert not breaking(("hub",), lambda path: any(within(m, each) for m in imports(path) for each in packages))


def test_contract_has_no_imports_for_types_alone() -> None:
    """Annotations of the contract are read at run time, so what they name must be there."""
    assert not breaking(("schemas",), lambda path: "TYPE_CHECKING" in path.read_text("utf-8"))


def test_channel_is_the_only_way_out() -> None:
    """No client library is imported beside the channel, inside a function or out of it."""

    def leaves(path: Path) -> bool:
        return name(path) != CHANNEL and any(module.partition(".")[0] in WAY_OUT for module in imports(path))

    assert {module.partition(".")[0] for module in imports(ROOT / CHANNEL)} >= WAY_OUT
    assert not breaking(("hub", "connectors", "schemas"), leaves)


def test_only_command_lines_print() -> None:
    """Everything else has a log."""

    def prints(path: Path) -> bool:
        calls = (node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
        return any(isinstance(function, ast.Name) and function.id == "print" for function in calls)

    assert breaking(FLOORS, prints) == PRINT


def test_every_module_says_what_it_is() -> None:
    """A module begins with what it is, in a sentence; an empty `__init__.py` says nothing and need not."""

    def silent(path: Path) -> bool:
        module = tree(path)
        return bool(module.body) and not ast.get_docstring(module)

    assert not breaking(FLOORS, silent)


def test_no_file_is_longer_than_a_wall() -> None:
    """60 to 200 lines is home, 400 is a wall."""
    assert not breaking(FLOORS, lambda path: len(path.read_text("utf-8").splitlines()) > LONGEST_FILE)


def test_names_say_something() -> None:
    """No module, and no folder, is called after what it could be anything of."""
    assert not breaking(FLOORS, lambda path: bool(SAY_NOTHING & {path.stem, path.parent.name}))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_decision_names_its_check(record: Path) -> None:
    """A decision is short, and something fails when it is no longer kept."""
    text = record.read_text("utf-8")
    assert len(text.split()) < LONGEST_RECORD
    for part in ("Context", "Decision", "Consequences", "Alternatives", "Check"):
        assert f"**{part}.**" in text, part
    checks = re.findall(r"`([^`]+)`", text.partition("**Check.**")[2])
    assert checks, "names no check"
    assert not [check for check in checks if check.startswith("tests/") and not (ROOT / check).exists()]


def test_decisions_are_numbered() -> None:
    """Every record has a number of its own, in its name and its title, and none is missing."""
    numbers = [int(record.name[:4]) for record in RECORDS]
    assert numbers == list(range(1, len(RECORDS) + 1))
    for number, record in zip(numbers, RECORDS, strict=True):
        assert record.read_text("utf-8").startswith(f"# {number}. ")
