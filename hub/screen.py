"""What commands print, and how a table fits into a narrow window."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

out = Console()
err = Console(stderr=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Names of one word stay whole; where there is too little room, the last column gives way."""
    longest = [max(map(len, " ".join(cells).split()), default=0) for cells in zip(columns, *rows, strict=True)]
    widths = [*longest[:-1], 0]
    shown = [Column(name, overflow="fold", min_width=width) for name, width in zip(columns, widths, strict=True)]
    drawn = Table(*shown, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for row in rows:
        drawn.add_row(*row)
    out.print(drawn)
