"""Accounts at Google and Microsoft as staff connect and disconnect them, and the OAuth clients for that."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display

from assistant.admin.booking.outside_calendars import WithButtons
from assistant.admin.scoping import OneOrganizationForm, Scoped
from assistant.admin.secret_inputs import UnfoldSecretInput, ask_again
from assistant.models import CalendarAccount, OAuthClient
from assistant.services.booking.calendar_sync import accounts, busy_times, connectors, entries
from assistant.services.booking.calendar_sync.remote import RemoteError
from assistant.services.organizations.roles import Act

STATE_LABELS = {"Not connected": "info", "Connected": "success", "Access withdrawn": "danger"}


class OAuthClientForm(OneOrganizationForm):
    """The secret goes in and never comes out."""

    secret = forms.CharField(
        label="Client secret",
        required=False,
        max_length=500,
        widget=UnfoldSecretInput({"autocomplete": "new-password"}, render_value=False),
        help_text="Stored encrypted. Microsoft calls it the value of a client secret. Leave empty to keep it.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        changed = {"client_id", "provider"} & set(self.changed_data)
        if not cleaned.get("secret") and (changed or not self.instance.sealed_secret):
            self.add_error("secret", "Enter the secret of this client ID. It is shown once, when it is made.")
        return cleaned

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors and "secret" in self.fields:
            ask_again(self, ["secret"], "the client secret")


@admin.register(OAuthClient)
class OAuthClientAdmin(Scoped):
    form = OAuthClientForm
    empty_text = (
        "An OAuth client is your organization's own registration with Google or Microsoft, through which "
        "accounts are connected."
    )
    add_rank = change_rank = delete_rank = Act.GOVERN.rank
    list_display = ["__str__", "organization", "client_id", "tenant"]
    list_filter = ["organization"]
    fields = ["organization", "provider", "client_id", "secret", "tenant", "redirect_uri"]
    conditional_fields = {"tenant": "typeof provider === 'undefined' || provider === 'microsoft'"}
    readonly_fields = ["redirect_uri"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        may = self.rank(request, obj) >= self.change_rank
        return [name for name in self.fields if name != "secret" or may]

    def save_model(self, request: HttpRequest, obj: OAuthClient, form: Any, change: bool) -> None:
        if secret := form.cleaned_data.get("secret"):
            obj.set_secret(secret)
        super().save_model(request, obj, form, change)

    @display(description="Redirect URI")
    def redirect_uri(self, obj: OAuthClient) -> str:
        """What has to be entered at the provider, as it is."""
        return accounts.redirect_uri()


@admin.register(CalendarAccount)
class CalendarAccountAdmin(WithButtons):
    empty_text = (
        "A calendar account is an account at Google or Microsoft whose calendars can be read and changed, "
        "once its owner allows it."
    )
    list_display = ["name", "organization", "provider", "address", "state_label"]
    list_filter = ["organization", "provider", "state"]
    search_fields = ["name", "address"]
    actions = ["connect", "load_calendars", "connect_again", "disconnect"]
    fieldsets = (
        (None, {"fields": ("organization", "provider", "name")}),
        ("State", {"fields": ("state_label", "address", "problem", "their_calendars", "connected_at", "connected_by")}),
    )
    readonly_fields = ["state_label", "address", "problem", "their_calendars", "connected_at", "connected_by"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["provider"] if obj else [])]

    def buttons_of(self, obj: CalendarAccount) -> tuple[str, ...]:
        if obj.state == CalendarAccount.State.CONNECTED:
            return ("load_calendars", "connect_again", "disconnect")
        return ("connect",)

    def get_urls(self) -> list[Any]:
        callback = self.admin_site.admin_view(self.callback_view)
        return [path("callback/", callback, name="assistant_calendaraccount_callback"), *super().get_urls()]

    def response_add(self, request: HttpRequest, obj: CalendarAccount, post_url_continue: Any = None) -> HttpResponse:
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return HttpResponseRedirect(reverse("admin:assistant_calendaraccount_change", args=[obj.pk]))

    # --- Consent --------------------------------------------------------------------------------------------------------

    @action(description="Connect", permissions=["operate"])
    def connect(self, request: HttpRequest, queryset: models.QuerySet[CalendarAccount]) -> HttpResponse | None:
        """Show what will be asked, and lead to the provider. Not by a redirect: our policy keeps forms to ourselves."""
        account, *more = list(self.within_reach(request, queryset, self.operate_rank)[:2]) or [None]
        if account is None or more:
            self.message_user(
                request, "Choose one account at a time: each has to be connected by its owner.", messages.WARNING
            )
            return None
        try:
            address = accounts.begin(account, user_id=int(request.user.pk or 0), session=request.session)
        except RemoteError as error:
            self.message_user(request, str(error), messages.ERROR)
            return self._to_page(account)
        return self._page(request, "account_connect", account, title=f"Connect {account.name}", address=address)

    @action(description="Connect again", permissions=["operate"])
    def connect_again(self, request: HttpRequest, queryset: models.QuerySet[CalendarAccount]) -> HttpResponse | None:
        return self.connect(request, queryset)

    def callback_view(self, request: HttpRequest) -> HttpResponse:
        """Where the provider sends people back to, with a code or with the reason why there is none."""
        user_id = int(request.user.pk or 0)
        try:
            consent = accounts.use_state(request.GET.get("state", ""), user_id=user_id, session=request.session)
        except accounts.ConsentInvalid as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:assistant_calendaraccount_changelist"))
        account = consent.account
        if not self.may_operate(request, account):
            raise PermissionDenied
        if refused := request.GET.get("error"):
            self.message_user(request, _why(account, refused), messages.ERROR)
            return self._to_page(account)
        try:
            accounts.connect(consent, request.GET.get("code", ""), user_id=user_id)
            self.log_change(request, account, "Connected.")
            connectors.list_calendars(account)
        except RemoteError as error:
            self.message_user(request, str(error), messages.ERROR)
            return self._to_page(account)
        for outside in account.outside_calendars.all():
            busy_times.check_now(outside)
            entries.retry(outside)
        self.message_user(request, "Connected. Choose below which of its calendars to use.", messages.SUCCESS)
        return self._to_page(account)

    @action(description="Load its calendars again", permissions=["operate"])
    def load_calendars(self, request: HttpRequest, queryset: models.QuerySet[CalendarAccount]) -> None:
        for account in self.within_reach(request, queryset, self.operate_rank):
            try:
                connectors.list_calendars(account)
            except RemoteError as error:
                self.message_user(request, f"{account}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{account}: {len(account.calendars)} calendars.", messages.SUCCESS)

    @action(description="Disconnect", permissions=["operate"])
    def disconnect(self, request: HttpRequest, queryset: models.QuerySet[CalendarAccount]) -> HttpResponse | None:
        """After a question: busy times of its calendars are no longer read, and bookings no longer entered."""
        chosen = list(self.within_reach(request, queryset, self.operate_rank))
        if "confirmed" not in request.POST and chosen:
            used = [outside for account in chosen for outside in account.outside_calendars.select_related("calendar")]
            names = ", ".join(str(account) for account in chosen)
            more = {"title": f"Disconnect {names}?", "chosen": chosen, "used": used}
            return self._page(request, "account_disconnect", chosen[0], **more)
        for account in chosen:
            said = accounts.disconnect(account)
            self.log_change(request, account, "Disconnected.")
            self.message_user(request, f"{account}: {said}", messages.SUCCESS)
        return self._to_page(chosen[0]) if len(chosen) == 1 else None

    def delete_model(self, request: HttpRequest, obj: CalendarAccount) -> None:
        accounts.disconnect(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[CalendarAccount]) -> None:
        for account in queryset.select_related("organization"):
            accounts.disconnect(account)
        super().delete_queryset(request, queryset)

    # --- What is shown --------------------------------------------------------------------------------------------------

    @display(description="State", label=STATE_LABELS)
    def state_label(self, obj: CalendarAccount) -> str:
        return obj.get_state_display()

    @display(description="Its calendars")
    def their_calendars(self, obj: CalendarAccount) -> str:
        """Each with a link to the form that uses it."""
        if not obj.calendars:
            return "Its calendars are listed once the account is connected."
        used = set(obj.outside_calendars.values_list("remote_id", flat=True)) if obj.pk else set()
        form = reverse("admin:assistant_outsidecalendar_add")
        rows = []
        for one in obj.calendars:
            query = {
                "organization": obj.organization_id, "kind": obj.provider, "name": one["name"][:80],
                "their_calendar": f"{obj.pk}:{one['id']}",
            }  # fmt: skip
            address = f"{form}?{urlencode(query)}"
            kind = "" if one["writable"] else " (read only)"
            link = "used" if one["id"] in used else format_html('<a class="iw-link" href="{}">Use it</a>', address)
            rows.append((one["name"], kind, link))
        return format_html('<ul class="iw-list">{}</ul>', format_html_join("", "<li>{}{} · {}</li>", rows))

    def _page(self, request: HttpRequest, template: str, account: CalendarAccount, **more: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": account, "account": account}
        return TemplateResponse(request, f"admin/assistant/{template}.html", {**context, **more})

    def _to_page(self, account: CalendarAccount) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:assistant_calendaraccount_change", args=[account.pk]))


def _why(account: CalendarAccount, error: str) -> str:
    """The provider's code in words. Its description is left out: anybody could have written that into an address."""
    name = account.get_provider_display()
    if error in ("access_denied", "consent_required"):
        return f"{name} did not give access: it was refused there, or an administrator has to allow it first."
    code = error if re.fullmatch(r"[a-z_]{1,60}", error) else "an unknown error"
    return f"{name} did not give access: {code}."
