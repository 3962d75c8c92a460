"""Log-ins in the audit log: who logged in or out and who was refused, and what became of a password or a second factor.

Django and django-allauth say what happens by signals; where they say nothing, the page does, by the functions below. An
entry is about the user and stands in the log of each of their organizations. Of somebody who is refused nothing is known
but their network: such an entry names the user whose account it was, and nobody as the one who did it. What was typed, a
name that nobody has included, is not kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_used
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.utils import timezone

from assistant.models import AuditEntry
from assistant.services import audit
from assistant.services.audit import Act

SAME_REFUSAL = timedelta(minutes=10)  # while attempts are over the limit, one entry says so: anybody can cause them


def watch() -> None:
    """Connect the signals; called once, when the application is ready."""
    for signal, receiver in (
        (user_logged_in, _logged_in),
        (user_logged_out, _logged_out),
        (user_login_failed, _wrong_password),
        (authentication_failed, _wrong_factor),
        (authenticator_used, _factor_used),
    ):
        signal.connect(receiver, dispatch_uid=f"account-log-{receiver.__name__}")


def record_lockout(username: str) -> None:
    """Attempts at this user are refused, since there were too many; nothing where there is no such user."""
    user, detail = _named(username), "too many attempts"
    recent = AuditEntry.objects.filter(act=Act.REFUSED, detail=detail, at__gt=timezone.now() - SAME_REFUSAL)
    if user and not recent.filter(object_id=str(user.pk), network=audit.actors_network()).exists():
        audit.record(Act.REFUSED, user, detail=detail)


def record_reset_request(user: User) -> None:
    """Somebody, who has yet to show that it is them, has asked for a link with which to choose a new password."""
    audit.record(Act.DONE, user, detail="new password asked for")


def record_reset(user: User) -> None:
    audit.act_as(user)
    audit.record(Act.DONE, user, detail="new password chosen by a link")


def record_wrong_confirmation(user: User) -> None:
    """A page that wants the password again got another one, from a session of the user's."""
    audit.record(Act.REFUSED, user, detail="wrong password at a confirmation")


def record_other_sessions_ended(user: User) -> None:
    audit.record(Act.DONE, user, detail="logged out everywhere else")


def _named(username: Any) -> User | None:
    return User.objects.filter(username=username).first() if isinstance(username, str) else None


def _logged_in(user: User, **_: Any) -> None:
    audit.act_as(user)
    audit.record(Act.LOGGED_IN, user)


def _logged_out(user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(Act.LOGGED_OUT, user)


def _wrong_password(credentials: dict[str, Any], **_: Any) -> None:
    if user := _named(credentials.get("username")):
        audit.record(Act.REFUSED, user, detail="wrong password")


def _wrong_factor(user: User, reauthentication: bool = False, **_: Any) -> None:
    where = " at a confirmation" if reauthentication else ""
    audit.record(Act.REFUSED, user, detail=f"wrong second factor{where}")


def _factor_used(user: User, authenticator: Authenticator, **_: Any) -> None:
    """That there was a second factor goes without saying where it was the usual one."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        audit.act_as(user)
        audit.record(Act.DONE, user, detail="recovery code used")
