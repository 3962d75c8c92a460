"""OAuth 2.0 with Google and Microsoft: the address for a person's consent, and what is asked of the token endpoints.

Sources: RFC 6749 sections 4.1 and 6, RFC 7636 (PKCE), RFC 7009 (revocation); Google, "Using OAuth 2.0 for web server
applications"; Microsoft identity platform, "OAuth 2.0 authorization code flow".
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone

from assistant import outbound
from assistant.errors import OutboundError
from assistant.models import CalendarProvider, OAuthClient, Organization
from assistant.secrets import SecretUnreadable
from assistant.services.booking.calendar_sync.remote import RemoteError, wait_asked_for

MAX_BYTES = 100_000
DEFAULT_SECONDS = 3600  # that an access token is valid for, where the server does not say


class GrantWithdrawn(RemoteError):
    """The account's owner, or who administers it, has withdrawn the access: only a new consent brings it back."""


class ClientMissing(RemoteError):
    """Neither the organization nor the installation has a client with this provider."""


@dataclass(frozen=True)
class Endpoints:
    """Where a provider is asked, and for what. `{tenant}` is the client's."""

    authorize: str
    token: str
    revocation: str  # "": the provider has no such endpoint
    scopes: tuple[str, ...]
    needed: tuple[str, ...]  # of the scopes: a person may grant some and not the others
    extra: Mapping[str, str]


GOOGLE_SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
)
ENDPOINTS = {
    # A refresh token comes with `offline` alone, and for a second consent with `consent` alone.
    CalendarProvider.GOOGLE: Endpoints(
        authorize="https://accounts.google.com/o/oauth2/v2/auth",
        token="https://oauth2.googleapis.com/token",
        revocation="https://oauth2.googleapis.com/revoke",
        scopes=GOOGLE_SCOPES,
        needed=GOOGLE_SCOPES,
        extra={"access_type": "offline", "prompt": "consent"},
    ),
    CalendarProvider.MICROSOFT: Endpoints(
        authorize="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        token="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        revocation="",
        scopes=("offline_access", "https://graph.microsoft.com/Calendars.ReadWrite"),
        needed=("https://graph.microsoft.com/Calendars.ReadWrite",),
        extra={"response_mode": "query", "prompt": "select_account"},
    ),
}


@dataclass(frozen=True)
class Client:
    """A registration with a provider."""

    provider: CalendarProvider
    id: str
    secret: str = field(repr=False)
    tenant: str = "common"

    @property
    def endpoints(self) -> Endpoints:
        return ENDPOINTS[self.provider]

    @property
    def authorize_address(self) -> str:
        return self.endpoints.authorize.replace("{tenant}", self.tenant)

    @property
    def token_address(self) -> str:
        return self.endpoints.token.replace("{tenant}", self.tenant)


@dataclass(frozen=True)
class Tokens:
    access: str = field(repr=False)
    refresh: str = field(repr=False)  # "": the former one stays
    seconds: int


def client_for(organization: Organization, provider: str) -> Client:
    """The organization's own client, else the installation's. Raises `ClientMissing`, or `RemoteError` where the secret
    cannot be decrypted."""
    kind = CalendarProvider(provider)
    row = OAuthClient.objects.filter(organization=organization, provider=kind).first()
    if row is not None:
        try:
            return Client(kind, row.client_id, row.secret(), row.tenant)
        except SecretUnreadable as error:
            raise RemoteError("The secret of the OAuth client can no longer be decrypted. Enter it again.") from error
    client_id, secret, tenant = settings.CALENDAR_CLIENTS[kind.value]
    if not client_id or not secret:
        raise ClientMissing(
            f"There is no OAuth client for {kind.label}. Add one under OAuth clients, or have the operator set "
            f"{kind.name}_CALENDAR_CLIENT_ID and {kind.name}_CALENDAR_CLIENT_SECRET."
        )
    return Client(kind, client_id, secret, tenant)


