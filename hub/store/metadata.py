"""The one catalogue of tables, and the column types that both databases read alike."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Integer, MetaData
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every room declares its Core tables on it, in its own `rows.py`. Bytes are `LargeBinary`; there is no JSON column."""

Serial = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit primary key that the database counts up by itself (SQLite does so only for INTEGER)."""


class UtcMicros(TypeDecorator[datetime]):
    """A moment, stored as a 64-bit integer so that both databases compare and keep it exactly.

    Units: microseconds since 1970-01-01T00:00:00Z.
    Raises: ValueError for a datetime without a time zone.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 — SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time needs a time zone: {value!r}")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else EPOCH + timedelta(microseconds=value)
