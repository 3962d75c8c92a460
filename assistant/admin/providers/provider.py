"""Providers of organizations: their form, the test of their connection, and what was learnt about them."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from assistant import outbound
from assistant.admin.counting import count_of
from assistant.admin.scoping import OneOrganizationForm, Rank, Scoped, rank_in
from assistant.admin.secret_inputs import UnfoldSecretInput, ask_again
from assistant.errors import AddressRefused
from assistant.models import Provider, Usage
from assistant.models.providers.provider import origin_of
from assistant.outbound import Reach
from assistant.providers import measuring, router
from assistant.providers.presets import PRESETS, Preset
from assistant.providers.probe import probe
from assistant.redaction import clean
from assistant.services.organizations.roles import Act
from assistant.services.providers import health as providers
from assistant.tools.offered import tools_offered

REPORT_SECONDS = 7 * 24 * 3600  # how long the last report card is kept
SAID_ELSEWHERE = ("model_assumed",)  # the form shows which
LOCAL = (
    "This server is on this machine or in its network. It is allowed because you operate this installation, which runs on "
    "one machine. Members can use the server, but cannot enter another private address."
)
STATE_LABELS = {"in use": "success", "recovering": "warning", "paused": "danger", "off": ""}


def report_key(provider: Provider) -> str:
    return f"provider.report.{provider.pk}"


class ProviderForm(OneOrganizationForm):
    """The key goes in and never comes out. A provider that could not answer is not saved as one that is on."""

    by_operator = False  # whether a superuser fills it in

    key = forms.CharField(
        required=False,
        max_length=4096,
        strip=True,
        widget=UnfoldSecretInput({"autocomplete": "new-password"}, render_value=False),
    )
    forget_key = forms.BooleanField(required=False, label="Delete the stored key", widget=UnfoldBooleanSwitchWidget())

    class Meta:
        widgets = {"headers": UnfoldAdminTextareaWidget({"rows": 3, "class": "iw-input iw-mono"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "preset" in self.fields:
            self._offer_presets()
        if "key" in self.fields:
            set_at, hint = self.instance.key_set_at, self.instance.key_hint
            ending = f", ends in {hint}" if hint else ""
            self.fields["key"].help_text = (
                f"Set on {timezone.localtime(set_at):%-d %b %Y, %H:%M}{ending}. Leave this empty to keep it."
                if set_at
                else "Stored encrypted, and sent to the address above only."
            )
        known = cache.get(report_key(self.instance), {}).get("models", [])
        for name in ("smart", "fast", "realtime", "fallback_model"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-models"] = json.dumps(known)

    def _offer_presets(self) -> None:
        choices = [("", "Another server"), *((name, preset.label) for name, preset in PRESETS.items() if name != "custom")]
        facts = {
            name: {"base_url": preset.base_url, "auth": preset.auth, "smart": preset.smart, "fast": preset.fast,
                   "realtime": preset.realtime, "api_version": preset.api_version, "key": preset.key_example,
                   "help": " ".join(filter(None, (preset.help, preset.limits, _where_keys_are(preset))))}
            for name, preset in PRESETS.items()
        }  # fmt: skip
        widget = UnfoldAdminSelectWidget({"data-presets": json.dumps(facts)})
        self.fields["preset"] = forms.ChoiceField(
            choices=choices, required=False, widget=widget, help_text="Fills in the fields below that you leave empty."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        preset = PRESETS.get(cleaned.get("preset", ""))
        url = cleaned.get("base_url") or (preset.base_url if preset else "")
        if not url and "base_url" not in self.errors:
            self.add_error("base_url", "Enter the server's address, for example https://api.example.com/v1.")
        elif url:
            self._check_address(url)
        if not cleaned.get("smart") and not (preset and preset.smart):
            self.add_error("smart", "Enter the model that answers visitors, for example gpt-5.4.")
        if "base_url" not in self.errors:
            self._check_key(cleaned, url)
        return cleaned

    def _check_address(self, url: str) -> None:
        """Refuse what is not public, unless an operator enters a server of their own, on an embedded installation."""
        try:
            outbound.check_url(url, Reach.TENANT)
        except AddressRefused as error:
            if not outbound.is_private_server(url) or not _origin(url):
                self.add_error("base_url", str(error))
            elif settings.EMBEDDED and (self.by_operator or self._was_allowed(url)):
                self.instance.operator_origin = origin_of(url)
                return
            else:
                remedy = "The operator can allow it in OUTBOUND_ALLOWED_ORIGINS."
                self.add_error("base_url", f"{error} {remedy}")
        self.instance.operator_origin = ""

    def _was_allowed(self, url: str) -> bool:
        return self.instance.operator_origin == origin_of(url)  # read after `_origin` has passed it

    def _check_key(self, cleaned: dict[str, Any], url: str) -> None:
        """A key that was entered, or is stored, is never lost without an error."""
        if "key" not in self.fields or cleaned.get("key") or cleaned.get("forget_key") or cleaned.get("auth") == "none":
            return
        if self.data.get(self.add_prefix("key_again")):
            self.add_error("key", "Enter the key again, or set the authentication to none if the server needs no key.")
        elif self.instance.sealed_key and url and not self._opens(url):
            self.add_error(
                "key",
                "The stored key belongs to another address and is not sent anywhere else. "
                "Enter the key for this address, or switch on “Delete the stored key”.",
            )

    def _opens(self, url: str) -> bool:
        """Whether the stored key belongs to `url`; True even if it can no longer be decrypted, which the list shows."""
        return self.instance.key_origin == origin_of(url)

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors and "key" in self.fields:
            ask_again(self, ["key"], "the key")

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        given, provider = self.cleaned_data, self.instance
        if given.get("key") or given.get("forget_key"):
            try:
                provider.set_key(given.get("key", ""), address_of(provider))
            except (ValueError, ValidationError):
                self.add_error("key", "The key cannot be stored for this address. Check the address.")
        if not provider.enabled:
            return
        for problem in router.examined(provider)[1]:
            if problem.level == "error":
                field = problem.variable if problem.variable in self.fields else None
                self.add_error(field, f"This {problem.message}. {problem.hint}".strip())


def _where_keys_are(preset: Preset) -> str:
    return f"Get a key: {preset.key_from}" if preset.key_from else ""


def _origin(url: str) -> str:
    """What an address is allowed by; "" for one that no browser would write."""
    try:
        return origin_of(url)
    except ValueError:
        return ""


def learnt_about(provider: Provider) -> list[tuple[str, list[providers.Learnt]]]:
    """Each model about which something is known, with what, since when and why."""
    rows = provider.health.exclude(model="").order_by("model")
    return [(row.model, facts) for row in rows if (facts := providers.learnt(row))]


def address_of(provider: Provider) -> str:
    """The row's address, or its preset's."""
    preset = PRESETS.get(provider.preset)
    return provider.base_url or (preset.base_url if preset else "")


@admin.register(Provider)
class ProviderAdmin(Scoped):
    form = ProviderForm
    add_rank = change_rank = delete_rank = operate_rank = Act.PAY.rank
    test_seconds = 20.0  # of a test: a person waits for the page
    list_display = ["name", "organization", "preset_label", "shown_model", "key_kept", "standing", "requests_24h", "weight"]
    list_filter = ["organization", "enabled"]
    search_fields = ["name", "base_url", "smart"]
    change_form_template = "admin/assistant/provider.html"
    actions_submit_line = ["save_and_test"]
    fieldsets = (
        (None, {"fields": ("organization", "name", "enabled", "preset", "base_url", "key", "forget_key")}),
        ("Models", {"fields": ("smart", "fast", "realtime", "fallback_model")}),
        (
            "Fine tuning",
            {
                "fields": (
                    "auth",
                    "api_version",
                    "headers",
                    ("temperature", "max_output_tokens"),
                    ("reasoning_effort", "timeout_seconds"),
                    "weight",
                ),
                "classes": ["collapse"],
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Provider]:
        found = super().get_queryset(request).select_related("organization").prefetch_related("health")
        recent = Usage.objects.filter(provider=models.OuterRef("pk"), at__gte=timezone.now() - timedelta(days=1))
        return found.annotate(requests_today=count_of(recent, "provider"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = set() if obj is not None and obj.sealed_key else {"forget_key"}
        if not self.has_change_permission(request, obj):
            hidden = {"key", "forget_key"}
        main = [name for name in self.fieldsets[0][1]["fields"] if name not in hidden]
        return ((None, {"fields": main}), *self.fieldsets[1:])

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by_operator = rank_in(request, None) == Rank.SUPERUSER
        return form

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.set_by_operator:
            self.message_user(request, LOCAL, messages.INFO)
        for problem in router.examined(obj)[1]:
            if problem.code not in SAID_ELSEWHERE:
                field = problem.variable.replace("_", " ").capitalize()
                self.message_user(request, f"{field} {problem.message}. {problem.hint}".strip(), messages.WARNING)

    # --- Testing the connection -------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        test, forget = self.admin_site.admin_view(self.test_view), self.admin_site.admin_view(self.forget_view)
        return [
            path("<path:object_id>/test/", test, name="assistant_provider_test"),
            path("<path:object_id>/forget/", forget, name="assistant_provider_forget"),
            *super().get_urls(),
        ]

    @action(description="Save and test", icon="network_check")
    def save_and_test(self, request: HttpRequest, obj: Provider) -> None:
        """Test the saved provider. After the commit: a test takes seconds, and must not hold the database that long."""
        transaction.on_commit(partial(self.measure, request, obj))

    def response_add(self, request: HttpRequest, obj: Provider, post_url_continue: Any = None) -> HttpResponse:
        return self._to_test(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Provider) -> HttpResponse:
        return self._to_test(request, obj) or super().response_change(request, obj)

    def _to_test(self, request: HttpRequest, obj: Provider) -> HttpResponse | None:
        if "assistant_provider_save_and_test" not in request.POST:
            return None
        return HttpResponseRedirect(reverse("admin:assistant_provider_test", args=[obj.pk]))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        # Unfold offers these buttons for existing rows only.
        buttons = {"actions_submit_line": self.get_actions_submit_line(request, None)}
        return super().add_view(request, form_url, {**(extra_context or {}), **buttons})

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Test what the server can do, store the results for the router, and show them as a report card."""
        row = self.get_object(request, object_id)
        if not self.may_operate(request, row):
            raise PermissionDenied
        if request.method == "POST":
            self.measure(request, row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": f"Test {row.name}",
            "provider": row,
            "report": cache.get(report_key(row)),
            "seconds": round(self.test_seconds),
        }
        return TemplateResponse(request, "admin/assistant/provider_test.html", context)

    def measure(self, request: HttpRequest, row: Provider) -> None:
        provider = router.from_row(row)
        if provider is None:
            self.message_user(request, f"This provider cannot be tested yet: {router.what_is_wrong(row)}.", messages.ERROR)
            return
        model = clean(request.POST.get("model", "")).strip()[:200]
        tools = tools_offered(row.organization)
        report = async_to_sync(probe)(provider, model, tools=tools, deadline_seconds=self.test_seconds)
        measuring.keep(report, provider, row)
        card = report.as_json()
        for check in card["checks"]:
            check["name"] = check["name"].replace("_", " ")
        cache.set(report_key(row), {**card, "at": timezone.now()}, REPORT_SECONDS)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return super().change_view(request, object_id, form_url, extra_context)
        may = self.may_operate(request, row)
        extra = {
            "test_url": reverse("admin:assistant_provider_test", args=[row.pk]) if may else "",
            "forget_url": reverse("admin:assistant_provider_forget", args=[row.pk]) if may else "",
            "learnt": learnt_about(row),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    # --- What was learnt ----------------------------------------------------------------------------------------------

    def forget_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Delete what was learnt about one model, or about all of them, after a confirmation."""
        row = self.get_object(request, object_id)
        if not self.may_operate(request, row):
            raise PermissionDenied
        about = learnt_about(row)
        model = (request.POST if request.method == "POST" else request.GET).get("model")
        if model is not None and model not in {name for name, _ in about}:
            model = None
        if request.method == "POST":
            forgotten = providers.forget(row, model)
            said = f"Deleted what was learnt about {model or row.name}." if forgotten else "There was nothing to delete."
            self.log_change(request, row, said)
            self.message_user(request, f"{said} It is learnt again in use, or by a test.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:assistant_provider_change", args=[row.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": f"Delete what was learnt about {model or row.name}?",
            "provider": row,
            "model": model,
            "learnt": [(name, facts) for name, facts in about if model in (None, name)],
        }
        return TemplateResponse(request, "admin/assistant/provider_forget.html", context)

    # --- The list ---------------------------------------------------------------------------------------------------

    @display(description="Kind", ordering="preset")
    def preset_label(self, obj: Provider) -> str:
        return PRESETS[obj.preset].label if obj.preset in PRESETS else obj.base_url

    @display(description="Model", ordering="smart")
    def shown_model(self, obj: Provider) -> str:
        return obj.smart or (PRESETS[obj.preset].smart if obj.preset in PRESETS else "") or "–"

    @display(description="Key", boolean=True)
    def key_kept(self, obj: Provider) -> bool:
        return bool(obj.sealed_key)

    @display(description="State", label=STATE_LABELS)
    def standing(self, obj: Provider) -> str:
        if not obj.enabled:
            return "off"
        states = {health.state for health in obj.health.all()}
        return "paused" if "open" in states else "recovering" if "half-open" in states else "in use"

    @display(description="Requests, 24 h", ordering="requests_today")
    def requests_24h(self, obj: Any) -> int:
        return obj.requests_today
