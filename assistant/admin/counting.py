"""Counts for lists: of a row's own rows, and of a list that may be very long."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

COUNTED = 10_000  # rows of a list that are counted, and so the last that its pages show


def count_of(rows: models.QuerySet[Any], by: str) -> models.expressions.Combinable:
    """How many of `rows`, a correlated subquery, have the outer row as `by`. Counted for the rows of a page alone, where
    a join would be made and grouped for all of the table before the page is cut from it."""
    return Coalesce(models.Subquery(rows.order_by().values(by).annotate(count=models.Count("pk")).values("count")), 0)


class BoundedPaginator(Paginator):
    """Counts no further than `most`: the number of all rows takes reading all of them. What lies behind is reached with
    the filters and the search."""

    most = COUNTED
    template_name = "admin/assistant/pagination.html"  # where Unfold looks for it

    @cached_property
    def counted(self) -> int:
        """As many rows as there are, or one more than `most`."""
        rows: Any = self.object_list
        return rows.order_by().values("pk")[: self.most + 1].count() if isinstance(rows, models.QuerySet) else len(rows)

    @cached_property
    def count(self) -> int:
        return min(self.counted, self.most)

    @property
    def named_count(self) -> str:
        """The number of rows as a page says it."""
        return f"more than {self.most:,}" if self.counted > self.most else f"{self.counted:,}"
