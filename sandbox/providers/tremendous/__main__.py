"""`python -m sandbox.providers.tremendous`."""

import sys

from sandbox.providers.tremendous.shop import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
