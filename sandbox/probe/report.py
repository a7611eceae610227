"""Every partner probed: each operation that it offers tried once, under an account that its simulator handed out."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import msgspec

from connectors.kit import registry
from connectors.kit.manifest import Manifest
from connectors.kit.registry import Connector
from sandbox.demo import Place, account_settings
from sandbox.probe.dry_line import BASE_URL
from sandbox.probe.trial import Trial, attempt
from sandbox.stand import fleet
from schemas.contract import SCENARIOS, Operation
from schemas.scenarios import load


@dataclass(frozen=True)
class Report:
    """What a probe found out about one partner.

    Shape: `flaw` is why the connector cannot be used at all. No trials and no flaw: no simulator hands out an account.
    """

    manifest: Manifest
    folder: Path
    trials: list[Trial]
    flaw: str | None = None

    @property
    def crashes(self) -> Iterator[str]:
        """Each finding that a developer must mend, in a line."""
        if self.flaw:
            yield f"{self.manifest.name}: {self.flaw}"
        for trial in self.trials:
            if trial.verdict == "crashes":
                yield f"{self.manifest.name}: {trial.operation.key}: {trial.told}"


def probe(names: list[str] | None = None) -> list[Report]:
    """Reports on these partners, or all, by name.

    Raises: ManifestError. NotStarted, where a simulator hands out nothing.
    """
    load()
    found = registry.find(names)
    simulated = [name for name in sorted(found) if name in fleet.providers()]
    with tempfile.TemporaryDirectory() as var:
        place = Place(Path(var))
        fleet.prepare(place.partners, simulated)
        return [_report(found[name], place if name in simulated else None) for name in sorted(found)]


def _report(connector: Connector, place: Place | None) -> Report:
    try:
        folder = Path(str(import_module(connector.package).__file__)).parent
        wanted = connector.partner.account
        if place is None:
            return Report(connector.manifest, folder, [])
        account = msgspec.json.decode(account_settings(place, connector, BASE_URL), type=wanted)
    except Exception as error:  # noqa: BLE001 - a connector that cannot even be imported is a finding
        return Report(connector.manifest, Path(), [], f"{type(error).__name__}: {error}")
    return Report(connector.manifest, folder, asyncio.run(_try_all(connector, account)))


async def _try_all(connector: Connector, account: msgspec.Struct) -> list[Trial]:
    return [await attempt(connector, account, operation) for operation in offered(connector.manifest)]


def offered(manifest: Manifest) -> list[Operation]:
    """In the order of the contract, scenario by scenario."""
    return [
        operation
        for _, scenario in sorted(SCENARIOS.items())
        for operation in scenario.operations.values()
        if operation.name in manifest.offers.get(scenario.name, ())
    ]
