"""What the environment must not do to the door."""

import ast
import importlib.util
from pathlib import Path

import hub

ROOT = Path(hub.__file__).parent


def test_httpx2_is_not_installed():
    """Authlib's client would silently prefer httpx2, and tests would reach the network."""
    assert importlib.util.find_spec("httpx2") is None


def test_one_module_imports_authlib():
    """Authlib, which has no types, stays behind the one module that adapts it."""
    imports = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "authlib")
        or (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "authlib" for name in node.names))
    }
    assert imports == {"identity/server.py"}
