"""`python -m sandbox.providers.eu_agrifood`."""

import sys

from sandbox.providers.eu_agrifood.feed import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
