"""`python -m sandbox.providers.reloadly_utilities`."""

import sys

from sandbox.providers.reloadly_utilities.product import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
