"""What a verification found."""

from collections import Counter
from typing import Literal

import msgspec

Tampering = Literal["MODIFIED", "MISSING", "FORKED", "TRUNCATED"]
"""MODIFIED: a record is not what was sealed. MISSING: a record, leaf or checkpoint is gone. FORKED: the log is not
the one that was signed. TRUNCATED: a signed checkpoint knows of more leaves than there are."""

SHOWN = 20
"""Findings told one by one for each tenant and kind; the rest is counted."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One contradiction."""

    tampering: Tampering
    tenant: str
    what: str


class Log(msgspec.Struct, kw_only=True):
    """One tenant's log. Units: `waits_for` is seconds since its oldest unsealed record was written."""

    tenant: str
    sealed: int = 0
    checkpoints: int = 0
    unsealed: int = 0
    waits_for: float = 0.0


class Report:
    """The result: logs, contradictions, and remarks that are no contradictions."""

    def __init__(self) -> None:
        self.logs: dict[str, Log] = {}
        self.findings: list[Finding] = []
        self.counts: Counter[Tampering] = Counter()
        self.remarks: list[str] = []
        self._told: Counter[tuple[str, Tampering]] = Counter()

    @property
    def intact(self) -> bool:
        """Whether nothing contradicts anything. Records that wait to be sealed do not."""
        return not self.counts

    @property
    def unsealed(self) -> int:
        return sum(log.unsealed for log in self.logs.values())

    def log(self, tenant: str) -> Log:
        """The tenant's entry, made at first mention."""
        return self.logs.setdefault(tenant, Log(tenant=tenant))

    def find(self, tampering: Tampering, tenant: str, what: str) -> None:
        """Count a contradiction, and keep its words unless there were many like it."""
        self.log(tenant)
        self.counts[tampering] += 1
        self._told[tenant, tampering] += 1
        if self._told[tenant, tampering] <= SHOWN:
            self.findings.append(Finding(tampering=tampering, tenant=tenant, what=what))

    def lines(self) -> list[str]:
        """For people: one line a log, one a finding, and the verdict last."""
        told = [f"{found.tampering}  {found.tenant}: {found.what}" for found in self.findings]
        more = [
            f"{tampering}  {tenant}: and {count - SHOWN} more"
            for (tenant, tampering), count in sorted(self._told.items())
            if count > SHOWN
        ]
        return [*map(_line, self.logs.values()), *told, *more, *self.remarks, self._verdict()]

    def _verdict(self) -> str:
        sealed = sum(log.sealed for log in self.logs.values())
        if self.intact:
            return f"intact: {sealed} records sealed, UNSEALED {self.unsealed}"
        named = ", ".join(f"{tampering} {count}" for tampering, count in sorted(self.counts.items()))
        return f"TAMPERED: {named} ({sealed} records sealed, UNSEALED {self.unsealed})"


def _line(log: Log) -> str:
    return f"{log.tenant}: {log.sealed} sealed under {log.checkpoints} checkpoints, {log.unsealed} unsealed"
