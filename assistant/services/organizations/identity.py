"""Verification of the tokens by which an organization's own server says who a visitor is.

A token is a JWT of at most `LONGEST`, for one assistant (`aud` is its public key), about one user (`sub`), and signed with
a key that the organization has entered. The key decides on the algorithm, never the token; a token that brings a key of
its own, or names one, is refused. Each refusal has a `reason` for the site's developers; visitors read one sentence.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeGuard
from uuid import UUID

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from email_validator import EmailNotValidError, validate_email

from assistant.errors import NotAllowed
from assistant.models import Assistant, IdentityKey, Organization, Visitor, VisitorAttribute
from assistant.redaction import clean, clean_name
from assistant.secrets import SecretUnreadable

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=12)
LEEWAY = timedelta(seconds=60)  # by which the clock of the organization's server may differ from ours
MAX_TOKEN, MAX_HEADER = 4096, 512  # characters
MAX_SUBJECT, MAX_NAME, MAX_TEXT = 255, 120, 255
MIN_SECRET_BYTES, MIN_RSA_BITS = 32, 2048
USED_AGAIN_AFTER = timedelta(minutes=5)
BRINGS_A_KEY = {"jwk", "jku", "x5c", "x5u", "crit", "b64"}
SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
NUMBER_LIMIT = 10**15  # what a browser's number holds exactly, with some digits to spare


@dataclass(frozen=True)
class Identity:
    """What a token says of a visitor. `name` and `email` are "" where it says nothing, `email` also where it says that the
    address is not verified; `attributes` are those that staff have defined, `ignored` the names of the others."""

    subject: str
    expires_at: datetime
    name: str = ""
    email: str = ""
    attributes: dict[str, Any] | None = None
    ignored: tuple[str, ...] = ()


class _Unverified(Exception):
    """This key did not sign the token."""


def refused(reason: str, message: str) -> NotAllowed:
    return NotAllowed(message, code="identity_refused", reason=reason)


def verify(assistant: Assistant, token: str, subject: str = "") -> Identity:
    """The identity that `token` states for visitors of this assistant; `subject` is whom the page says that it is about.

    Raises `NotAllowed` with code identity_refused and, in `details`, a reason: not_set_up, too_large, malformed, own_key,
    algorithm, unknown_key, signature, audience, expired, not_yet_valid, lifetime, claims or subject.
    """
    header = _header(token)
    keys = _keys(assistant.organization_id, header)
    for key in keys:
        try:
            claims = _claims(key, token, assistant.public_key)
        except _Unverified:
            continue
        identity = _identity(assistant.organization, claims)
        if subject and subject != identity.subject:
            raise refused("subject", "The token is for a different user than the page says.")
        _record_use(key)
        return identity
    raise refused("signature", "No enabled key of the organization has signed this token.")


def verify_request(token: str, audience: str) -> tuple[IdentityKey, dict[str, Any]]:
    """The key that has signed a request of an organization's server, which the token's header names as `kid`, and what the
    token says. Raises `NotAllowed` as `verify` does."""
    header = _header(token)
    try:
        named = UUID(str(header.get("kid")))
    except ValueError as error:
        raise refused("unknown_key", "The token's header has no kid, the key ID that the admin shows.") from error
    keys = IdentityKey.objects.select_related("organization").filter(enabled=True, organization__active=True)
    key = keys.filter(pk=named).first()
    if key is None:
        raise refused("unknown_key", "The token names a key (kid) that is not an enabled key of an organization.")
    if key.algorithm != header["alg"]:
        raise refused("algorithm", f"The key is for {key.algorithm}.")
    try:
        claims = _claims(key, token, audience)
    except _Unverified as error:
        raise refused("signature", "The key that the token names has not signed it.") from error
    _record_use(key)
    return key, claims


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_TOKEN:
        raise refused("too_large", f"A token has at most {MAX_TOKEN} characters.")
    parts = token.split(".")
    if len(parts) != 3 or not SEGMENT.fullmatch(parts[0]) or not SEGMENT.fullmatch(parts[1]) or len(parts[0]) > MAX_HEADER:
        raise refused("malformed", "This is not a signed JWT.")
    try:
        # Not by PyJWT: what nobody has signed yet is read by a parser that has a limit on depth.
        header = orjson.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (orjson.JSONDecodeError, binascii.Error) as error:
        raise refused("malformed", "The header of the token is not JSON.") from error
    if not isinstance(header, dict):
        raise refused("malformed", "The header of the token is not an object.")
    if found := sorted(BRINGS_A_KEY & set(header)):
        raise refused("own_key", f"The token's header has {found[0]}: only keys that were entered in the admin are used.")
    if header.get("alg") not in IdentityKey.Algorithm.values:
        raise refused("algorithm", "A token is signed with HS256 or RS256.")
    return header


def _keys(organization_id: int, header: dict[str, Any]) -> list[IdentityKey]:
    enabled = list(IdentityKey.objects.filter(organization=organization_id, enabled=True))
    if not enabled:
        raise refused("not_set_up", "The organization has no identity key. Add one in the admin.")
    named = header.get("kid")
    if named is not None:
        enabled = [key for key in enabled if str(key.pk) == named]
        if not enabled:
            raise refused("unknown_key", "The token names a key (kid) that is not an enabled key of the organization.")
    fitting = [key for key in enabled if key.algorithm == header["alg"]]
    if not fitting:
        raise refused("algorithm", f"No enabled key of the organization is for {header['alg']}.")
    return fitting


def _claims(key: IdentityKey, token: str, audience: str) -> dict[str, Any]:
    """The token's claims, if `key` has signed it. Raises `_Unverified`; `NotAllowed` where it is signed and not valid."""
    try:
        material = key.secret() if key.algorithm == IdentityKey.Algorithm.HS256 else key.public_key
    except SecretUnreadable as error:
        log.error("identity key %s cannot be opened", key.pk)
        raise _Unverified from error
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            material,
            algorithms=[key.algorithm],
            audience=audience,
            leeway=LEEWAY,
            options={"require": ["aud", "sub", "exp"]},
        )
    except (jwt.InvalidSignatureError, jwt.InvalidKeyError) as error:
        raise _Unverified from error
    except jwt.ExpiredSignatureError as error:
        raise refused("expired", "The token has expired.") from error
    except (jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError) as error:
        raise refused("not_yet_valid", "The token is not valid yet: check the clock of your server.") from error
    except jwt.InvalidAudienceError as error:
        raise refused("audience", f"The token's aud is not {audience}.") from error
    except jwt.MissingRequiredClaimError as error:
        raise refused("audience" if error.claim == "aud" else "claims", f"The token has no {error.claim}.") from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise refused("malformed", "The token cannot be read.") from error
    return claims


