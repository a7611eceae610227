"""Everything that handlers need, put together by the composition root."""

from dataclasses import dataclass

from hub.consents.consents import Consents
from hub.documents.documents import Documents
from hub.events.callbacks import Callbacks
from hub.gateway.calls import Calls
from hub.gateway.pipeline import Pipeline
from hub.gateway.tokens import Tokens
from hub.identity.identity import Identity
from hub.orders.deliverables import Deliverables
from hub.orders.desk import Desk
from hub.orders.journal import Journal
from hub.queries.questions import Questions
from hub.store import Store


@dataclass(frozen=True, kw_only=True)
class Site:
    """The rooms of one running hub that answer requests."""

    store: Store
    calls: Calls
    identity: Identity
    consents: Consents
    pipeline: Pipeline
    journal: Journal
    desk: Desk
    questions: Questions
    deliverables: Deliverables
    documents: Documents
    callbacks: Callbacks
    tokens: Tokens
