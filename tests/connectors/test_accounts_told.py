"""An operator learns from a connector's README what its account file holds."""

import inspect
import json
import re
from pathlib import Path

import msgspec
import pytest

from connectors.kit import registry

FOUND = registry.find()


@pytest.mark.parametrize("name", sorted(FOUND))
def test_account_is_told(name: str) -> None:
    """The README's account has the fields of the struct that it is checked with: all of them, and no other."""
    partner = FOUND[name].partner
    folder = Path(inspect.getfile(partner.scenarios[0])).parent
    section = (folder / "README.md").read_text().partition("## Account")[2]
    found = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert found, "no ```json block under ## Account"
    told = json.loads(found[1])
    assert list(told) == [field.name for field in msgspec.structs.fields(partner.account)]
