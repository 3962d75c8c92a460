"""CSV for spreadsheets: what strangers typed must not become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from django.http import HttpResponse
from django.utils import timezone

# What begins a formula, with the full-width forms that East Asian spreadsheets take, behind what they skip.
_FORMULA = r"[^\S\t\r\n]*[\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]*[=+\-@＝＋－＠]"
_AT_FRONT = re.compile(rf"\s*{_FORMULA}|[\t\r\n]")
# Where the separator is not a comma, as in most of Europe, a cell ends within our quotes, at a semicolon or with its line. A
# list in a message is not a formula: its dashes have a space behind them; nor is a smiley.
_WITHIN = re.compile(rf"(?<=[;\t])(?={_FORMULA}(?!\)))|(?<=[\r\n])(?={_FORMULA})(?!\s*[-+] )")


def without_formula(text: str) -> str:
    """`text` as a cell that no spreadsheet computes, whatever separator it takes."""
    within = _WITHIN.sub("'", text)
    return f"'{within}" if _AT_FRONT.match(text) else within


def as_csv(name: str, headings: Iterable[str], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """The rows as a file that is called `name` and today's date, with the mark by which spreadsheets know UTF-8."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(headings)
    writer.writerows([without_formula(str(cell)) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}-{timezone.localdate()}.csv"'}
    return HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
