"""Calendars elsewhere: private feeds of ours, and the calendars whose busy times block and that bookings are entered in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from assistant import outbound
from assistant.admin.counting import count_of
from assistant.admin.scoping import OneOrganizationForm, Scoped, organizations
from assistant.admin.secret_inputs import UnfoldSecretInput, ask_again
from assistant.errors import AddressRefused
from assistant.models import CalendarAccount, CalendarFeed, CalendarProvider, OutsideCalendar
from assistant.models.booking.outside_calendars import OutsideEntry, origin_of
from assistant.services.booking.calendar_sync import busy_times, entries, feeds
from assistant.services.booking.calendar_sync.connectors import dav

BUTTONS = "admin/assistant/object_actions.html"


class WithButtons(Scoped):
    """Some of the list's actions are buttons on a row's page."""

    change_form_outer_before_template = BUTTONS
    buttons: tuple[str, ...] = ()

    def buttons_of(self, obj: Any) -> tuple[str, ...]:
        """Those that make sense for this row."""
        return self.buttons

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        obj = self.get_object(request, object_id)
        names = self.buttons_of(obj) if self.may_operate(request, obj) else ()
        shown = [(name, getattr(self, name).short_description) for name in names]
        return super().change_view(request, object_id, form_url, {"object_actions": shown, **(extra_context or {})})


@admin.register(CalendarFeed)
class CalendarFeedAdmin(WithButtons):
    empty_text = "A feed is a private address under which another calendar shows the appointments."
    list_display = ["__str__", "organization", "shows_name", "shows_contact", "shows_reason", "read_at"]
    list_filter = ["organization"]
    actions = ["renew"]
    buttons = ("renew",)
    fields = ["organization", "calendar", ("shows_name", "shows_contact", "shows_reason"), "address", "read_at"]
    readonly_fields = ["address", "read_at"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[CalendarFeed]:
        return super().get_queryset(request).select_related("organization", "calendar")

    @display(description="Address")
    def address(self, obj: CalendarFeed) -> str:
        """Not for viewers: anyone who has it can read the feed without logging in."""
        return feeds.address_of(obj) if obj.pk and self._may_see(obj) else "Shown to editors once the feed is saved."

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        obj = super().get_object(request, object_id, from_field)
        obj.may_see_address = self.may_operate(request, obj)
        return obj

    def _may_see(self, obj: CalendarFeed) -> bool:
        return getattr(obj, "may_see_address", False)

    @action(description="Renew the address", permissions=["operate"])
    def renew(self, request: HttpRequest, queryset: models.QuerySet[CalendarFeed]) -> None:
        rows = list(self.within_reach(request, queryset, self.operate_rank))
        for feed in rows:
            feeds.renew(feed)
        text = f"Renewed: {len(rows)}. The former addresses no longer work; subscribe again with the new ones."
        self.message_user(request, text, messages.SUCCESS)


class OutsideCalendarForm(OneOrganizationForm):
    """Address and password go in and never come out. A calendar of a connected account has neither."""

    accounts: models.QuerySet[CalendarAccount] = CalendarAccount.objects.none()  # those that this user may choose from

    their_calendar = forms.ChoiceField(
        label="Calendar there",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Choose a calendar of an account that is connected under Calendar accounts.",
    )
    address = forms.CharField(
        required=False,
        max_length=2000,
        widget=UnfoldSecretInput({"autocomplete": "off"}, render_value=False),
        help_text="Enter the private iCalendar address, or the address of the CalDAV calendar itself. Stored encrypted.",
    )
    password = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldSecretInput({"autocomplete": "new-password"}, render_value=False),
        help_text="Stored encrypted, and sent to this address's server only. Leave empty to keep it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "their_calendar" in self.fields:
            field = self.fields["their_calendar"]
            assert isinstance(field, forms.ChoiceField)
            chosen = _value(self.instance.account_id, self.instance.remote_id) if self.instance.account_id else ""
            groups = [(str(one), [(_value(one.pk, each["id"]), each["name"]) for each in one.calendars])
                      for one in self.accounts]  # fmt: skip
            known = {value for _, listed in groups for value, _ in listed}
            gone = [(chosen, "No longer there: choose another one")] if chosen and chosen not in known else []
            field.choices = [("", "–"), *gone, *groups]
            if chosen:
                self.initial["their_calendar"] = chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        kind = cleaned.get("kind") or self.instance.kind
        if cleaned.get("writes_bookings") and kind == OutsideCalendar.Kind.ICS:
            self.add_error("writes_bookings", "An iCalendar address is for reading only. Choose another kind above.")
        if kind in CalendarProvider and "their_calendar" in self.fields:
            self._check_account(cleaned, kind)
        elif "address" in self.fields:
            self._check_address(cleaned, kind)
        return cleaned

    def _check_account(self, cleaned: dict[str, Any], kind: str) -> None:
        account_id, _, remote_id = (cleaned.get("their_calendar") or "").partition(":")
        account = self.accounts.filter(pk=account_id).first() if account_id else None
        home = getattr(cleaned.get("organization"), "pk", None) or self.instance.organization_id
        if account is None:
            if "their_calendar" not in self.errors:
                self.add_error("their_calendar", "Choose a calendar. Connect an account under Calendar accounts first.")
        elif account.organization_id != home:
            self.add_error("their_calendar", "This account belongs to another organization. Choose another one.")
        elif account.provider != kind:
            self.add_error(
                "their_calendar", f"This calendar belongs to {account.get_provider_display()}. Choose that kind above."
            )
        elif cleaned.get("writes_bookings") and not _may_write(account, remote_id):
            self.add_error("writes_bookings", "The account can only read this calendar. Choose one that it can also change.")
        else:
            self.instance.account, self.instance.remote_id = account, remote_id

    def _check_address(self, cleaned: dict[str, Any], kind: str) -> None:
        if not (typed := cleaned.get("address")):
            if not self.instance.sealed_address:
                self.add_error("address", "Enter the address, such as https://calendar.example.com/private/basic.ics.")
            return
        address = cleaned["address"] = dav.normal_address(typed, kind)
        try:
            outbound.check_url(address, outbound.Reach.TENANT)
            moved = origin_of(address) != self.instance.origin
        except (AddressRefused, ValueError) as error:
            self.add_error("address", str(error))
            return
        if cleaned.get("username") and moved and self.instance.sealed_password and not cleaned.get("password"):
            self.add_error("password", "The stored password belongs to another server. Enter the one for this address.")
        if cleaned.get("password") and not dav.is_private(address):
            self.add_error(
                "address", "A password is only sent to an address that begins with https://. Enter such an address."
            )

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors and "address" in self.fields:
            ask_again(self, ["address"], "the address")
            ask_again(self, ["password"], "the password")


def _value(account_id: object, remote_id: str) -> str:
    return f"{account_id}:{remote_id}"


def _may_write(account: CalendarAccount, remote_id: str) -> bool:
    return any(one["id"] == remote_id and one["writable"] for one in account.calendars)


BY_ADDRESS = "typeof kind === 'undefined' || ['ics', 'caldav'].includes(kind)"
BY_ACCOUNT = "typeof kind === 'undefined' || ['google', 'microsoft'].includes(kind)"


@admin.register(OutsideCalendar)
class OutsideCalendarAdmin(WithButtons):
    form = OutsideCalendarForm
    empty_text = "A calendar on another server: its busy times block bookings, and bookings can be entered there."
    list_display = ["name", "organization", "calendar", "kind", "enabled", "state", "unwritten"]
    list_filter = ["organization", "calendar", "enabled"]
    search_fields = ["name"]
    actions = ["check_now", "write_again"]
    buttons = ("check_now", "write_again")
    conditional_fields = {
        "their_calendar": BY_ACCOUNT,
        **dict.fromkeys(["origin", "address", "username", "password"], BY_ADDRESS),
    }
    readonly_fields = ["origin", "state", "overlapped", "entered", "tried_at", "read_at"]
    fieldsets = (
        (None, {"fields": ("organization", "calendar", "name", "kind", "enabled")}),
        ("Access", {"fields": ("their_calendar", "origin", "address", "username", "password")}),
        ("What it is for", {"fields": ("reads_busy", "writes_bookings")}),
        ("State", {"fields": ("state", "overlapped", "entered", "tried_at", "read_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[OutsideCalendar]:
        entries = OutsideEntry.objects.filter(outside=models.OuterRef("pk"))
        failed = entries.filter(written__lt=models.F("wanted")).exclude(last_error="")
        found = super().get_queryset(request).select_related("organization", "calendar")
        return found.annotate(missing=count_of(failed, "outside"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.rank(request, obj) >= self.change_rank:
            return self.fieldsets
        secret = ("address", "password", "their_calendar")
        return [(title, {"fields": [one for one in part["fields"] if one not in secret]}) for title, part in self.fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Its busy times and entries are those of this calendar: for another one, add another source.
        return [*super().get_readonly_fields(request, obj), *(["calendar"] if obj else [])]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        found = CalendarAccount.objects.filter(organization__in=organizations(request)).exclude(calendars=[])
        form.accounts = found.filter(organization=obj.organization_id) if obj else found
        return form

    def save_model(self, request: HttpRequest, obj: OutsideCalendar, form: Any, change: bool) -> None:
        if obj.kind not in CalendarProvider:
            obj.account, obj.remote_id = None, ""
        if {"kind", "their_calendar"} & set(form.changed_data):
            obj.forget_what_was_read()
        if address := form.cleaned_data.get("address"):
            obj.set_address(address)
        if password := form.cleaned_data.get("password"):
            obj.set_password(password)
        super().save_model(request, obj, form, change)
        busy_times.check_now(obj)
        entries.queue_upcoming(obj)

    @action(description="Check now", permissions=["operate"])
    def check_now(self, request: HttpRequest, queryset: models.QuerySet[OutsideCalendar]) -> None:
        rows = list(self.within_reach(request, queryset, self.operate_rank))
        for outside in rows:
            busy_times.check_now(outside)
        self.message_user(request, f"To be checked now: {len(rows)}. Reload the page in a moment.", messages.SUCCESS)

    @action(description="Write bookings again that failed", permissions=["operate"])
    def write_again(self, request: HttpRequest, queryset: models.QuerySet[OutsideCalendar]) -> None:
        again = sum(entries.retry(outside) for outside in self.within_reach(request, queryset, self.operate_rank))
        self.message_user(request, f"Queued again: {again}.", messages.SUCCESS if again else messages.WARNING)

    @display(description="State")
    def state(self, obj: OutsideCalendar) -> str:
        return busy_times.state_of(obj)

    @display(description="Booked at a busy time")
    def overlapped(self, obj: OutsideCalendar) -> str:
        found = [row.reference for row in busy_times.overlapped(obj)[:20]] if obj.pk else []
        return f"{', '.join(found)}. They stay booked until you move or cancel them." if found else "None"

    @display(description="Not entered there", ordering="missing")
    def unwritten(self, obj: Any) -> int:
        return obj.missing

    @display(description="Bookings not entered there")
    def entered(self, obj: OutsideCalendar) -> str:
        failed = list(obj.entries.failed()) if obj.pk else []
        return f"{len(failed)}: {failed[0].last_error}" if failed else "None"
