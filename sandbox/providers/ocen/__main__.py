"""`python -m sandbox.providers.ocen`."""

import sys

from sandbox.providers.ocen.network import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
