"""What the README says is what happens."""

import re
import subprocess
import sys
from pathlib import Path

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


def test_commands_exist() -> None:
    """Every `hub …` command of the README's table answers --help."""
    for command in sorted(set(re.findall(r"`hub ([a-z ]+?)(?: [A-Z-].*?)?`", README))):
        done = subprocess.run(
            [sys.executable, "-m", "hub", *command.split(), "--help"], capture_output=True, check=False
        )
        assert done.returncode == 0, command
