"""`hub …`, where a second folder of partners is installed: `python -m tests.launchers.further_partners FOLDER …`."""

import sys

import connectors
from hub.cli import main

if __name__ == "__main__":
    connectors.__path__.append(sys.argv.pop(1))
    main()
