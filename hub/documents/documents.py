"""Keeps what partners issue as files, and hands it out by its link until that expires."""

import hashlib
from datetime import timedelta
from typing import NamedTuple

import msgspec

from hub import ids
from hub.consents.consents import Consents
from hub.documents import rows
from hub.documents.rows import DocumentRow
from hub.errors import NotFound
from hub.identity.guard import Caller
from hub.store import Store
from hub.tenants.data_keys import DataKeys
from schemas.call import Clock
from schemas.contract import Operation
from schemas.document import Document, DocumentLink

CONTENT = "documents.content"


class Fetched(NamedTuple):
    """A document, unsealed."""

    row: DocumentRow
    content: bytes


class Documents:
    """The cabinet of this hub."""

    def __init__(self, store: Store, data_keys: DataKeys, consents: Consents, clock: Clock, *, kept: timedelta) -> None:
        self._store = store
        self._data_keys = data_keys
        self._consents = consents
        self._clock = clock
        self._kept = kept

    async def keep(self, tenant: str, operation: Operation, document: Document, consent_id: str | None) -> DocumentLink:
        """Seals a document away, and returns the link that stands for it."""
        now = self._clock()
        document_id = ids.new("doc", now)
        sealer = await self._data_keys.of(tenant)
        row = DocumentRow(
            document_id=document_id,
            tenant=tenant,
            operation=operation.key,
            consent_id=consent_id,
            media_type=document.media_type,
            file_name=document.file_name,
            content=sealer.seal(document.content, context=f"{CONTENT}:{document_id}"),
            expires_at=now + self._kept,
        )
        await self._store.write(lambda tx: rows.insert_document(tx, row))
        return DocumentLink(
            document_id=document_id,
            href=f"/v1/documents/{document_id}",
            media_type=document.media_type,
            file_name=document.file_name,
            size=len(document.content),
            sha256=hashlib.sha256(document.content).hexdigest(),
            expires_at=row.expires_at,
        )

    async def linked(
        self, tenant: str, operation: Operation, result: msgspec.Struct, consent_id: str | None
    ) -> dict[str, DocumentLink]:
        """The link to put in the place of an answer's document, by the name of its field."""
        field = operation.document_field
        document = getattr(result, field) if field else None
        if not field or not isinstance(document, Document):
            return {}
        return {field: await self.keep(tenant, operation, document, consent_id)}

    async def fetch(self, caller: Caller, document_id: str) -> Fetched:
        """Raises: NotFound, also once it has expired; ConsentMissing where its customer agrees no more."""
        row = await self._store.read(lambda tx: rows.find_document(tx, document_id))
        if row is None or row.tenant != caller.tenant or row.expires_at <= self._clock():
            raise NotFound("there is no such document, or its link has expired")
        await self._consents.confirm(row.tenant, row.consent_id)
        sealer = await self._data_keys.of(row.tenant)
        return Fetched(row, sealer.unseal(row.content, context=f"{CONTENT}:{document_id}"))
