"""`python -m hub.store.migrations revision "what changes"` writes the next version from the rooms' tables."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.script import Script, ScriptDirectory

from hub.store.schema import configuration, upgrade
from hub.store.sqlite import writing_engine


def write_revision(message: str) -> Path:
    """Compare the rooms' tables with a scratch database at the newest version, and write the difference."""
    with TemporaryDirectory() as folder:
        scratch = Path(folder) / "scratch.db"
        upgrade(f"sqlite:///{scratch}")
        with writing_engine(scratch).connect() as connection:
            config = configuration(connection)
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    if not isinstance(script, Script):
        raise TypeError("Alembic wrote no version, or several")
    return Path(script.path)


def main() -> None:
    match sys.argv[1:]:
        case ["revision", message]:
            written = write_revision(message)
            sys.stdout.write(f"read {written}, then run `make format`\n")
        case _:
            sys.exit('usage: python -m hub.store.migrations revision "what changes"')


if __name__ == "__main__":
    main()
