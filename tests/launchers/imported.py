"""What every hub imports, before it is told what kind of hub it will be."""

import hub.cli  # noqa: F401
from connectors.kit import registry
from schemas.scenarios import load

load()
PARTNERS = [connector.partner for connector in registry.find().values()]
