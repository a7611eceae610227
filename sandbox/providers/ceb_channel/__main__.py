"""`python -m sandbox.providers.ceb_channel`."""

import sys

from sandbox.providers.ceb_channel.channel import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
