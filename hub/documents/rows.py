"""Documents that partners issued, sealed, for as long as their link is good."""

from datetime import datetime

import msgspec
from sqlalchemy import Column, Index, LargeBinary, String, Table, insert, select

from hub.store import Connection, UtcMicros, delete_some, metadata

documents = Table(
    "documents",
    metadata,
    Column("document_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("operation", String(80), nullable=False),
    Column("consent_id", String(40)),
    Column("media_type", String(100), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("expires_at", UtcMicros, nullable=False),
    Index(None, "expires_at"),
)


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it is stored. Shape: `operation` is the one whose answer it is a part of.

    `consent_id` is of its customer; None where it concerns nobody.
    """

    document_id: str
    tenant: str
    operation: str
    consent_id: str | None
    media_type: str
    file_name: str
    content: bytes
    expires_at: datetime


def insert_document(tx: Connection, row: DocumentRow) -> None:
    tx.execute(insert(documents), msgspec.structs.asdict(row))


def find_document(tx: Connection, document_id: str) -> DocumentRow | None:
    found = tx.execute(select(documents).where(documents.c.document_id == document_id)).mappings().first()
    return DocumentRow(**found) if found else None


def forget_documents(tx: Connection, now: datetime) -> int:
    """Drops some of the documents whose links have expired."""
    return delete_some(tx, documents, documents.c.expires_at <= now)
