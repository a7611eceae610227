"""What the pages in `docs/scenarios/` say is what happens: their curl calls, in one shell, against the demo."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.tour.walk import scenarios as toured
from schemas.scenarios import load
from tests.contract.asking import partners_of
from tests.running import Hubs

PAGES = Path(__file__).parent.parent.parent / "docs" / "scenarios"


def test_a_page_and_a_chapter_for_every_scenario() -> None:
    """No scenario without its page, none without its chapter of the tour, and neither without its scenario."""
    assert {page.stem for page in PAGES.glob("*.md")} == set(load())
    assert set(toured()) == set(load())


@pytest.mark.parametrize("scenario", sorted(load()))
def test_the_calls_of_a_page(hub_of: Hubs, scenario: str) -> None:
    """Every `sh` block runs, in order, as it stands; a call that fails fails the page."""
    hub = hub_of(scenario)
    page = (PAGES / f"{scenario}.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    assert blocks, "a page without a call"
    script = 'set -euo pipefail\ncurl() { command curl --fail-with-body "$@"; }\n' + "\n".join(blocks)
    script = script.replace("var/demo", str(hub.place.var)).replace(".venv/bin/python", sys.executable)
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, env={**os.environ, "no_proxy": "*"}
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("scenario", sorted(load()))
def test_a_page_names_its_operations_and_partners(scenario: str) -> None:
    """Whoever reads the page sees every call that a bank can make, and every partner behind them."""
    page = (PAGES / f"{scenario}.md").read_text("utf-8")
    named = [operation.route for operation in load()[scenario].operations.values() if operation.path]
    missing = [word for word in (*named, *partners_of(scenario)) if word not in page]
    assert missing == []
