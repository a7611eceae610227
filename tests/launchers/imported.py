"""What every hub imports, before it is told what kind of hub it will be."""

import hub.cli
from connectors.kit import registry
from schemas.scenarios import load

__all__ = ["hub"]

load()
registry.find()
