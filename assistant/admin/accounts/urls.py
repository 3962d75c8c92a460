"""Addresses of the pages of an account, below the admin's. django-allauth finds its own by these names."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from assistant.admin.accounts import passwords
from assistant.admin.accounts.invitations import invitation
from assistant.admin.accounts.login import log_in
from assistant.admin.accounts.pages import SessionsView, dressed
from assistant.services.organizations import members


def shown(view: Callable[..., HttpResponse], title: str) -> Callable[..., HttpResponse]:
    """A view of django-allauth in the look of the admin. Pages of an account are kept by no cache."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            about = response.context_data or {}
            for name in ("form", "webauthn_form"):
                if about.get(name) is not None:
                    dressed(about[name])
            must = isinstance(request.user, User) and members.lacks_two_factor(request.user)
            response.context_data = {**admin.site.each_context(request), "title": title, "must_set_up": must, **about}
        response["Cache-Control"] = "no-store"
        return response

    return inner


CONFIRM = "Confirm that it is you"
CODES = "two-factor/recovery-codes/"


def page(route: str, view: Any, title: str, name: str) -> URLPattern:
    return path(f"account/{route}", shown(view, title), name=name)


urlpatterns = [
    path("login/", log_in, name="account_login"),
    path("invitation/<str:token>/", invitation, name="invitation"),
    path("password/", passwords.forgotten, name="admin_password_reset"),
    path("password/<uidb64>/<token>/", passwords.ChooseView.as_view(), name="password_reset_confirm"),
    page("confirm/", account.reauthenticate, CONFIRM, "account_reauthenticate"),
    page("sessions/", SessionsView.as_view(), "Where you are logged in", "usersessions_list"),
    page("two-factor/", mfa.index, "Two-factor authentication", "mfa_index"),
    page("two-factor/log-in/", mfa.authenticate, "Second factor", "mfa_authenticate"),
    page("two-factor/confirm/", mfa.reauthenticate, CONFIRM, "mfa_reauthenticate"),
    page("two-factor/app/", totp.activate_totp, "Add an authenticator app", "mfa_activate_totp"),
    page("two-factor/app/remove/", totp.deactivate_totp, "Remove the authenticator app", "mfa_deactivate_totp"),
    page(CODES, codes.view_recovery_codes, "Recovery codes", "mfa_view_recovery_codes"),
    page(
        "two-factor/recovery-codes/new/", codes.generate_recovery_codes, "New recovery codes", "mfa_generate_recovery_codes"
    ),
    page(CODES + "file/", codes.download_recovery_codes, "", "mfa_download_recovery_codes"),
    page("two-factor/passkeys/", passkeys.list_webauthn, "Passkeys", "mfa_list_webauthn"),
    page("two-factor/passkeys/add/", passkeys.add_webauthn, "Add a passkey", "mfa_add_webauthn"),
    page("two-factor/passkeys/<int:pk>/remove/", passkeys.remove_webauthn, "Remove a passkey", "mfa_remove_webauthn"),
    page("two-factor/passkeys/<int:pk>/", passkeys.edit_webauthn, "Rename a passkey", "mfa_edit_webauthn"),
    page(
        "two-factor/passkeys/confirm/",
        passkeys.reauthenticate_webauthn,
        "Confirm that it is you",
        "mfa_reauthenticate_webauthn",
    ),
]
