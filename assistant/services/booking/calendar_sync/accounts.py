"""Accounts with Google and Microsoft: connected by a person's consent, kept by refreshing their tokens, and disconnected.

A consent begins with a signed `state` that belongs to one account, one member of staff and one session of theirs, and is
valid once, for ten minutes. The verifier of PKCE is derived from it, so it is stored nowhere.
"""

from __future__ import annotations

import hashlib
import secrets as random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from assistant.errors import InputError
from assistant.models import CalendarAccount
from assistant.secrets import SecretUnreadable
from assistant.services import admin_pages
from assistant.services.booking.calendar_sync import oauth
from assistant.services.booking.calendar_sync.oauth import GrantWithdrawn
from assistant.services.booking.calendar_sync.remote import RemoteError
from assistant.services.deliveries import outbox
from assistant.services.providers import budgets

SALT = "assistant.calendar_account"
SESSION_KEY = "calendar_consents"
MAX_PENDING = 5  # consents begun in one session
CONSENT_SECONDS = 600
MARGIN = timedelta(minutes=2)  # before the end of an access token, by our clock, which may be behind
LEASE = timedelta(seconds=45)  # of a refresh: longer than a request may take
PATIENCE_SECONDS = 35.0  # that a worker waits for another's refresh


class ConsentInvalid(InputError):
    """Somebody came back from a provider with a state that is not theirs, not ours, too old, or used."""

    code = "consent_invalid"


@dataclass(frozen=True)
class Consent:
    """What a `state` says, once it has been checked."""

    account: CalendarAccount
    verifier: str


def redirect_uri() -> str:
    return admin_pages.address("assistant_calendaraccount_callback")


def begin(account: CalendarAccount, *, user_id: int, session: SessionBase) -> str:
    """The provider's address at which this member of staff gives the account's consent. Raises `RemoteError`."""
    client = oauth.client_for(account.organization, account.provider)
    nonce = random.token_urlsafe(24)
    state = signing.dumps({"account": str(account.pk), "user": user_id, "nonce": nonce}, salt=SALT)
    CalendarAccount.objects.filter(pk=account.pk).update(pending=_digest(nonce))
    session[SESSION_KEY] = [*session.get(SESSION_KEY, []), _digest(nonce)][-MAX_PENDING:]
    return oauth.consent_address(client, redirect_uri=redirect_uri(), state=state, verifier=_verifier(nonce))


def use_state(state: str, *, user_id: int, session: SessionBase) -> Consent:
    """The consent that `state` belongs to, which is used up by this. Raises `ConsentInvalid`."""
    try:
        said = signing.loads(state, salt=SALT, max_age=CONSENT_SECONDS)
        account_id, nonce = UUID(said["account"]), str(said["nonce"])
    except signing.SignatureExpired as error:
        raise ConsentInvalid("This took longer than ten minutes. Press Connect again.") from error
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise ConsentInvalid("This link is invalid. Press Connect on the account's page.") from error
    begun = session.get(SESSION_KEY, [])
    if said.get("user") != user_id or _digest(nonce) not in begun:
        raise ConsentInvalid("This consent was started in another session. Press Connect on the account's page.")
    session[SESSION_KEY] = [one for one in begun if one != _digest(nonce)]
    # Of two requests with one state, the second changes no row.
    if not CalendarAccount.objects.filter(pk=account_id, pending=_digest(nonce)).update(pending=""):
        raise ConsentInvalid("This consent has been used already, or was started again elsewhere. Press Connect again.")
    account = CalendarAccount.objects.select_related("organization").get(pk=account_id)
    return Consent(account, _verifier(nonce))


def connect(consent: Consent, code: str, *, user_id: int) -> CalendarAccount:
    """Exchange the code for tokens and keep them. Raises `RemoteError`, and keeps what there was."""
    account = consent.account
    client = oauth.client_for(account.organization, account.provider)
    tokens = oauth.exchange(client, code=code, redirect_uri=redirect_uri(), verifier=consent.verifier)
    account.set_tokens(tokens.access, tokens.refresh)
    account.state, account.problem, account.client_id = CalendarAccount.State.CONNECTED, "", client.id
    account.expires_at = timezone.now() + timedelta(seconds=tokens.seconds)
    account.connected_at, account.connected_by_id = timezone.now(), user_id
    account.fence, account.leased_until = account.fence + 1, None  # a refresh of the former grant is too late now
    account.save()
    return account


