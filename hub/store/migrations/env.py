"""Run by Alembic for each command: what to compare, and how to write it down."""

from alembic import context

from hub.store.comparison import COMPARISON
from hub.store.metadata import metadata
from hub.store.schema import import_rows

import_rows()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by making a new one
    **COMPARISON,
)
with context.begin_transaction():
    context.run_migrations()
