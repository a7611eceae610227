"""`python -m sandbox.providers.usda_mars`."""

import sys

from sandbox.providers.usda_mars.feed import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
