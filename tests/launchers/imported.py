"""What every hub imports and makes alike, before it is told what kind of hub it will be."""

import gc

import hub.cli  # noqa: F401
from connectors.kit import registry
from hub.gateway.documents import document
from schemas.scenarios import load

load()
PARTNERS = [connector.partner for connector in registry.find().values()]
DOCUMENT = document()
gc.freeze()  # lest the first collection in each fork copies every page of it
