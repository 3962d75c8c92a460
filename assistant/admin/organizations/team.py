"""The team of an organization: members, their roles, and invitations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display

from assistant.admin.scoping import OneOrganizationForm, Rank, ReadOnly, Scoped, has_several
from assistant.admin.states import column_labels
from assistant.errors import InputError, InterworkyError
from assistant.models import Invitation, Membership
from assistant.services import logins
from assistant.services.organizations import members, roles
from assistant.services.organizations.roles import Act


class RoleForm(OneOrganizationForm):
    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role != roles.Role.OWNER and members.is_last_owner(Membership.objects.get(pk=self.instance.pk)):
            raise forms.ValidationError(members.LAST_OWNER)
        return role


@admin.register(Membership)
class MembershipAdmin(Scoped):
    add_rank = Rank.NOBODY  # colleagues are invited
    change_rank = delete_rank = Act.MANAGE_MEMBERS.rank
    actions = None
    form = RoleForm
    list_before_template = "admin/assistant/team.html"
    list_display = ["member", "email", "organization", "role_name", "two_factor", "last_login"]
    list_filter = ["organization", "role"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__username", "user__email", "user__first_name", "user__last_name"]
    ordering = ["organization__name", "user__username"]
    fields = ("user", "organization", "role")
    readonly_fields = ["user"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        invitations = self.admin_site.get_model_admin(Invitation)
        context = {
            "roles": roles.Role.labels,
            "acts": roles.table(),
            "invited": invitations.get_queryset(request).open().select_related("organization"),
            "may_invite": invitations.has_add_permission(request),
            "has_several": has_several(request),
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Membership]:
        factors = logins.second_factors().filter(user=models.OuterRef("user"))
        return super().get_queryset(request).annotate(has_two_factor=models.Exists(factors))

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        members.change_role(obj, obj.role)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except InputError as error:  # the last owner, also where another owner has just gone
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:assistant_membership_change", args=[object_id]))

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        members.remove(obj)

    @display(description="Member", ordering="user__username")
    def member(self, obj: Membership) -> str:
        return obj.user.get_full_name() or obj.user.username

    @display(description="E-mail", ordering="user__email")
    def email(self, obj: Membership) -> str:
        return obj.user.email

    @display(description="Role", ordering="role")
    def role_name(self, obj: Membership) -> str:
        return obj.get_role_display()

    @display(description="Two-factor", boolean=True)
    def two_factor(self, obj: Any) -> bool:
        return obj.has_two_factor

    @display(description="Last log-in", ordering="user__last_login")
    def last_login(self, obj: Membership) -> Any:
        return obj.user.last_login


class InvitationForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        """Invite, so that what is refused is said on the form; `save` has nothing left to do."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and self.instance._state.adding:
            try:
                self.instance = members.invite(cleaned["organization"], cleaned["email"], cleaned["role"], self.inviting)  # type: ignore[attr-defined]
            except InterworkyError as error:
                self.add_error("email", str(error))
        return cleaned

    def _post_clean(self) -> None:
        if self.instance._state.adding:
            super()._post_clean()  # type: ignore[misc]


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    view_rank = add_rank = operate_rank = Act.MANAGE_MEMBERS.rank
    form = InvitationForm
    actions = ["resend", "withdraw"]
    empty_text = "Invite a colleague by e-mail: they choose their own password."
    list_display = ["email", "organization", "role", "shown_state", "by", "created_at", "expires_at"]
    list_filter = ["organization", "role"]
    list_select_related = ["organization", "by"]
    search_fields = ["email"]
    fieldsets = (
        (None, {"fields": ("organization", "email", "role", "shown_state")}),
        ("Dates", {"fields": ("by", "created_at", "expires_at", "accepted_by")}),
    )
    readonly_fields = ["shown_state", "by", "created_at", "expires_at", "accepted_by"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else ((None, {"fields": ("organization", "email", "role")}),)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.inviting = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """The form has invited them."""

    def is_as_added(self, obj: Invitation) -> bool:
        return obj.state == Invitation.State.OPEN

    def object_actions(self, obj: Invitation) -> list[str]:
        open_ = obj.state in (Invitation.State.OPEN, Invitation.State.EXPIRED)
        return ["resend", "withdraw"] if open_ else []

    @action(description="Send again", permissions=["operate"])
    def resend(self, request: HttpRequest, queryset: models.QuerySet[Invitation]) -> None:
        sent = 0
        for row in self.within_reach(request, queryset, self.operate_rank).select_related("organization", "by"):
            try:
                members.resend(row)
                sent += 1
            except InterworkyError as error:
                self.message_user(request, f"{row.email}: {error}", messages.WARNING)
        if sent:
            self.message_user(request, f"Sent again: {sent}. Earlier links no longer work.", messages.SUCCESS)

    @action(description="Withdraw", permissions=["operate"])
    def withdraw(self, request: HttpRequest, queryset: models.QuerySet[Invitation]) -> None:
        ended = members.withdraw(self.within_reach(request, queryset, self.operate_rank))
        level = messages.SUCCESS if ended else messages.WARNING
        self.message_user(request, f"Withdrawn: {ended}. Their links no longer work.", level)

    @display(description="State", label=column_labels(Invitation))
    def shown_state(self, obj: Invitation) -> str:
        return Invitation.State(obj.state).label
