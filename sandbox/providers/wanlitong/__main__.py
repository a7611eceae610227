"""`python -m sandbox.providers.wanlitong`."""

import sys

from sandbox.providers.wanlitong.marketplace import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
