"""`python -m sandbox.providers.fulu`."""

import sys

from sandbox.providers.fulu.platform import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
