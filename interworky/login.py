"""The log-in form of the admin. It is here because the admin site imports it while it is itself being created."""

from __future__ import annotations

import logging
import math
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

from assistant.errors import TooMuch
from assistant.services import account_log, logins, passwords
from assistant.services.organizations import networks

log = logging.getLogger(__name__)


class LoginForm(AuthenticationForm):
    """Refuses an attempt over the limit before checking its password, and says when to try again."""

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username") or ""
        if not username or not self.cleaned_data.get("password"):
            return super().clean()
        username = self.cleaned_data["username"] = logins.username_for(username)
        try:
            logins.count_attempt(username, networks.network_of_request(self.request.META))
            with logins.one_hash_at_a_time():
                return super().clean()
        except TooMuch as error:
            log.warning("Refused a log-in: too many attempts.")
            account_log.record_lockout(username)
            passwords.notify_lockout(username)
            minutes = math.ceil(error.retry_after_seconds / 60)
            raise ValidationError(
                "Too many attempts to log in. Try again in %(wait)s.",
                code="too_much",
                params={"wait": f"{minutes} minutes" if minutes > 1 else "a minute"},
            ) from error

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        super().confirm_login_allowed(user)
        logins.forget_attempts(self.cleaned_data["username"], networks.network_of_request(self.request.META))
