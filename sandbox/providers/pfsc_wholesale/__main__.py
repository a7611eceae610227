"""`python -m sandbox.providers.pfsc_wholesale`."""

import sys

from sandbox.providers.pfsc_wholesale.feed import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
