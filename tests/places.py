"""Which worker runs what: tests that share a hub stay together, lest each worker starts one of its own."""

import re

from xdist.scheduler.loadscope import LoadScopeScheduling

from connectors.kit import registry
from schemas.scenarios import load

ANYWHERE = {
    f"tests/{name}.py"
    for name in (
        "hub/store/test_crash",
        "hub/test_cli",
        "hub/work/test_frozen",
        "test_crash_points",
        "test_demo",
        "test_new_partner",
        "test_operations",
        "test_two_hubs",
    )
}
"""Their tests share nothing but what each worker has anyway, and take long: any worker may run any of them."""

HUBS = {"test_absence": "hasty", "test_combinations": "nervous", "test_queries": "cold"}
"""The contract's tests with a kind of hub of their own; all others spoil the partners of one."""

_CONTRACT = re.compile(r"tests/contract/(\w+)\.py::\w+(?:\[(\w+)(?:-([a-z-]+)\.)?)?")
_SCENARIO = re.compile(r"tests/scenarios/test_(?:pages|two_banks)\.py::\w+\[([a-z-]+)\]")
_FUZZED = re.compile(r"tests/test_schemathesis\.py::\w+(?:\[\w+ /v1/([a-z-]+)/)?")
SCENARIOS = load().keys()
_manifests = {name: connector.manifest for name, connector in registry.find().items()}


def place_of(nodeid: str) -> str:
    """What must run on one worker has one place: a module, or the tests of one scenario on one kind of hub."""
    module = nodeid.partition("::")[0]
    if module in ANYWHERE:
        return nodeid
    if contract := _CONTRACT.match(nodeid):
        name, partner, scenario = contract.groups()
        return f"{HUBS.get(name, 'spoilt')} {scenario or _scenario(partner)}"
    if told := _SCENARIO.match(nodeid):
        return f"tests/scenarios/test_{told[1].replace('-', '_')}.py"
    if fuzzed := _FUZZED.match(nodeid):
        return f"fuzzed {fuzzed[1] if fuzzed[1] in SCENARIOS else 'utility-bills'}"
    return module


def takes_long(nodeid: str) -> bool:
    """Whether it starts hubs, and had better begin early."""
    return place_of(nodeid) != nodeid.partition("::")[0]


def _scenario(partner: str | None) -> str:
    """The first that a partner serves; where none is named, a test pays bills."""
    return next(iter(_manifests[partner].offers)) if partner in _manifests else "utility-bills"


class Places(LoadScopeScheduling):
    """One place at a time to each worker, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return place_of(nodeid)