def access_token(account_id: UUID, *, instead_of: str = "", sleep: Callable[[float], None] = time.sleep) -> str:
    """A token that is valid for a while: the stored one, or a new one. `instead_of` is one that the provider has refused.

    One worker asks for new tokens, under a lease; others wait for what it gets. Raises `GrantWithdrawn` or `RemoteError`.
    """
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        account = CalendarAccount.objects.select_related("organization").get(pk=account_id)
        _require_grant(account)
        token = _opened(account.access_token)
        now = timezone.now()
        if token and token != instead_of and account.expires_at and account.expires_at - MARGIN > now:
            return token
        if claimed := claim(account, now):
            return refresh(claimed)
        if time.monotonic() > ends:
            raise RemoteError("Another worker is still asking for a new token of this account.")
        sleep(0.2)


def disconnect(account: CalendarAccount) -> str:
    """Forget the tokens, and have the provider forget the grant. Returns what staff should know."""
    try:
        token = account.refresh_token()
        client = oauth.client_for(account.organization, account.provider)
        revoked = bool(token) and oauth.revoke(client, token)
        said = "Disconnected. The provider has revoked the access." if revoked else (
            "Disconnected: the tokens are deleted here. To withdraw the consent itself, open the account's list of apps at "
            "the provider."
        )  # fmt: skip
    except (RemoteError, SecretUnreadable) as error:
        said = (
            f"Disconnected: the tokens are deleted here, but the provider has not revoked the access. {error} Remove it in "
        )
        said += "the account's settings at the provider."
    CalendarAccount.objects.filter(pk=account.pk).update(
        state=CalendarAccount.State.NEW, problem="", sealed_access="", sealed_refresh="", expires_at=None, pending="",
        client_id="", leased_until=None, fence=F("fence") + 1, calendars=[],
    )  # fmt: skip
    return said


def _require_grant(account: CalendarAccount) -> None:
    if account.state == CalendarAccount.State.WITHDRAWN:
        raise GrantWithdrawn(account.problem or "Access to this account was withdrawn. Connect it again.")
    if account.state != CalendarAccount.State.CONNECTED:
        raise GrantWithdrawn(f"The account {account.name} is not connected. Connect it under Calendar accounts.")


def claim(account: CalendarAccount, now: datetime | None = None) -> CalendarAccount | None:
    """Lease the refresh to this worker. None when it is another's, or the tokens are newer than `account`."""
    now = now or timezone.now()
    rows = CalendarAccount.objects.filter(pk=account.pk, fence=account.fence).exclude(leased_until__gt=now)
    if not rows.update(fence=F("fence") + 1, leased_until=now + LEASE):
        return None
    return CalendarAccount.objects.select_related("organization").get(pk=account.pk)


def refresh(account: CalendarAccount) -> str:
    """Get new tokens for an account that was claimed, and keep them. Raises `GrantWithdrawn` or `RemoteError`."""
    try:
        client = oauth.client_for(account.organization, account.provider)
        if client.id != account.client_id:
            raise GrantWithdrawn("The account was connected through another OAuth client. Connect it again.")
        tokens = oauth.refreshed(client, _opened(account.refresh_token))
    except GrantWithdrawn as error:
        _withdrawn(account, str(error))
        raise
    except RemoteError as error:
        _mine(account).update(leased_until=None, problem=str(error)[:300])
        raise
    account.set_tokens(tokens.access, tokens.refresh)
    kept = {"sealed_access": account.sealed_access, "sealed_refresh": account.sealed_refresh}
    expires_at = timezone.now() + timedelta(seconds=tokens.seconds)
    if not _mine(account).update(**kept, expires_at=expires_at, leased_until=None, problem=""):
        raise RemoteError("The account has been connected again in the meantime.")
    return tokens.access


def _withdrawn(account: CalendarAccount, problem: str) -> None:
    """Stop using it until somebody connects it again, and notify the team once."""
    with transaction.atomic():
        state = CalendarAccount.State.WITHDRAWN
        if not _mine(account).update(
            state=state, problem=problem[:300], leased_until=None, sealed_access="", sealed_refresh="", expires_at=None
        ):
            return
        name = outbox.one_line(account.name, 80)
        budgets.notify_team(
            account.organization,
            f"The calendar account {name} has to be connected again",
            f"{problem}\n\nUntil then, busy times that were read earlier still block bookings, new ones "
            "do not, and no bookings are entered into its calendars. Open Calendar accounts in the admin and press Connect.",
            key=f"account:{account.pk}:{account.fence}",
        )


def _mine(account: CalendarAccount) -> QuerySet[CalendarAccount]:
    return CalendarAccount.objects.filter(pk=account.pk, fence=account.fence, leased_until__isnull=False)


def _opened(token: Callable[[], str]) -> str:
    try:
        return token()
    except SecretUnreadable as error:
        raise RemoteError("The tokens of this account can no longer be decrypted. Connect it again.") from error


def _digest(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def _verifier(nonce: str) -> str:
    """43 to 128 characters (RFC 7636, section 4.1), which nobody can compute from a state."""
    return salted_hmac("assistant.pkce", nonce, algorithm="sha256").hexdigest()
