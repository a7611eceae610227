"""What the README says is what happens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli import app
from tests.running import Running

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_first_call(live_hub: Running) -> None:
    """The README's curl calls, in one shell, end in an order."""
    section = README.partition("## A first call")[2].partition("\n## ")[0]
    script = "set -e\n" + "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    script = script.replace("var/demo", str(live_hub.place.var)).replace(".venv/bin/python", sys.executable)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"order_id"' in done.stdout


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`hub ([a-z ]+?)(?: [A-Z-].*?)?`", README))))
def test_commands_exist(command: str) -> None:
    """The command line takes every word of each `hub …` command of the README's table, and does something then."""
    _, commands, left = app.parse_commands(command.split())
    assert left == []
    assert commands[-1].default_command is not None
