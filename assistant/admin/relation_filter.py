"""The filter of lists over a relation, such as the organization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm

from assistant.models import Organization

MOST_LISTED = 100  # rows; of more, those are offered whose names have what is typed


class SearchedRow(AutocompleteSelect):
    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        return {**super().build_attrs(base_attrs, extra_attrs), "data-placeholder": "All"}


class SearchedRowForm(AutocompleteDropdownForm):
    widget = SearchedRow


class VisibleRowsFilter(RelatedDropdownFilter):
    """A list filter over a relation that offers only rows which the user may see: a list of them, or where there are many,
    those whose names have what is typed."""

    searches = False

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        related = model_admin.admin_site.get_model_admin(field.remote_field.model)
        # Without what the related list counts for each of its rows: of 10,000 assistants, that took four seconds.
        visible = related.get_queryset(request).order_by().values("pk")
        self.visible = related.model._default_manager.filter(pk__in=visible)
        rows = self.visible.order_by()  # the database would have to put all of them in order
        if related.model is not Organization:
            rows = rows.select_related("organization")  # which some have in their names
        listed = list(rows[: MOST_LISTED + 1] if related.search_fields else rows)
        self.searches = bool(related.search_fields) and len(listed) > MOST_LISTED
        return [] if self.searches else sorted(((row.pk, str(row)) for row in listed), key=lambda row: row[1].casefold())

    def has_output(self) -> bool:
        return self.searches or super().has_output()

    def choices(self, changelist: Any) -> Iterator[Any]:
        if not self.searches:
            yield from super().choices(changelist)
            return
        form = SearchedRowForm(
            request=self.request,
            label=f"By {self.title}",
            name=self.lookup_kwarg,
            choices=(),
            field=self.field,
            model_admin=self.model_admin,
            data={self.lookup_kwarg: self.value()},
        )
        form.fields[self.lookup_kwarg].queryset = self.visible  # the name of the row that is chosen, where they may see it
        yield {"form": form}