def _identity(organization: Organization, claims: dict[str, Any]) -> Identity:
    subject, name, email = (claims.get(name, "") for name in ("sub", "name", "email"))
    if not is_subject(subject):
        raise refused("claims", "sub is a text that identifies the user.")
    if not isinstance(name, str) or not isinstance(email, str):
        raise refused("claims", "name and email are texts.")
    if len(subject) > MAX_SUBJECT or len(name) > MAX_NAME:
        raise refused("too_large", f"sub has at most {MAX_SUBJECT} characters and name at most {MAX_NAME}.")
    expires_at = expiry_of(claims)
    if email:
        try:
            email = validate_email(email.strip(), check_deliverability=False, strict=True).normalized
        except EmailNotValidError as error:
            raise refused("claims", "email is not an e-mail address.") from error
    if claims.get("email_verified") is False:
        email = ""
    given = claims.get("attributes", {})
    if not isinstance(given, dict):
        raise refused("claims", "attributes is an object.")
    attributes, ignored = accepted_attributes(organization, given)
    name = " ".join(CONTROLS.sub(" ", clean_name(name)).split())
    return Identity(subject, expires_at, name, email, attributes, ignored)


def is_subject(value: object) -> TypeGuard[str]:
    """Whether it can be the ID of a user: a text that both databases take, and keep as it is."""
    return isinstance(value, str) and bool(value.strip()) and not CONTROLS.search(value) and clean(value) == value


def expiry_of(claims: dict[str, Any], longest: timedelta = LONGEST) -> datetime:
    """When a token of these claims expires. Raises `NotAllowed` for a time that is none, or further off than `longest`."""
    try:
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise refused("claims", "exp is a Unix time.") from error
    if expires_at > timezone.now() + longest + LEEWAY:
        raise refused("lifetime", f"A token is valid for at most {longest} (hours:minutes:seconds).")
    return expires_at


