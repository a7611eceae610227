"""Deleting what is over, a bounded number of rows at a time, so that no sweep holds up the writer."""

from sqlalchemy import ColumnElement, Connection, Table, delete, select, tuple_

AT_ONCE = 1000
"""A sweep that deleted so many has more to do."""


def delete_some(tx: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    """Deletes at most AT_ONCE of the rows that fit, and says how many that was."""
    key = list(table.primary_key.columns)
    some = select(*key).where(*conditions).limit(AT_ONCE)
    named = tuple_(*key) if len(key) > 1 else key[0]
    return tx.execute(delete(table).where(named.in_(some))).rowcount
