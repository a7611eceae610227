"""What a probe found, on a terminal."""

from collections import Counter

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from sandbox.probe.report import Report
from sandbox.probe.trial import Verdict

LOOKS: dict[Verdict, str] = {
    "asks": "[green]✓ asks[/]",
    "answers": "[cyan]= answers[/]",
    "refuses": "[yellow]! refuses[/]",
    "crashes": "[bold red]✗ crashes[/]",
}
LEGEND = (
    "[dim]asks: its first message stands here, and was not sent · answers: without asking the partner · "
    "refuses: the contract's example, and why · crashes: mend it[/]"
)


def show(reports: list[Report], console: Console) -> None:
    """A table of every operation, and the sum."""
    columns = (Column("partner", no_wrap=True), Column("operation", no_wrap=True), Column(no_wrap=True))
    table = Table(*columns, Column("first message, or why not", overflow="fold"), box=SIMPLE_HEAD)
    for report in reports:
        _rows(table, report)
    console.print(table)
    counted = Counter(trial.verdict for report in reports for trial in report.trials)
    sums = " · ".join(f"{counted[verdict]} {LOOKS[verdict]}" for verdict in LOOKS if counted[verdict])
    console.print(f"connectors: {len(reports)} · operations: {sums}", highlight=False)
    console.print(LEGEND, highlight=False)


def _rows(table: Table, report: Report) -> None:
    name = f"[bold]{report.manifest.name}[/]"
    if report.flaw:
        table.add_row(name, "", LOOKS["crashes"], escape(report.flaw))
    elif not report.trials:
        table.add_row(name, "", "[dim]not tried[/]", "no simulated partner hands out an account")
    for trial in report.trials:
        table.add_row(name, trial.operation.name, LOOKS[trial.verdict], escape(trial.told))
        name = ""
    table.add_section()
