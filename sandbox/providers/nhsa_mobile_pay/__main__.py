"""`python -m sandbox.providers.nhsa_mobile_pay`."""

import sys

from sandbox.providers.nhsa_mobile_pay.centre import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
