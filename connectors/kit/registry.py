"""Finds partners by their manifests, and imports one only when it is wanted."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import connectors
from connectors.kit.manifest import Manifest, ManifestError
from connectors.kit.partner import Partner
from schemas.contract import Scenario
from schemas.scenarios import load

GROUP = "hub.connectors"
"""Entry points of this group name a package that looks like a folder here: third parties add partners so."""


@dataclass(frozen=True)
class Connector:
    """A partner that was found: its manifest now, its code when asked for."""

    manifest: Manifest
    package: str

    @cached_property
    def partner(self) -> Partner:
        """Imports the partner's code and holds it against the manifest. Raises: ManifestError."""
        load()  # first, because the first words for a pattern are the ones that banks read
        partner: Partner = import_module(f"{self.package}.connector").PARTNER
        _agree(self.manifest, partner)
        return partner

    @cached_property
    def scenarios(self) -> dict[str, Scenario]:
        """One object per scenario; connectors hold no state."""
        return {scenario.name: scenario() for scenario in self.partner.scenarios}

    def offers(self, scenario: str, operation: str) -> bool:
        return operation in self.manifest.offers.get(scenario, ())


def find(enabled: Iterable[str] | None = None) -> dict[str, Connector]:
    """Every partner by name, or the enabled ones. Raises: ManifestError for a bad, doubled or missing one."""
    found: dict[str, Connector] = {}
    for folder, package in [*_folders(), *_entry_points()]:
        manifest = Manifest.read(folder)
        _refuse_double(found, manifest, folder)
        found[manifest.name] = Connector(manifest, package)
    if enabled is None:
        return found
    missing = sorted(set(enabled) - found.keys())
    if missing:
        raise ManifestError(f"no connector named {', '.join(missing)}; there are: {', '.join(sorted(found))}")
    return {name: found[name] for name in enabled}


def _folders() -> list[tuple[Path, str]]:
    """Folders with a manifest beside the kit, wherever the package's path reaches."""
    return [
        (manifest.parent, f"connectors.{manifest.parent.name}")
        for root in connectors.__path__
        for manifest in sorted(Path(root).glob("*/manifest.toml"))
    ]


def _entry_points() -> list[tuple[Path, str]]:
    found = []
    for point in entry_points(group=GROUP):
        try:
            spec = find_spec(point.value)
        except ModuleNotFoundError:
            spec = None
        if spec is None or not spec.submodule_search_locations:
            raise ManifestError(f"entry point {point.name}: {point.value} is no package")
        found.append((Path(spec.submodule_search_locations[0]), point.value))
    return found


def _refuse_double(found: dict[str, Connector], manifest: Manifest, folder: Path) -> None:
    for other in found.values():
        if other.manifest.name == manifest.name:
            raise ManifestError(f"{folder}: the name {manifest.name} is taken by {other.package}")
        if other.manifest.id == manifest.id:
            raise ManifestError(f"{folder}: the id {manifest.id} is taken by {other.manifest.name}; ids are for ever")


def _agree(manifest: Manifest, partner: Partner) -> None:
    """What the manifest offers is what the code implements: no more, no less."""
    implemented = {scenario.name: sorted(scenario.offers()) for scenario in partner.scenarios}
    offered = {scenario: sorted(operations) for scenario, operations in manifest.offers.items()}
    if implemented != offered:
        raise ManifestError(f"{manifest.name}: the manifest offers {offered}, the code implements {implemented}")
    if manifest.callbacks != (partner.read_callback is not None):
        raise ManifestError(f"{manifest.name}: `callbacks` and read_callback disagree")
