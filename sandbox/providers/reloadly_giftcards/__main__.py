"""`python -m sandbox.providers.reloadly_giftcards`."""

import sys

from sandbox.providers.reloadly_giftcards.product import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
