"""Passwords that were forgotten, what ends with an old one, and notices: that one was changed, or guessed at too often."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from assistant.errors import InterworkyError, TooMuch
from assistant.services import account_log, logins
from assistant.services.deliveries import staff_emails
from assistant.services.organizations import members, rate_limits

KEY = "password-reset:"  # how the outbox' keys of these e-mails begin


class EndsSessions:
    """Log the user out wherever they are logged in, with every new password: chosen by them, by a link, by a superuser or
    on a command line. What ends with a session, such as notifications in its browser, ends with it.

    It is among the validators because Django calls each of them once a new password is saved, wherever that happens. The
    session in which users change their own is renewed after that by Django's view, and stays.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Any password will do."""

    def get_help_text(self) -> str:
        return "A new password logs the account out in all other browsers."

    def password_changed(self, password: str, user: User | None = None) -> None:
        if user is not None:
            members.end_sessions(user)


def request_reset(address: str, network: str) -> None:
    """Send a link to each account with that address. The same to the caller whether there is one. Raises `TooMuch`."""
    rate_limits.hit("password-reset", visitor=logins.key_of(address), network=network)
    for user in User.objects.filter(email__iexact=address.strip(), is_active=True, is_staff=True)[:5]:
        account_log.record_reset_request(user)
        email = staff_emails.StaffEmail(
            subject="Choose a new password",
            text=f"Somebody, probably you, asked for a new password for {user.get_username()}.",
            button="Choose a new password",
            small="The link can be used once, within two hours. If it was not you, ignore this e-mail: nothing has changed.",
        )
        _queue(email, user, f"{KEY}{urlsafe_base64_encode(force_bytes(user.pk))}:{uuid4().hex}")


def link_of(rest: str) -> str:
    """The link of a delivery, by what follows `KEY` in its key. Its token is valid from now on."""
    uid = rest.partition(":")[0]
    user = User.objects.get(pk=urlsafe_base64_decode(uid).decode())
    return settings.PUBLIC_URL + reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])


def notify(user: User, subject: str, text: str) -> None:
    """Tell the user what happened to their account, if they have an address."""
    small = f"It is about {user.get_username()}. If it was not you, choose a new password and tell your administrator."
    _queue(staff_emails.StaffEmail(subject, text, small=small), user, f"account:{uuid4().hex}")


def notify_lockout(username: str) -> None:
    """Tell the user, once a day, that somebody has guessed too often. Nothing where there is no such user."""
    user = User.objects.filter(username=username, is_active=True, is_staff=True).first()
    if user is None:
        return
    try:
        rate_limits.hit("lockout-notice", visitor=str(user.pk))
    except TooMuch:
        return
    text = (
        "There were too many attempts to log in with a wrong password, so that further ones are refused for a while. "
        "Attempts from other networks are still possible."
    )
    notify(user, "Too many attempts to log in", text)


def _queue(email: staff_emails.StaffEmail, user: User, key: str) -> None:
    try:
        staff_emails.queue(email, to=user.email, key=key)
    except InterworkyError:  # no address, or none that can be written to
        return
