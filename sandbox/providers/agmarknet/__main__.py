"""`python -m sandbox.providers.agmarknet`."""

import sys

from sandbox.providers.agmarknet.feed import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
