"""How much Python a connector is: lines that hold code, without blank ones, comments and docstrings."""

import ast
import io
import tokenize
from pathlib import Path

_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def code_lines(folder: Path) -> int:
    """Of every module in a folder."""
    return sum(_of_module(path.read_text("utf-8")) for path in folder.rglob("*.py"))


def _of_module(source: str) -> int:
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - _words(ast.parse(source)))


def _words(module: ast.Module) -> set[int]:
    """The lines of docstrings, those under an attribute too: strings that stand by themselves."""
    return {
        line
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
