"""Identity: the keys that sign who a visitor is, and the attributes that pages say of visitors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from assistant.admin.scoping import OneOrganizationForm, Rank, Scoped
from assistant.admin.secret_inputs import UnfoldSecretInput, ask_again
from assistant.models import IdentityKey, VisitorAttribute
from assistant.models.organizations.identity import MAX_KEYS
from assistant.services.organizations import identity


class IdentityKeyForm(OneOrganizationForm):
    """A shared secret goes in and never comes out."""

    secret = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldSecretInput({"autocomplete": "new-password"}, render_value=False),
        help_text="For HS256: enter at least 32 characters, such as from openssl rand -base64 48. Stored encrypted.",
    )

    class Meta:
        widgets = {"public_key": UnfoldAdminTextareaWidget({"rows": 8, "spellcheck": "false"})}
        help_texts = {"public_key": "For RS256: enter the text that begins with -----BEGIN PUBLIC KEY-----."}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk and not self.instance._state.adding:
            return cleaned  # what a key signs with never changes: add another, and switch this one off
        organization = cleaned.get("organization")
        if organization and IdentityKey.objects.filter(organization=organization).count() >= MAX_KEYS:
            raise ValidationError(f"An organization has at most {MAX_KEYS} keys. Delete one that is no longer used.")
        hs256 = cleaned.get("algorithm") == IdentityKey.Algorithm.HS256
        name, check = ("secret", identity.check_secret) if hs256 else ("public_key", identity.check_public_key)
        other = "public_key" if hs256 else "secret"
        if cleaned.get(other):
            self.add_error(other, f"Leave this empty: {cleaned.get('algorithm')} does not use it.")
        try:
            check(cleaned.get(name) or "")
        except ValidationError as error:
            self.add_error(name, error)
        return cleaned

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors and "secret" in self.fields:
            ask_again(self, ["secret"], "the secret")


@admin.register(IdentityKey)
class IdentityKeyAdmin(Scoped):
    form = IdentityKeyForm
    add_rank = change_rank = delete_rank = Rank.OWNER  # with a key, anybody can be anybody
    empty_text = "With a key, your server signs who is logged in, and the chat knows them on every device."
    list_display = ["name", "organization", "algorithm", "used_at", "is_enabled"]
    list_filter = ["organization", "enabled"]
    search_fields = ["name"]
    readonly_fields = ["key_id", "used_at", "created_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["organization", "name", "algorithm", "secret", "public_key", "manages_data"]
        public = ["public_key"] if obj.public_key else []
        return ["organization", "name", "algorithm", "key_id", *public, "enabled", "manages_data", "used_at", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["algorithm", "public_key"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: IdentityKey, form: Any, change: bool) -> None:
        if secret := form.cleaned_data.get("secret"):
            obj.set_secret(secret)
        super().save_model(request, obj, form, change)

    @display(description="Key ID")
    def key_id(self, obj: IdentityKey) -> str:
        """What a token may name as its `kid`."""
        return str(obj.pk)

    @display(description="State", ordering="enabled", label={"On": "success", "Off": "danger"})
    def is_enabled(self, obj: IdentityKey) -> str:
        return "On" if obj.enabled else "Off"


@admin.register(VisitorAttribute)
class VisitorAttributeAdmin(Scoped):
    empty_text = (
        "An attribute is something that your pages say about a visitor, such as their plan. Staff see it in the chat."
    )
    list_display = ["label", "name", "organization", "type", "in_prompt"]
    list_filter = ["organization", "type"]
    search_fields = ["label", "name"]
    fields = ["organization", "label", "name", "type", "in_prompt"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Values are stored under its name, and as its type.
        return [*super().get_readonly_fields(request, obj), *(["name", "type"] if obj else [])]
