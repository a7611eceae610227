"""`hub work` with a clock that runs ahead: `python -m tests.launchers.early_worker SECONDS --env-file FILE`.

For it, the leases of a frozen or dead process have run out; nobody needs to wait for them.
"""

import sys
from datetime import timedelta
from pathlib import Path

from hub.cli import run_worker
from hub.clock import utc_now
from hub.settings import from_environment

if __name__ == "__main__":
    ahead = timedelta(seconds=float(sys.argv[1]))
    run_worker(from_environment(Path(sys.argv[3])), clock=lambda: utc_now() + ahead)
