"""The other side of the wire shares no code with ours."""

import ast
from pathlib import Path

import sandbox

OURS = {"hub", "connectors", "schemas"}


def test_simulators_import_nothing_of_ours() -> None:
    """A simulator that imported our types would share our misreadings."""
    root = Path(sandbox.__path__[0])
    for file in [*root.glob("providers/**/*.py"), *root.glob("stand/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not {name.split(".")[0] for name in names} & OURS, file
