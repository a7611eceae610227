"""`python -m sandbox.providers.lounge_booking`."""

import sys

from sandbox.providers.lounge_booking.counter import PROVIDER
from sandbox.stand.serve import run

if __name__ == "__main__":
    sys.exit(run(PROVIDER))
