"""Services: what can be booked, and where."""

from __future__ import annotations

from django.contrib import admin

from assistant.admin.scoping import Scoped, ScopedTabularInline
from assistant.models import Offering, Service


class OfferingInline(ScopedTabularInline):
    model = Offering
    fields = ["calendar", "minutes", "price", "order"]
    verbose_name_plural = "calendars that offer it"


@admin.register(Service)
class ServiceAdmin(Scoped):
    inlines = [OfferingInline]
    empty_text = "A service is what visitors book, such as a haircut of 45 minutes."
    list_display = ["name", "organization", "minutes", "price", "active"]
    list_filter = ["organization", "active"]
    search_fields = ["name", "description"]
