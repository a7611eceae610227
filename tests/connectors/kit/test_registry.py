"""Partners are found by their manifests, imported when they are wanted, and held to what they say."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import connectors
from connectors.kit import registry
from connectors.kit.manifest import ManifestError
from connectors.kit.registry import find

MANIFEST = """
id = {number}
name = "{name}"
title = "Made by a test"
auth = "none"
zone = "UTC"
regions = ["NG"]
{more}
[offers]
utility-bills = {offers}
"""
CODE = """
import msgspec

from connectors.kit.partner import Partner
from schemas.utility_bills import UtilityBills


class Account(msgspec.Struct):
    pass


class Bills(UtilityBills):
    async def list_billers(self, search, call): ...
    async def find_bills(self, search, call): ...
    async def check_payment(self, payment, call): ...
    async def pay(self, payment, attempt): ...
    async def find_payment(self, payment, attempt): ...


PARTNER = Partner(account=Account, scenarios=(Bills,){more})
"""
ALL = ["list_billers", "find_bills", "check_payment", "pay", "find_payment"]


class Shelf:
    """A folder outside the project, where partners are put."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(
        self, name: str, number: int, *, code: str = CODE, offers: list[str] = ALL, more: str = "", partner: str = ""
    ) -> Path:
        folder = self.root / name
        folder.mkdir(parents=True)
        text = MANIFEST.format(name=name, number=number, offers=offers, more=more)
        (folder / "manifest.toml").write_text(text, "utf-8")
        (folder / "__init__.py").touch()
        (folder / "connector.py").write_text(code.replace("{more}", partner), "utf-8")
        return folder


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A second folder on the package's path: nothing in the project is edited for it."""
    before = set(sys.modules)
    monkeypatch.setattr(connectors, "__path__", [*connectors.__path__, str(tmp_path)])
    yield Shelf(tmp_path)
    for name in set(sys.modules) - before:
        if name.startswith(("connectors.made_", "made_")):
            del sys.modules[name]
            if name.count(".") == 1:
                vars(connectors).pop(name.partition(".")[2], None)


def test_partner_in_another_folder_is_found(shelf: Shelf) -> None:
    """A partner is added by putting a folder on the path, and is then one like any other."""
    shelf.put("made_here", 2147483001)
    found = find()
    assert found.keys() > {"made_here"}
    made = find(["made_here"])["made_here"]
    assert made.offers("utility-bills", "pay")
    assert not made.offers("utility-bills", "dance")
    assert list(made.scenarios) == ["utility-bills"]
    assert made.scenarios["utility-bills"] is made.scenarios["utility-bills"]


def test_finding_imports_nothing(shelf: Shelf) -> None:
    """A partner's code runs when it is wanted, not when it is found."""
    shelf.put("made_broken", 2147483002, code="raise RuntimeError('imported')")
    made = find()["made_broken"]
    assert made.manifest.title == "Made by a test"
    assert "connectors.made_broken" not in sys.modules
    with pytest.raises(RuntimeError, match="imported"):
        _ = made.partner


def test_doubled_number_is_refused(shelf: Shelf) -> None:
    """References that banks keep carry the number, so two partners cannot share one; both are named."""
    shelf.put("made_first", 2147483003)
    shelf.put("made_second", 2147483003)
    with pytest.raises(ManifestError, match=r"made_second.*2147483003.*made_first"):
        find()


def test_doubled_name_is_refused(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two folders of one name on different paths are no choice to be made quietly."""
    shelf.put("made_here", 2147483004)
    Shelf(tmp_path / "more").put("made_here", 2147483005)
    monkeypatch.setattr(connectors, "__path__", [*connectors.__path__, str(tmp_path / "more")])
    with pytest.raises(ManifestError, match="made_here is taken"):
        find()


def test_missing_partner_is_named(shelf: Shelf) -> None:
    """A partner that is enabled and not there stops the start, with the names of those that are."""
    shelf.put("made_here", 2147483006)
    with pytest.raises(ManifestError, match=r"no connector named nobody; there are: .*made_here"):
        find(["made_here", "nobody"])


@pytest.mark.parametrize("offers", [ALL[:-1], [*ALL, "dance"], []])
def test_offers_are_held_against_the_code(shelf: Shelf, offers: list[str]) -> None:
    """What the manifest offers and the code implements are the same, no more and no less."""
    shelf.put("made_here", 2147483007, offers=offers)
    with pytest.raises(ManifestError, match="made_here: the manifest offers"):
        _ = find(["made_here"])["made_here"].partner


@pytest.mark.parametrize(
    ("more", "partner"), [("callbacks = true", ""), ("", ", read_callback=lambda raw, headers, account: None")]
)
def test_callbacks_are_held_against_the_code(shelf: Shelf, more: str, partner: str) -> None:
    """A manifest that promises callbacks has a reader of them, and the other way round."""
    shelf.put("made_here", 2147483008, more=more, partner=partner)
    with pytest.raises(ManifestError, match="callbacks"):
        _ = find(["made_here"])["made_here"].partner


def enter(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint(name="third", value=value, group=registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == registry.GROUP else [])


def test_third_party_is_found_by_entry_point(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of somebody else's is a partner once its entry point names it."""
    Shelf(tmp_path / "site").put("made_abroad", 2147483009)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    enter(monkeypatch, "made_abroad")
    made = find(["made_abroad"])["made_abroad"]
    assert made.package == "made_abroad"
    assert list(made.scenarios) == ["utility-bills"]


@pytest.mark.parametrize("value", ["made_nowhere", "made_nowhere.inside", "base64"])
def test_entry_point_to_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """An entry point that names no package is refused by its name."""
    enter(monkeypatch, value)
    with pytest.raises(ManifestError, match="third"):
        find()
