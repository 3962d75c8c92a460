"""Tables as text files: CSV and its relatives, with any delimiter."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from assistant.services.knowledge.formats.result import MAX_BYTES, MAX_CHARS
from assistant.services.knowledge.formats.tables import MAX_COLUMNS, Cell, Grid, rendered

DELIMITERS = ",;\t|"
ROWS_LOOKED_AT = 50
MAX_ROWS = 50_000


def read_delimited(text: str) -> str:
    """Each row by itself, "Name: value | Name: value"."""
    if named := re.match(r"sep=(.)\r?\n", text):  # as Excel writes it
        delimiter, text = named[1], text[named.end() :]
    else:
        delimiter = max(DELIMITERS, key=lambda sign: _regularity(text, sign))
    grid: Grid = []
    chars = 0
    for row in islice(_rows(text, delimiter), MAX_ROWS):
        grid.append([Cell(value) for value in row[:MAX_COLUMNS]])
        chars += sum(map(len, row))
        if chars > MAX_CHARS:
            break
    wide = max(map(len, grid), default=0)
    for row_ in grid:
        row_ += [None] * (wide - len(row_))
    first = [cell.text if cell else "" for cell in grid[0]] if grid else []
    # The first row names the columns, unless it holds what a name is not.
    heads = len(grid) > 1 and wide > 1 and all(first) and len(set(first)) == wide and not any(map(_is_value, first))
    return rendered(grid, int(heads))


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_BYTES)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)


def _regularity(text: str, delimiter: str) -> tuple[int, int]:
    """How many of the first rows have the same number of columns, more than one, and how many columns that is."""
    counts = Counter(len(row) for row in islice(_rows(text[:200_000], delimiter), ROWS_LOOKED_AT) if row)
    counts.pop(1, None)
    columns, rows = counts.most_common(1)[0] if counts else (0, 0)
    return rows, columns


def _is_value(text: str) -> bool:
    return re.search(r"\d", text) is not None and not re.search(r"[^\W\d_]{2}", text)
