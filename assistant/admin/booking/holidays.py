"""Public holidays of a country, listed for staff to tick."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from assistant.admin.booking import closing
from assistant.models import Calendar
from assistant.services.booking.staff import holidays


class CountryForm(forms.Form):
    country = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    region = forms.ChoiceField(widget=UnfoldAdminSelectWidget, required=False)

    def __init__(self, country: str, data: dict[str, str]) -> None:
        super().__init__(data if country else None)
        self.fields["country"].choices = [("", "Choose a country"), *holidays.countries()]  # type: ignore[attr-defined]
        regions = holidays.regions(country)
        self.fields["region"].choices = [("", "The whole country"), *regions]  # type: ignore[attr-defined]
        if not regions:
            del self.fields["region"]


def holidays_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """GET lists the holidays of this year and the next; POST closes the calendar, or the organization's office, on those
    that are ticked."""
    owner = model_admin.get_object(request, object_id)
    if not model_admin.has_change_permission(request, owner):
        raise PermissionDenied
    chosen = {name: request.GET.get(name, "") for name in ("country", "region")}
    form = CountryForm(chosen["country"], chosen)
    found = []
    if chosen["country"] and form.is_valid():
        today = timezone.localdate()
        known = holidays.of(chosen["country"], form.cleaned_data.get("region", ""), [today.year, today.year + 1])
        found = [one for one in known if one.day >= today]
    back = reverse(f"admin:assistant_{model_admin.opts.model_name}_change", args=[owner.pk])
    if request.method == "POST":
        ticked = set(request.POST.getlist("day"))
        ticked_days = [one for one in found if one.day.isoformat() in ticked]

        def close() -> HttpResponse:
            added = holidays.close_on(owner, ticked_days)
            model_admin.message_user(request, f"Closed days added: {added}.", messages.SUCCESS)
            return HttpResponseRedirect(back)

        return closing.save(model_admin, request, owner, close, back) if isinstance(owner, Calendar) else close()
    closed = [(row.first_day, row.last_day) for row in owner.closures.all()]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": owner,
        "title": f"Public holidays for {owner}",
        "form": form,
        "found": [(one, any(first <= one.day <= last for first, last in closed)) for one in found],
        "back": back,
    }
    return TemplateResponse(request, "admin/assistant/holidays.html", context)
