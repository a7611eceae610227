"""The one clock of a simulator, and how a moment is written in the control API."""

import time
from datetime import UTC, datetime

now = time.time


def iso(seconds: float) -> str:
    """ISO 8601 in UTC, to the microsecond."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
