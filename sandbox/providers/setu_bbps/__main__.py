"""`python -m sandbox.providers.setu_bbps`."""

import sys

from sandbox.providers.setu_bbps.bill_pay import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
