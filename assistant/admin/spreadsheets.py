"""CSV for spreadsheets: what strangers typed must not become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from django.http import HttpResponse
from django.utils import timezone


def without_formula(text: str) -> str:
    """`text` as a cell that no spreadsheet computes."""
    is_formula = text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if is_formula else text


def as_csv(name: str, headings: Iterable[str], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """The rows as a file that is called `name` and today's date, with the mark by which spreadsheets know UTF-8."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(headings)
    writer.writerows([without_formula(str(cell)) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}-{timezone.localdate()}.csv"'}
    return HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
