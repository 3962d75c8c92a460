"""The page of an invitation: a colleague chooses a password and joins, or joins with the account they have.

Following the link changes nothing, since mail scanners do; joining takes a button.
"""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.account.internal.flows.login import record_authentication
from django import forms
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from assistant.admin.accounts.pages import counted, dressed, page
from assistant.errors import NotFound
from assistant.models import Invitation
from assistant.models.names import validate_name
from assistant.services.organizations import members

INCOMPLETE = "Part of the link may be missing: copy the whole of it from the e-mail, or ask for another invitation."
BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignUpForm(forms.Form):
    first_name = forms.CharField(max_length=150, validators=[validate_name])
    last_name = forms.CharField(max_length=150, required=False, validators=[validate_name])
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="At least 12 characters. A few words that do not belong together are good.",
    )
    again = forms.CharField(
        label="Password again", strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )

    def __init__(self, invitation: Invitation, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.invitation = invitation

    def clean(self) -> dict[str, str]:
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("password")
        if password and cleaned.get("again") != password:
            self.add_error("again", "The two passwords differ.")
        elif password:
            names = {"first_name": cleaned.get("first_name", ""), "last_name": cleaned.get("last_name", "")}
            user = User(username=self.invitation.email, email=self.invitation.email, **names)
            try:
                password_validation.validate_password(password, user)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    if refused := counted(request):
        return refused
    try:
        found = members.for_token(token)
        if isinstance(request.user, User):
            return _join(request, found, request.user)
        if account := members.account_of(found):
            return _log_in_first(request, found, account)
        return _sign_up(request, found)
    except NotFound as error:
        text = str(error) if isinstance(error, members.InvitationEnded) else INCOMPLETE
        links = [("Log in", reverse("admin:login"))]
        return page(request, "This invitation cannot be used", text=text, links=links, status=404)


def _title(found: Invitation) -> str:
    return f"Join {found.organization.name}"


def _join(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    if request.method == "POST":
        members.join(found, user)
        messages.success(request, f"You have joined {found.organization.name}.")
        return HttpResponseRedirect(reverse("admin:index"))
    if held := found.organization.memberships.filter(user=user).first():
        text = f"You are a member already, as {held.get_role_display().lower()}. Nothing changes: the invitation stays open."
        links = [("To the admin", reverse("admin:index"))]
        return page(request, _title(found), text=text, links=links)
    sent_to = "" if found.email.casefold() in _names(user) else f" The invitation was sent to {found.email}."
    text = f"You are logged in as {user.get_username()}.{sent_to} Your role will be: {found.get_role_display().lower()}."
    return page(request, _title(found), text=text, submit="Join", is_form=True)


def _names(user: User) -> set[str]:
    return {user.email.casefold(), user.get_username().casefold()}


def _log_in_first(request: HttpRequest, found: Invitation, account: User) -> HttpResponse:
    """An account that was never staff's may log in from then on: the link went to its mailbox."""
    log_in = f"{reverse('admin:login')}?{urlencode({'next': request.path})}"
    if not account.is_active:
        text = f"The account of {found.email} is switched off. Ask those who run this installation to switch it on again."
        return page(request, _title(found), text=text)
    if request.method == "POST":
        members.admit(User.objects.filter(pk=account.pk))
        return HttpResponseRedirect(log_in)
    text = f"{found.email} has an account here. Log in to join. Your role will be: {found.get_role_display().lower()}."
    if not account.is_staff:
        return page(request, _title(found), text=text, submit="Log in", is_form=True)
    links = [("Log in", log_in), ("Forgotten password", reverse("admin_password_reset"))]
    return page(request, _title(found), text=text, links=links)


def _sign_up(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = SignUpForm(found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = members.sign_up(found, given["first_name"], given["last_name"], given["password"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            login(request, user, BACKEND)
            record_authentication(request, user, "password", reauthenticated=True)  # as `accounts.login` does
            messages.success(request, f"You have joined {found.organization.name}. Next time, log in with {user.username}.")
            return HttpResponseRedirect(reverse("admin:index"))
    text = f"You will log in with {found.email}. Your role will be: {found.get_role_display().lower()}."
    return page(request, _title(found), text=text, form=dressed(form), submit="Create account and join", is_form=True)
