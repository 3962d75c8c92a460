"""Export and erasure of a visitor, asked for by an organization's own server.

Each request is a token that one of the organization's identity keys has signed: what is to be done (`act`), to whom (`sub`),
and for at most `LONGEST`. So no secret travels, a token that is overheard does one thing to one visitor, and erasing twice
is erasing once. Only keys that an owner has allowed to are good for it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import IO
from uuid import UUID

from assistant.errors import NotFound
from assistant.models import IdentityKey, Organization, Removal, Visitor
from assistant.services.organizations import identity, rate_limits
from assistant.services.privacy import erasure
from assistant.services.privacy import export as exports

AUDIENCE = "interworky:visitor-data"  # never that of a login: one token is not good as the other
LONGEST = timedelta(minutes=10)
FORBIDDEN = {"not_permitted"}  # reasons by which a key is known, and may not
HOW = "by the organization's server"


def export(token: str) -> IO[bytes]:
    """The zip of everything that erasing the visitor would remove; the caller closes it. Raises `NotAllowed` with
    a `reason` in its details, `NotFound` and `TooMuch`."""
    key, subject = _authorise(token, "export")
    visitor = _visitor(key.organization, subject)
    if visitor is None:
        raise NotFound("No such visitor.")
    return exports.recorded(key.organization, visitor, by=_name(key), how=HOW)


def erase(token: str) -> int:
    """Erase the visitor; returns how many that were, none where there is no such visitor any more. Raises `NotAllowed` with
    a `reason` in its details, and `TooMuch`."""
    key, subject = _authorise(token, "erase")
    visitor = _visitor(key.organization, subject)
    if visitor is None:
        return 0
    erasure.erase(key.organization, visitor.pk, reason=Removal.Reason.SERVER, done_by=(_name(key), HOW))
    return 1


def _authorise(token: str, act: str) -> tuple[IdentityKey, str]:
    """The key and the subject of the request."""
    key, claims = identity.verify_request(token, AUDIENCE)
    rate_limits.hit("data.server", visitor=str(key.pk))
    if not key.manages_data:
        raise identity.refused("not_permitted", "An owner has not allowed this key to export and erase visitors.")
    if claims.get("act") != act:
        raise identity.refused("claims", f'The token\'s act is not "{act}".')
    subject = claims["sub"]
    if not identity.is_subject(subject) or len(subject) > identity.MAX_SUBJECT:
        raise identity.refused("claims", "sub is a text: the user's ID on your site, or the visitor's.")
    identity.expiry_of(claims, LONGEST)
    return key, subject


def _visitor(organization: Organization, subject: str) -> Visitor | None:
    """The user with that ID on the organization's site, or the visitor with that ID of ours."""
    rows = Visitor.objects.filter(organization=organization)
    if (user := rows.filter(external_id=subject).first()) is not None:
        return user
    try:
        return rows.filter(pk=UUID(subject)).first()
    except ValueError:
        return None


def _name(key: IdentityKey) -> str:
    """In the audit log; no user's name has a space."""
    return f"key {key.name}"
