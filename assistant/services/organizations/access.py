"""Access from public requests to assistants, and the record of sites that were admitted or refused."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.http.request import validate_host
from django.utils import timezone

from assistant.errors import NotAllowed, TooMuch
from assistant.models import Assistant, Organization, RefusedOrigin
from assistant.models.organizations.organization import OrganizationQuerySet, normal_origin
from assistant.redaction import clean
from assistant.services.organizations import rate_limits

log = logging.getLogger(__name__)

SEEN_AGAIN_AFTER = timedelta(minutes=5)
SEEN_FOR = timedelta(days=14)  # after which a tag that nobody has opened the chat with is not known to be there
REFUSED_KEPT = 10  # sites per assistant
_SITE = re.compile(r"https?://[a-z0-9._:\[\]-]{1,190}")


def for_widget(public_key: str, origin: str) -> Assistant:
    """The assistant of `public_key`, for a page of `origin`.

    Unknown, disabled and forbidden look the same from outside: each raises `NotAllowed`.
    """
    found = Assistant.objects.select_related("organization").filter(public_key=clean(public_key[:40])).first()
    if found is None or not admits(found, origin):
        raise NotAllowed(f"Key {public_key[:40]!r} may not be used from {origin[:200]!r}.")
    return found


def admits(assistant: Assistant, origin: str) -> bool:
    """Whether this assistant talks to pages of `origin` now."""
    organization = assistant.organization
    return assistant.enabled and organization.active and (origin == settings.PUBLIC_URL or organization.allows(origin))


def record_page(assistant: Assistant, origin: str) -> None:
    """Record that a page of `origin` asked for the widget of `assistant`, whose row was just read; never raises.

    That is for staff, who want to know whether their script tag works: one write in `SEEN_AGAIN_AFTER` will do. Pages of
    our own, such as the hosted chat and its preview, say nothing about that.
    """
    now = timezone.now()
    due = now - SEEN_AGAIN_AFTER
    if not origin or is_ours(origin) or (assistant.seen_at and assistant.seen_at > due):
        return
    try:
        stale = Q(seen_at=None) | Q(seen_at__lte=due)
        Assistant.objects.filter(stale, pk=assistant.pk).update(seen_at=now, seen_origin=origin[:300])
    except DatabaseError:
        log.warning("assistant %s: it could not be kept that its widget was seen", assistant.pk, exc_info=True)


def is_installed(assistant: Assistant) -> bool:
    """Whether a page of a site that may show it has asked for the widget of `assistant` lately."""
    lately = assistant.seen_at is not None and assistant.seen_at > seen_since()
    return lately and shows_on_site(assistant.organization, assistant.seen_origin)


def seen_since() -> datetime:
    """The moment since which a widget must have been opened for its tag to count as being there."""
    return timezone.now() - SEEN_FOR


def shows_on_site(organization: Organization, origin: str) -> bool:
    """Whether `origin`, where a widget was opened, is a site of the organization's and not a page of ours."""
    return bool(origin) and not is_ours(origin) and organization.allows(origin)


def is_ours(origin: str) -> bool:
    """Whether its pages are our own: the admin, the hosted chat, the demonstration. By any of our host names."""
    parts, ours = urlsplit(origin), urlsplit(settings.PUBLIC_URL)
    try:
        same_port = (parts.scheme, parts.port) == (ours.scheme, ours.port)
    except ValueError:
        return False
    hosts = [host for host in settings.ALLOWED_HOSTS if host != "*"]
    return same_port and (parts.hostname == ours.hostname or validate_host(parts.hostname or "", hosts))


# --- Sites that were refused ------------------------------------------------------------------------------------------


def record_refused_site(public_key: str, origin: str, network: str) -> None:
    """Record that a page of `origin` asked for an assistant that it may not show; never raises.

    Anybody can send any origin, so there is room for a few, and for few new ones from one `network`: a site that asks
    again stays, of the others the one that has been silent for longest goes.
    """
    try:
        site = normal_origin(origin)
    except (ValueError, UnicodeError):
        return
    found = Assistant.objects.filter(public_key=clean(public_key[:40]), enabled=True, organization__active=True).first()
    if found is None or is_ours(site) or not _SITE.fullmatch(site):
        return
    now = timezone.now()
    try:
        rows = RefusedOrigin.objects.filter(assistant=found)
        if rows.filter(origin=site).exists():
            rows.filter(origin=site, last_at__lte=now - SEEN_AGAIN_AFTER).update(last_at=now)
            return
        rate_limits.hit("refused-origin", network=network)
        rate_limits.hit("refused-origin.assistant", visitor=str(found.pk))
        with transaction.atomic():
            Assistant.objects.select_for_update().get(pk=found.pk)
            RefusedOrigin.objects.get_or_create(assistant=found, origin=site, defaults={"last_at": now})
            kept = list(rows.order_by("-last_at").values_list("pk", flat=True)[:REFUSED_KEPT])
            rows.exclude(pk__in=kept).delete()
    except TooMuch:
        log.debug("assistant %s: another site was refused and not kept", found.pk)
    except DatabaseError:
        log.warning("assistant %s: it could not be kept that a site was refused", found.pk, exc_info=True)


def refused_sites(organizations: OrganizationQuerySet) -> list[RefusedOrigin]:
    """The sites that asked for assistants of these organizations, may not show them, and are not ignored; newest first."""
    rows = RefusedOrigin.objects.filter(organizations.as_owners("assistant__organization"), ignored=False)
    found = rows.select_related("assistant__organization").order_by("-last_at")[: 5 * REFUSED_KEPT]
    return [row for row in found if not row.assistant.organization.allows(row.origin)]


def allow(refused: RefusedOrigin) -> None:
    """Let the site show all assistants of the organization that it asked one of."""
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).get(pk=refused.assistant.organization_id)
        if not organization.allows(refused.origin):
            organization.allowed_origins = "\n".join([*organization.allowed_origins.splitlines(), refused.origin])
            organization.save(update_fields=["allowed_origins"])
        RefusedOrigin.objects.filter(assistant__organization=organization, origin=refused.origin).delete()


def ignore(refused: RefusedOrigin) -> None:
    """Do not show the site to staff again, however often it asks."""
    RefusedOrigin.objects.filter(pk=refused.pk).update(ignored=True)
