"""`python -m sandbox.providers.essc`."""

import sys

from sandbox.providers.essc.platform import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
