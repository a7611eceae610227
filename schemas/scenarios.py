"""Every scenario of the contract. A new one is a module of its own, found by being here beside the others."""

from importlib import import_module
from pkgutil import iter_modules

import schemas
from schemas.contract import SCENARIOS, Operation, Scenario


def load() -> dict[str, type[Scenario]]:
    """Imports every module of the contract, and returns the scenarios they declare."""
    for module in iter_modules(schemas.__path__):
        if module.name != "scenarios":
            import_module(f"schemas.{module.name}")
    return SCENARIOS


def operations() -> list[Operation]:
    """Every operation of every scenario, in the order of their declaration."""
    return [operation for scenario in load().values() for operation in scenario.operations.values()]