def _record_use(key: IdentityKey) -> None:
    now = timezone.now()
    stale = Q(used_at=None) | Q(used_at__lte=now - USED_AGAIN_AFTER)
    if key.used_at is None or key.used_at <= now - USED_AGAIN_AFTER:
        IdentityKey.objects.filter(stale, pk=key.pk).update(used_at=now)


# --- Attributes -------------------------------------------------------------------------------------------------------


def definitions(organization: Organization) -> Iterable[VisitorAttribute]:
    """The attributes that staff have defined, by name."""
    if organization.snapshot:
        found: list[VisitorAttribute] = organization.snapshot.attributes
        return found
    return VisitorAttribute.objects.filter(organization=organization)


def accepted_attributes(organization: Organization, given: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Of what a page or a token says, the attributes that staff have defined and whose values are of their type; and the
    names of the others, for the site's developers. None as a value removes the attribute."""
    known = {one.name: one for one in definitions(organization)}
    accepted: dict[str, Any] = {}
    ignored = []
    for name, value in given.items():
        try:
            accepted[name] = None if value is None else _of_type(known[name].type, value)
        except (KeyError, ValueError):
            ignored.append(clean(str(name))[:40])
    return accepted, tuple(ignored[:50])


def _of_type(type: str, value: Any) -> Any:
    """Raises `ValueError`."""
    match type:
        case VisitorAttribute.Type.BOOLEAN if isinstance(value, bool):
            return value
        case VisitorAttribute.Type.NUMBER if isinstance(value, (int, float)) and not isinstance(value, bool):
            if abs(value) < NUMBER_LIMIT:  # neither infinite nor NaN
                return value
        case VisitorAttribute.Type.DATE if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value).isoformat()
        case VisitorAttribute.Type.TEXT if isinstance(value, str) and len(value) <= MAX_TEXT:
            return " ".join(CONTROLS.sub(" ", clean(value)).split())
    raise ValueError(type)


@dataclass(frozen=True)
class ShownAttribute:
    label: str
    value: str
    verified: bool


def shown_attributes(visitor: Visitor, *, in_prompt: bool = False) -> list[ShownAttribute]:
    """What is known of the visitor, for staff or, with `in_prompt`, what of it they let the model read."""
    if not visitor.attributes:
        return []
    shown = [one for one in definitions(visitor.organization) if one.name in visitor.attributes]
    return [
        ShownAttribute(one.label, _as_text(visitor.attributes[one.name]["value"]), visitor.attributes[one.name]["verified"])
        for one in shown
        if one.in_prompt or not in_prompt
    ]


def _as_text(value: Any) -> str:
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else str(value)


def signed_values(visitor_id: Any) -> dict[str, str]:
    """What the organization's server has signed of a visitor, by the names of `tools.template.VISITOR`; empty for one who
    is not logged in."""
    visitor = Visitor.objects.get(pk=visitor_id)
    if visitor.external_id is None:
        return {}
    name = visitor.name if visitor.name_verified_at else ""
    email = visitor.email if visitor.email_verified_at else ""
    return {"visitor.id": visitor.external_id, "visitor.name": name, "visitor.email": email}


# --- Keys -------------------------------------------------------------------------------------------------------------


def check_secret(secret: str) -> None:
    """Raises `ValidationError` for what is no secret to sign with: too short to be one, or a key of another kind."""
    if "-----BEGIN" in secret:
        raise ValidationError("This is a key of a key pair, not a shared secret. Choose RS256 and enter the public key.")
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ValidationError(
            f"Enter at least {MIN_SECRET_BYTES} characters. `openssl rand -base64 48` makes a good secret."
        )


def check_public_key(pem: str) -> None:
    """Raises `ValidationError` for anything but an RSA public key of at least `MIN_RSA_BITS`."""
    if "PRIVATE KEY" in pem:
        raise ValidationError(
            "This is a private key. It belongs on your server alone: make a new pair, and enter the public key here."
        )
    try:
        key = load_pem_public_key(pem.strip().encode())
    except ValueError as error:
        raise ValidationError("Enter a public key that begins with -----BEGIN PUBLIC KEY-----.") from error
    if not isinstance(key, RSAPublicKey):
        raise ValidationError("RS256 needs an RSA key, and this key is of another kind.")
    if key.key_size < MIN_RSA_BITS:
        raise ValidationError(f"The key has {key.key_size} bits. Use one with at least {MIN_RSA_BITS}.")
