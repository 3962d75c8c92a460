"""Users and their memberships, for superusers."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from assistant.admin.scoping import ScopedTabularInline, SuperusersOnly
from assistant.models import Membership, Organization
from assistant.models.names import validate_name
from assistant.models.organizations.organization import OrganizationQuerySet
from assistant.services.organizations import members

NAMES = ("username", "first_name", "last_name")  # Django's own fields, which know nothing of `NameField`

# Permissions come from memberships alone; groups and permission rows would have no effect.
admin.site.unregister(Group)
admin.site.unregister(User)
# Second factors and sessions are their owners' affair, on the pages of their account.
for model in (Authenticator, EmailAddress, UserSession):
    admin.site.unregister(model)


class OrganizationsInline(ScopedTabularInline):
    model = Membership
    verbose_name = "organization"
    verbose_name_plural = "organizations"


@admin.register(User)
class UserAdmin(SuperusersOnly, DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = [OrganizationsInline]
    list_display = ["username", "email", "first_name", "last_name", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_superuser", "is_active"]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Personal details", {"fields": (("first_name", "last_name"), "email")}),
        (
            "Access",
            {
                "fields": ("is_active", "is_staff", "is_superuser"),
                "description": "Staff can log in here and see their own organizations. Superusers see everything.",
            },
        ),
        ("Dates", {"fields": (("last_login", "date_joined"),)}),
    )
    readonly_fields = ["last_login", "date_joined"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in NAMES:
            field.validators.append(validate_name)
        return field

    def organizations_of(self, obj: User) -> OrganizationQuerySet:
        return Organization.objects.filter(memberships__user=obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.deleted_objects:
            members.end_sessions(form.instance)
        members.admit(User.objects.filter(pk=form.instance.pk, memberships__isnull=False))
