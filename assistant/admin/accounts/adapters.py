"""How django-allauth is joined to the product: addresses of clients, e-mails, sealed secrets, and who may do without."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest

from assistant import secrets
from assistant.errors import TooMuch
from assistant.services import account_log, logins, passwords
from assistant.services.organizations import members, networks

SEALED_FOR = "authenticator"

# What happened, by the name of allauth's e-mail about it.
NOTICES = {
    "mfa/email/totp_activated": ("Two-factor authentication is on", "An authenticator app was added to your account."),
    "mfa/email/totp_deactivated": (
        "An authenticator app was removed",
        "An app was removed from your account.",
    ),
    "mfa/email/webauthn_added": ("A passkey was added", "A passkey was added to your account."),
    "mfa/email/webauthn_removed": ("A passkey was removed", "A passkey was removed from your account."),
    "mfa/email/recovery_codes_generated": (
        "New recovery codes",
        "New recovery codes were made. The earlier ones no longer work.",
    ),
}
# What is said at the top of the next page; allauth's other messages are not shown.
MESSAGES = {
    "mfa/messages/totp_activated.txt": "Two-factor authentication is on. Keep the recovery codes in a safe place.",
    "mfa/messages/totp_deactivated.txt": "The authenticator app was removed.",
    "mfa/messages/webauthn_added.txt": "The passkey was added.",
    "mfa/messages/webauthn_removed.txt": "The passkey was removed.",
    "usersessions/messages/sessions_logged_out.txt": "You are logged out everywhere else.",
}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # accounts come by invitation

    def get_client_ip(self, request: HttpRequest) -> str:
        lines = [request.META.get("HTTP_X_FORWARDED_FOR", "")]
        return networks.client_address(lines, request.META.get("REMOTE_ADDR", ""), settings.TRUSTED_PROXY_COUNT) or "0.0.0.0"

    def reauthenticate(self, user: Any, password: str) -> bool:
        """One password is hashed at a time, as for logging in."""
        try:
            with logins.one_hash_at_a_time():
                if user.check_password(password):
                    return True
        except TooMuch:
            return False
        account_log.record_wrong_confirmation(user)
        return False

    def send_notification_mail(self, template_prefix: str, user: Any, *args: Any, **kwargs: Any) -> None:
        if template_prefix in NOTICES and isinstance(user, User):
            passwords.notify(user, *NOTICES[template_prefix])

    def add_message(
        self, request: HttpRequest, level: int, message_template: Any = None, *args: Any, message: Any = None, **kwargs: Any
    ) -> None:
        if text := message or MESSAGES.get(message_template or ""):
            messages.add_message(request, level, text)


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": "Your organization requires a second factor. Add another one first.",
    }

    def encrypt(self, text: str) -> str:
        return secrets.seal(text, SEALED_FOR)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.unseal(encrypted_text, SEALED_FOR)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = logins.second_factors().filter(user=authenticator.user).exclude(pk=authenticator.pk)
        return others.exists() or not members.must_have_two_factor(authenticator.user)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return f"Passkey {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"
