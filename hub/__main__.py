"""`python -m hub`, the same program as `hub`."""

from hub.cli import main

main()
