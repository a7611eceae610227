"""`python -m sandbox.providers.fsi_institution`."""

import sys

from sandbox.providers.fsi_institution.platform import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
