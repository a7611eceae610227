"""What happened, provably: append in the unit of what is recorded, seal into Merkle trees, prove, verify."""

from hub.audit.evidence import Evidence, NotProven, NotSealed, check, prove
from hub.audit.log_key import LogKey, known_keys, open_log_key
from hub.audit.masking import facts_of, masked
from hub.audit.notary import Notary
from hub.audit.record import HOUSE, Kind, Record, new_record
from hub.audit.refusals import Refusals
from hub.audit.report import Finding, Report
from hub.audit.rows import append
from hub.audit.verify import verify

__all__ = [
    "HOUSE",
    "Evidence",
    "Finding",
    "Kind",
    "LogKey",
    "NotProven",
    "NotSealed",
    "Notary",
    "Record",
    "Refusals",
    "Report",
    "append",
    "check",
    "facts_of",
    "known_keys",
    "masked",
    "new_record",
    "open_log_key",
    "prove",
    "verify",
]
