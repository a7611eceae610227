"""One walk: the chapters in turn, every stop on a line of its own, a table at the end."""

import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import httpx
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from sandbox.stand.fleet import Stand
from sandbox.tour import chapters
from sandbox.tour.guide import Guide, Stop, Wrong, insist


def scenarios() -> list[str]:
    """Names of the scenarios that there is a chapter of."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(chapters.__path__))


class Tour:
    """A walk through one scenario, or all."""

    def __init__(
        self, bank: dict[str, Any], stands: dict[str, Stand], settings: Path, console: Console, only: str | None = None
    ) -> None:
        self._guide = Guide(bank, stands)
        self._settings = settings
        self._console = console
        self._scenarios = [only] if only else scenarios()

    def walk(self) -> str | None:
        """Returns the name of the stop that failed, or None."""
        stops = self._stops()
        try:
            for number, (name, stop) in enumerate(stops, 1):
                if not self._visit(f"{number}/{len(stops)} {name}", stop):
                    return name
        finally:
            self._guide.app.close()
        self._summary()
        self._console.print(f"[bold green]✓ all {len(stops)} stops passed[/]", highlight=False)
        return None

    def _stops(self) -> list[Stop]:
        found: list[Stop] = [("getting a token with a signed assertion", self._token)]
        for scenario in self._scenarios:
            module = import_module(f"{chapters.__name__}.{scenario.replace('-', '_')}")
            chapter = module.CHAPTER(self._guide)
            found += [(f"[{scenario}] {name}", stop) for name, stop in chapter.stops()]
        return [*found, ("verifying the audit", self._audit)]

    def _visit(self, name: str, stop: Any) -> bool:
        began = time.monotonic()
        shown = name.replace("[", "\\[")
        try:
            with self._console.status(f"{shown} …"):
                stop()
        except (Wrong, httpx.HTTPError, LookupError, StopIteration) as error:
            self._console.print(f"[bold red]✗[/] {shown}: {type(error).__name__}: {error}", highlight=False)
            return False
        self._console.print(f"[green]✓[/] {shown} [dim]({time.monotonic() - began:.1f} s)[/]", highlight=False)
        return True

    def _token(self) -> None:
        self._guide.app.token()

    def _audit(self) -> None:
        time.sleep(1.2)  # records are sealed at most a second later
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "hub", "audit", "verify", "--env-file", str(self._settings)],
            capture_output=True,
            text=True,
            check=False,
        )
        insist(done.returncode == 0, done.stdout + done.stderr)

    def _summary(self) -> None:
        columns = [Column(name, overflow="fold") for name in ("what", "partner", "how it went")]
        table = Table(*columns, Column("ledger entries", justify="right"), box=SIMPLE)
        for row in self._guide.seen:
            table.add_row(*row)
        self._console.print(table)
