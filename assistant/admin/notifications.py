"""What staff are told: each person's own choices, and the webhooks of teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import action, display

from assistant import outbound
from assistant.admin import push
from assistant.admin.booking.outside_calendars import WithButtons
from assistant.admin.scoping import OneOrganizationForm, Rank
from assistant.admin.secret_inputs import UnfoldSecretInput, ask_again
from assistant.errors import AddressRefused
from assistant.models import StaffEvent, TeamWebhook
from assistant.models.booking.outside_calendars import origin_of
from assistant.services.notifications import choices, queue, webhooks

FOR_TEAMS = [(one.value, one.label) for one in StaffEvent if one != StaffEvent.MESSAGE]


def choices_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The page on which everybody says what they want to be told of."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    here = reverse("admin:assistant_notification_choices")
    if request.method == "POST":
        ticked = set(request.POST)
        ways = ("page", "email", "push")  # in the order of `Choice`
        chosen = {one: choices.Choice(*(f"{way}-{one.value}" in ticked for way in ways)) for one in StaffEvent}
        choices.keep(request.user, chosen)
        messages.success(request, "Saved.")
        return HttpResponseRedirect(here)
    mine = choices.of_user(request.user)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "My notifications",
        "events": [(one, mine[one]) for one in StaffEvent],
        "minutes": int(queue.EMAIL_AFTER.total_seconds() // 60),
        "push": push.config(request),
        "browsers": push.browsers(request),
    }
    return TemplateResponse(request, "admin/assistant/notification_choices.html", context)


class TeamWebhookForm(OneOrganizationForm):
    """The address goes in and never comes out."""

    address = forms.CharField(
        required=False,
        max_length=2000,
        widget=UnfoldSecretInput({"autocomplete": "off"}, render_value=False),
        help_text="The address of the incoming webhook, such as https://hooks.slack.com/services/… Stored encrypted.",
    )
    secret = forms.CharField(
        label="Signing secret",
        required=False,
        max_length=200,
        widget=UnfoldSecretInput({"autocomplete": "off"}, render_value=False),
        help_text=(
            "For JSON only. Enter whsec_ and at least 24 random bytes in base64, so that your program can check "
            "where a message comes from (Standard Webhooks). Stored encrypted."
        ),
    )
    events = forms.MultipleChoiceField(
        label="Events", choices=FOR_TEAMS, widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = TeamWebhook
        fields = ["organization", "name", "kind", "enabled", "address", "secret", "events"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if typed := (cleaned.get("address") or "").strip():
            try:
                outbound.check_url(typed, outbound.Reach.TENANT)
                origin_of(typed)
            except (AddressRefused, ValueError) as error:
                self.add_error("address", str(error))
        elif "address" in self.fields and not self.instance.sealed_address:
            self.add_error("address", "Enter the address, such as https://hooks.slack.com/services/…")
        if secret := (cleaned.get("secret") or "").strip():
            try:
                webhooks.key_of(secret)
            except ValueError as error:
                self.add_error("secret", str(error))
        if "events" in self.fields and cleaned.get("enabled") and not cleaned.get("events"):
            self.add_error("events", "Choose at least one event, or turn the webhook off.")
        return cleaned

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors and "address" in self.fields:
            ask_again(self, ["address", "secret"], "the address and the secret")


@admin.register(TeamWebhook)
class TeamWebhookAdmin(WithButtons):
    form = TeamWebhookForm
    add_rank = change_rank = delete_rank = operate_rank = Rank.OWNER
    empty_text = "A webhook notifies a channel of your team, such as one in Slack, when a visitor is waiting."
    list_display = ["name", "organization", "kind", "enabled", "state"]
    list_filter = ["organization", "enabled"]
    search_fields = ["name"]
    actions = ["send_test"]
    buttons = ("send_test",)
    readonly_fields = ["origin", "state", "told_of"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may = self.rank(request, obj) >= self.change_rank
        fields = ("organization", "name", "kind", "enabled", *(("address", "secret", "events") if may else ("told_of",)))
        return ((None, {"fields": fields}), ("State", {"fields": ("origin", "state")}))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[TeamWebhook]:
        return super().get_queryset(request).select_related("organization")

    def save_model(self, request: HttpRequest, obj: TeamWebhook, form: Any, change: bool) -> None:
        obj.events = form.cleaned_data.get("events", obj.events)
        if address := (form.cleaned_data.get("address") or "").strip():
            obj.set_address(address)
            obj.last_error = ""
        if secret := (form.cleaned_data.get("secret") or "").strip():
            obj.set_secret(secret)
        super().save_model(request, obj, form, change)

    @action(description="Send a test", permissions=["operate"])
    def send_test(self, request: HttpRequest, queryset: models.QuerySet[TeamWebhook]) -> None:
        rows = list(self.within_reach(request, queryset, self.operate_rank))
        for row in rows:
            queue.test(row)
        self.message_user(request, f"Tests queued: {len(rows)}. Reload the page in a moment.", messages.SUCCESS)

    @display(description="State")
    def state(self, obj: TeamWebhook) -> str:
        if not obj.pk or not obj.enabled:
            return "Off"
        signed = ", signed" if obj.sealed_secret and obj.kind == TeamWebhook.Kind.JSON else ""
        return f"The last message failed: {obj.last_error}" if obj.last_error else f"On{signed}"

    @display(description="Events")
    def told_of(self, obj: TeamWebhook) -> str:
        return ", ".join(label for value, label in FOR_TEAMS if value in obj.events) or "Nothing"


def urls(model_admin: Any) -> list[Any]:
    view = model_admin.admin_site.admin_view(lambda request: choices_view(model_admin, request))
    return [path("notifications/", view, name="assistant_notification_choices"), *push.urls(model_admin)]
