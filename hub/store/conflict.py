"""An insert that says whether the row was already there, in one statement, on both databases."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_if_absent(tx: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts unless a row with the same key stands there. True: inserted."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    done = tx.execute(dialect.insert(table).on_conflict_do_nothing(), dict(values))
    return done.rowcount == 1
