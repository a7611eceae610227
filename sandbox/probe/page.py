"""The page about all partners, in Markdown: nothing in it is written by hand."""

from collections.abc import Iterable, Iterator, Sequence
from inspect import getdoc

import msgspec

from connectors.kit.manifest import Manifest, ReferenceFormat
from sandbox.probe.callbacks import callbacks
from sandbox.probe.code_lines import code_lines
from sandbox.probe.made_up import owner_of
from sandbox.probe.report import Report, offered
from sandbox.probe.trial import Trial
from schemas.contract import SCENARIOS, Operation, Scenario

COMMAND = "hub connector probe --write docs/partners.md"
HEAD = f"""\
# Partners

Written by `{COMMAND}`: change a connector or its manifest, never this page.
Every connector is *shaped after* public descriptions of a protocol; nothing here was certified by anybody.

A probe calls each mapping with the contract's example, on a line that sends nothing, and notes the first message.
Where that is a login, the partner is asked nothing before it. What an example cannot know (the partner's own number
of an offer, say) may be refused; the reason then stands in the message's place.
"""
SIZES = (
    "Lines of Python, without blank ones, comments and docstrings. "
    "The operations are those that a connector implements, checks and enquiries included."
)
ALPHABETS = {"digits": "digits", "alphanumeric": "digits and capital letters"}
_STEPS = ((86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes"), (1, "second", "seconds"))


def page(reports: list[Report]) -> str:
    """The whole page. The same code writes the same page, anywhere and at any time."""
    parts = [HEAD, "## Who offers what\n"]
    parts += [part for _, scenario in sorted(SCENARIOS.items()) for part in _matrix(scenario, reports)]
    parts += ["## How much code\n", _sizes(reports)]
    parts += [part for report in reports for part in _partner(report)]
    return "\n".join(parts)


def _matrix(scenario: type[Scenario], reports: list[Report]) -> Iterator[str]:
    partners = [report for report in reports if scenario.name in report.manifest.offers]
    yield f"### {scenario.name}\n\n{_one_line(getdoc(scenario) or '')}\n"
    rows = [
        (f"`{operation.name}`", operation.kind, *(_offers(report, operation) for report in partners))
        for operation in scenario.operations.values()
        if operation.path
    ]
    yield _table(("operation", "", *(f"`{report.manifest.name}`" for report in partners)), rows)


def _offers(report: Report, operation: Operation) -> str:
    return "✓" if operation in offered(report.manifest) else "–"


def _sizes(reports: list[Report]) -> str:
    """Lines of Python, the biggest last."""
    sizes = sorted((code_lines(report.folder), report.manifest.name, report) for report in reports)
    rows = [(f"`{name}`", str(len(offered(report.manifest))), str(lines)) for lines, name, report in sizes]
    return f"{SIZES}\n\n" + _table(("connector", "operations", "lines"), rows)


def _partner(report: Report) -> Iterator[str]:
    manifest = report.manifest
    yield f"## {manifest.name}\n\n{manifest.title}\n"
    yield _table(("", ""), list(_facts(report)))
    rows = [(*_operation(trial.operation), _said(trial)) for trial in report.trials]
    yield _table(("operation", "", "must be given", "first message"), rows)


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    manifest = report.manifest
    yield "regions", ", ".join(manifest.regions)
    yield "authentication", manifest.auth
    yield "units", "; ".join(f"{what}: {unit}" for what, unit in manifest.units.items()) or "no amounts"
    yield "time zone", manifest.zone
    yield "callbacks", callbacks(manifest, report.folder)
    if _orders(manifest):
        yield "our reference", _reference(manifest.reference)
        yield "enquiries", _window(manifest)
    yield "reconciliation", manifest.reconciliation
    yield "limits", _limits(manifest)
    yield "code", f"{code_lines(report.folder)} lines of Python"


def _orders(manifest: Manifest) -> bool:
    return any(operation.kind == "order" for operation in offered(manifest))


def _reference(form: ReferenceFormat) -> str:
    return "a UUID" if form.alphabet == "uuid" else f"{form.length} {ALPHABETS[form.alphabet]}"


def _window(manifest: Manifest) -> str:
    enquiry = manifest.enquiry
    ends = enquiry.absence_final_after < enquiry.window
    final = f"final {_duration(enquiry.absence_final_after)} after sending" if ends else "never final"
    return f'"no such order" is {final}; asked about for {_duration(enquiry.window)}'


def _limits(manifest: Manifest) -> str:
    limits = manifest.limits
    return (
        f"{limits.attempts} exchanges a call, {limits.concurrency} at a time, {limits.per_second:g} a second; "
        f"{_duration(limits.connect_seconds)} to connect, {_duration(limits.answer_seconds)} for an answer"
    )


def _duration(seconds: float) -> str:
    """In the largest unit that leaves no fraction."""
    for size, one, many in _STEPS:
        if seconds % size == 0:
            return f"{seconds / size:g} {one if seconds == size else many}"
    return f"{seconds:g} seconds"


def _operation(operation: Operation) -> tuple[str, str, str]:
    owner = owner_of(operation)
    kind = f"{operation.kind} of `{owner.name}`" if operation.of else operation.kind
    return f"`{operation.key}`", kind, "" if operation.of else _required(operation)


def _required(operation: Operation) -> str:
    """Fields of the request, and the headers that go with it."""
    found = [field.name for field in msgspec.structs.fields(operation.request) if field.required]
    found += ["Idempotency-Key"] if operation.kind == "order" else []
    found += ["Consent-Id"] if operation.takes_consent else []
    return ", ".join(f"`{name}`" for name in found) or "nothing"


def _said(trial: Trial) -> str:
    if trial.verdict == "asks":
        return f"`{trial.told}`"
    return f"none: {trial.told}" if trial.verdict == "answers" else f"refuses the example: {trial.told}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(_cell(text) for text in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())