def consent_address(client: Client, *, redirect_uri: str, state: str, verifier: str) -> str:
    """Where a person is sent to give their consent."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": client.id, "response_type": "code", "redirect_uri": redirect_uri, "state": state,
        "scope": " ".join(client.endpoints.scopes), "code_challenge": challenge, "code_challenge_method": "S256",
        **client.endpoints.extra,
    }  # fmt: skip
    return f"{client.authorize_address}?{urlencode(query)}"


def exchange(client: Client, *, code: str, redirect_uri: str, verifier: str) -> Tokens:
    """The tokens for a code that a person has come back with. Raises `RemoteError`."""
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    found = _tokens(client, asked)
    granted = str(found.get("scope", ""))
    if granted and not {_short(one) for one in client.endpoints.needed} <= {_short(one) for one in granted.split()}:
        raise RemoteError("Some of the permissions needed were not granted. Connect again and leave all the boxes checked.")
    tokens = _as_tokens(found)
    if not tokens.refresh:
        raise RemoteError("The provider sent no refresh token, without which the access would end within an hour. "
                          "Connect again.")  # fmt: skip
    return tokens


def refreshed(client: Client, refresh_token: str) -> Tokens:
    """New tokens for an account. Raises `GrantWithdrawn` or another `RemoteError`."""
    return _as_tokens(_tokens(client, {"grant_type": "refresh_token", "refresh_token": refresh_token}))


def revoke(client: Client, token: str) -> bool:
    """Have the provider forget the grant of a refresh token; False where it cannot be asked. Raises `RemoteError`."""
    if not client.endpoints.revocation:
        return False
    answer = _post(client.endpoints.revocation, {"token": token})
    if answer.status != 200 and _said(answer).get("error") != "invalid_token":  # which is revoked already
        raise RemoteError(f"The provider answered with {answer.status}.")
    return True


def _tokens(client: Client, asked: Mapping[str, str]) -> dict[str, Any]:
    given = {"client_id": client.id, "client_secret": client.secret, **asked}
    answer = _post(client.token_address, given)
    said = _said(answer)
    if answer.status == 200 and isinstance(said.get("access_token"), str) and said["access_token"]:
        return said
    name = client.provider.label
    match said.get("error"):
        case "invalid_grant" | "interaction_required" | "consent_required" | "login_required":
            raise GrantWithdrawn(
                f"{name} no longer grants access: it was withdrawn or has expired, or the password was "
                "changed. Connect the account again."
            )
        case "invalid_client" | "unauthorized_client":
            raise RemoteError(f"{name} refused the OAuth client. Check its client ID and secret, and whether the secret has "
                              "expired.")  # fmt: skip
        case "redirect_uri_mismatch":
            raise RemoteError(
                f"{name} does not know the redirect URI {asked.get('redirect_uri')}. Add it to the OAuth client."
            )
    raise RemoteError(f"{name} answered with {answer.status} when it was asked for a token.",
                      wait=wait_asked_for(answer.headers, timezone.now()))  # fmt: skip


def _as_tokens(found: Mapping[str, Any]) -> Tokens:
    try:
        seconds = int(found.get("expires_in") or DEFAULT_SECONDS)
    except (TypeError, ValueError):
        seconds = DEFAULT_SECONDS
    return Tokens(found["access_token"], str(found.get("refresh_token") or ""), min(max(seconds, 1), 86_400))


def _post(address: str, fields: Mapping[str, str]) -> outbound.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        return async_to_sync(outbound.fetch)(
            "POST", address, reach=outbound.Reach.TENANT, headers=headers, content=urlencode(fields).encode(),
            max_bytes=MAX_BYTES,
        )  # fmt: skip
    except OutboundError as error:
        raise RemoteError(str(error)) from error


def _said(answer: outbound.Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _short(scope: str) -> str:
    """Microsoft names a scope with or without its server."""
    return scope.removeprefix("https://graph.microsoft.com/").lower()
