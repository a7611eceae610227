"""`python -m sandbox.providers.hrss_province`."""

import sys

from sandbox.providers.hrss_province.office import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
