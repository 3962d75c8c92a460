"""Tables as lines of text that make sense one by one: each value is labelled with its column.

A table is cut into passages like any text, and a model that is given a few rows does not see the first one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MAX_COLUMNS = 400
MAX_CELLS = 100_000  # of a table, counting a merged cell once for every place that it covers
MAX_NAME_CHARS = 80  # of a column; it is said again in every row
MAX_REPEATED_CHARS = 200  # of a cell that was merged over several rows, and is said in each of them

_NUMBER = re.compile(r"\d")


@dataclass(eq=False)
class Cell:
    """One object for all places that a merged cell covers: cells are compared by identity, since two may say the same."""

    text: str
    columns: int = 1
    rows: int = 1
    heads: bool = False  # marked as a heading by its author

    def __post_init__(self) -> None:
        self.text = " ".join(self.text.split())


Grid = list[list[Cell | None]]


def laid_out(rows: Sequence[Sequence[Cell]]) -> Grid:
    """Rows of cells with their spans, as in HTML, as rows of places."""
    grid: Grid = []
    reaching: dict[int, tuple[Cell, int]] = {}  # by column: a cell of a row above, and for how many rows it goes on
    places = 0
    for row in rows:
        line: list[Cell | None] = []
        waiting, onwards = list(reversed(row)), {}
        last = max(reaching, default=-1)
        while (waiting or len(line) <= last) and len(line) < MAX_COLUMNS:
            if len(line) in reaching:
                cell, more = reaching[len(line)]
                width = 1
            elif waiting:
                cell = waiting.pop()
                more, width = cell.rows - 1, max(1, cell.columns)
            else:
                line.append(None)
                continue
            for _ in range(min(width, MAX_COLUMNS - len(line))):
                if more > 0:
                    onwards[len(line)] = (cell, more - 1)
                line.append(cell)
        reaching = onwards
        grid.append(line)
        places += len(line)
        if places > MAX_CELLS:
            break
    return grid


def rendered(grid: Grid, heads: int | None = None) -> str:
    """A line for each row, "Treatment: Cleaning | Adult: 55"; without the names where no row of them is recognised.

    `heads` is how many rows are headings, where the author has said so.
    """
    grid = [row for row in grid if any(cell and cell.text for cell in row)]
    wide = max(map(len, grid), default=0)
    if heads is None:
        heads = _guessed_heads(grid, wide)
    written: set[int] = set()
    if not 0 < heads < len(grid):
        return "\n".join(line for row in grid if (line := _plain(row, written)))
    names = [_name(row[at] for row in grid[:heads] if at < len(row)) for at in range(wide)]
    lines = [_title(row, wide, written) or "" for row in grid[:heads]]
    for row in grid[heads:]:
        title = _title(row, wide, written)
        lines.append(" | ".join(_pairs(row, names, written)) if title is None else title)
    return "\n".join(line for line in lines if line)


def _runs(row: Sequence[Cell | None]) -> list[tuple[Cell | None, int, int]]:
    """The cells of a row, each once, with the first place that it covers and the one after its last."""
    found: list[tuple[Cell | None, int, int]] = []
    for at, cell in enumerate(row):
        if found and cell is not None and found[-1][0] is cell:
            found[-1] = (cell, found[-1][1], at + 1)
        else:
            found.append((cell, at, at + 1))
    return found


def _once(cell: Cell | None, written: set[int]) -> str:
    """The text of a cell: in every row that it covers, or in the first alone where it is long."""
    if cell is None or id(cell) in written:
        return ""
    if len(cell.text) > MAX_REPEATED_CHARS:
        written.add(id(cell))
    return cell.text


def _plain(row: Sequence[Cell | None], written: set[int]) -> str:
    """Its values in their places; one that is missing keeps its place, or the next would stand under another column."""
    line = " | ".join(_once(cell, written) for cell, _, _ in _runs(row))
    return " ".join(line.split()).removesuffix(" |") if line.strip(" |") else ""


def _title(row: Sequence[Cell | None], wide: int, written: set[int]) -> str | None:
    """The text of a row that is one cell over the whole width, as titles within a table are; None for other rows."""
    runs = _runs(row)
    return _once(runs[0][0], written) if wide > 1 and len(runs) == 1 and runs[0][2] == wide else None


def _name(column: Iterable[Cell | None]) -> str:
    """What a column is called: its headings from the uppermost down, without those over all columns alike."""
    texts = dict.fromkeys(cell.text for cell in column if cell and cell.text)
    return " ".join(texts)[:MAX_NAME_CHARS].strip().rstrip(":")


def _pairs(row: Sequence[Cell | None], names: Sequence[str], written: set[int]) -> Iterator[str]:
    for cell, begin, end in _runs(row):
        text = _once(cell, written)
        if not text:
            continue
        name = ", ".join(dict.fromkeys(name for name in names[begin:end] if name))[:MAX_NAME_CHARS]
        yield f"{name}: {text}" if name else text


def _guessed_heads(grid: Grid, wide: int) -> int:
    """How many of the first rows are headings: those that are marked, or a first row of names above figures."""
    marked = 0
    while marked < len(grid) and all(cell is None or cell.heads or not cell.text for cell in grid[marked]):
        marked += 1
    if 0 < marked < len(grid):
        return marked
    if marked or wide < 3 or len(grid) < 2:  # of two columns each line can be read by itself
        return 0
    first = grid[0]
    texts = [cell.text for cell in first if cell and cell.text]
    if len(first) < wide or len(texts) < wide - 1 or len(set(texts)) < len(texts):
        return 0
    if any(_NUMBER.search(text) or len(text) > MAX_NAME_CHARS for text in texts):
        return 0
    return 1 if any(_NUMBER.search(cell.text) for row in grid[1:] for cell in row[1:] if cell) else 0
