"""The page about the partners is written by the probe."""

import subprocess
import sys
from pathlib import Path

from sandbox.probe.page import COMMAND, page
from sandbox.probe.report import probe

PAGE = Path(__file__).parent.parent / "docs" / "partners.md"
WITH_FOLDER = "import connectors; connectors.__path__.append({!r}); from hub.cli import main; main()"
MANIFEST = """
id = 2147480002
name = "broken_power"
title = "Unfinished"
auth = "none"
zone = "UTC"
regions = ["NG"]
[offers]
"""


def test_page_says_what_the_code_does() -> None:
    """No connector crashes at the contract's examples, and the page is what the probe writes now."""
    reports = probe()
    assert [crash for report in reports for crash in report.crashes] == []
    assert PAGE.read_text("utf-8") == page(reports), f"{PAGE} is not what the probe finds: run `{COMMAND}`"


def test_crash_is_named(tmp_path: Path) -> None:
    """A connector that cannot be used ends the command with exit status 1 and its name."""
    folder = tmp_path / "partners" / "broken_power"
    folder.mkdir(parents=True)
    for name, text in {"manifest.toml": MANIFEST, "__init__.py": "", "connector.py": "PARTNER = unfinished"}.items():
        (folder / name).write_text(text, "utf-8")
    program = WITH_FOLDER.format(str(folder.parent))
    done = subprocess.run(
        [sys.executable, "-c", program, "connector", "probe", "broken_power"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "broken_power: NameError" in done.stderr
