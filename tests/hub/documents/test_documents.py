"""Documents that answers link to: handed out while their link is good and their customer agrees."""

from datetime import timedelta

import pytest

from hub.clock import utc_now
from hub.consents.consents import ConsentRequest, Consents
from hub.documents.documents import Documents
from hub.errors import ConsentMissing, NotFound
from hub.identity.guard import Caller
from hub.store import Sealer, Store
from hub.tenants import banks
from hub.tenants.data_keys import DataKeys
from sandbox.stand.people import id_number
from schemas.contract import operation_named
from schemas.document import Document
from schemas.person import Person
from schemas.scenarios import load
from tests.connectors.kit.bench import Watch

load()
BOOK = operation_named("rights.book")
PAPER = Document(media_type="application/pdf", file_name="record.pdf", content=b"%PDF-1.7")
CUSTOMER = Person(name="周桂英", id_number=id_number(7))


class Cabinet:
    """The documents of one bank, and the consents that they rest on."""

    def __init__(self, store: Store, data_keys: DataKeys, tenant: str) -> None:
        self.clock = Watch(utc_now())
        self.consents = Consents(store, data_keys, self.clock)
        self.documents = Documents(store, data_keys, self.consents, self.clock, kept=timedelta(hours=1))
        self.caller = Caller(tenant, "app", frozenset({BOOK.scope}), token_id="t", expires_at=self.clock())

    async def consent(self) -> str:
        until = self.clock() + timedelta(minutes=30)
        asked = ConsentRequest(customer=CUSTOMER, operations=[BOOK.key], expires_at=until)
        return (await self.consents.give(self.caller, asked)).consent_id

    async def kept(self, consent_id: str | None) -> str:
        return (await self.documents.keep(self.caller.tenant, BOOK, PAPER, consent_id)).document_id

    async def fetched(self, document_id: str) -> bytes:
        return (await self.documents.fetch(self.caller, document_id)).content


@pytest.fixture
async def cabinet(sqlite_store: Store) -> Cabinet:
    sealer = Sealer(bytes(32))
    bank = await sqlite_store.write(lambda tx: banks.add(tx, sealer, "a-bank", now=utc_now()))
    return Cabinet(sqlite_store, DataKeys(sqlite_store, sealer), bank.tenant_id)


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_document_without_a_consent_any_more(cabinet: Cabinet, how: str):
    """A document about somebody is handed out until they agree no more, though its link be good for longer."""
    consent_id = await cabinet.consent()
    document_id = await cabinet.kept(consent_id)
    assert await cabinet.fetched(document_id) == PAPER.content
    if how == "revoked":
        await cabinet.consents.revoke(cabinet.caller, consent_id)
    else:
        cabinet.clock.forward(minutes=30)
    with pytest.raises(ConsentMissing, match=how):
        await cabinet.fetched(document_id)


async def test_document_about_nobody(cabinet: Cabinet):
    """What concerns nobody needs no consent, and is there until its link expires."""
    document_id = await cabinet.kept(None)
    assert await cabinet.fetched(document_id) == PAPER.content
    cabinet.clock.forward(minutes=60)
    with pytest.raises(NotFound):
        await cabinet.fetched(document_id)
