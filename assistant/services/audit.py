"""The audit log: who changed, looked at or exported what, when, and from which network.

A request of staff runs as an `Actor` (`acting`). What it saves is recorded by signals of the models, in the transaction of
the change; what bypasses them, and looks and exports, by the middleware around the admin. Values of personal data and
secrets are masked here, by the data inventory, before anything is written.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.utils import timezone

from assistant.models import AuditEntry, Organization
from assistant.services.organizations import networks
from assistant.services.privacy.inventory import INVENTORY, About, Term

log = logging.getLogger(__name__)

Act = AuditEntry.Act
MASK = "•••"
MOST_CHARS = 200  # of a value
SAME_LOOK = timedelta(minutes=10)  # a page that is opened again, or reloads by itself, is one look
SECRET = re.compile(r"secret|password|sealed|key|token|headers|fixed|data|config", re.I)
PERSONAL = {"email", "first_name", "last_name", "username", "team_email", "phone"}

# What the product writes by itself while staff work, or what has a log of its own.
UNWATCHED = {
    "AuditEntry", "BusyTime", "ContentType", "DocumentFile", "EmailAddress", "EmailConfirmation", "Embedding", "Group",
    "LogEntry", "OutsideEntry", "Passage", "PassageVector", "Permission", "PromptVersion", "ProviderHealth", "RefusedOrigin",
    "Rotation",
}  # fmt: skip
ALSO_WATCHED = {"Appointment"}
INTERNAL = ("last_login", "seen_at", "seen_origin", "created_at", "date_joined")  # written by the product itself


@dataclass
class Actor:
    """Who makes the request that is being answered. `recorded` counts the entries that it has led to."""

    user: User | None
    network: str = ""
    recorded: int = field(default=0)


_actor: ContextVar[Actor | None] = ContextVar("audit_actor", default=None)


@contextmanager
def acting(user: User | None, address: str) -> Iterator[Actor]:
    """What is saved inside is recorded as done by `user`, from the network of `address`."""
    actor = Actor(user, shown_network(address))
    token = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(token)


def act_as(user: User) -> None:
    """The request turns out to be this user's, such as one who has just got an account."""
    if actor := _actor.get():
        actor.user = user


def actors_network() -> str:
    """The network that the request comes from; empty outside of one."""
    actor = _actor.get()
    return actor.network if actor else ""


def shown_network(address: str) -> str:
    """The network of a client as the log keeps it: without the part of the address that names a device."""
    found = networks.parse_address(address)
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False)) if found else ""


def record(act: Act, row: models.Model | None, *, changes: dict[str, Any] | None = None, detail: str = "") -> None:
    """Add an entry for each organization of `row`; nothing outside a request of staff."""
    for organization in organizations_of(row) if row is not None else [None]:
        record_in(organization, act, row, changes=changes, detail=detail)


def record_in(
    organization: int | None,
    act: Act,
    row: models.Model | None,
    *,
    changes: dict[str, Any] | None = None,
    detail: str = "",
    whole: type[models.Model] | None = None,
) -> None:
    """Add an entry about `row`, or, without one, about the list of all rows of the model `whole`."""
    actor = _actor.get()
    if actor is None:
        return
    what = row._meta.verbose_name if row else whole._meta.verbose_name_plural if whole else ""
    AuditEntry.objects.create(
        organization_id=organization,
        by=actor.user,
        by_name=actor.user.get_username() if actor.user else "",
        network=actor.network,
        act=act,
        model=str(what)[:60],
        object_id=str(row.pk)[:64] if row else "",
        name="" if row is None or is_about_visitors(type(row)) else str(row)[:200],
        detail=detail[:200],
        changes=changes or {},
    )
    actor.recorded += 1


def record_outside(organization: Organization, who: str, act: Act, row: models.Model, detail: str) -> None:
    """Record what was done to a row about a visitor by nobody of the staff: `who` is no user's name. Neither is the network
    kept: it may be the visitor's own."""
    AuditEntry.objects.create(
        organization=organization, by_name=who, act=act, model=str(row._meta.verbose_name)[:60], object_id=str(row.pk),
        detail=detail,
    )  # fmt: skip


def record_look(row: models.Model) -> None:
    """Record that a row about a visitor was opened; once in `SAME_LOOK` for each user and row."""
    actor = _actor.get()
    if actor is None or actor.user is None:
        return
    recent = AuditEntry.objects.filter(
        by=actor.user, act=Act.LOOKED, object_id=str(row.pk), at__gt=timezone.now() - SAME_LOOK
    )
    if not recent.exists():
        record(Act.LOOKED, row)


# --- Whose rows, and which values -------------------------------------------------------------------------------------


def is_about_visitors(model: type[models.Model]) -> bool:
    table = INVENTORY.get(model.__name__)
    return bool(table and table.names(About.VISITOR))


def organizations_of(row: models.Model) -> list[int | None]:
    """The ids of the organizations that a row belongs to; None for one of the installation."""
    if isinstance(row, Organization):
        return [row.pk]
    if isinstance(row, (User, Authenticator)):
        user = row if isinstance(row, User) else row.user
        return list(user.memberships.values_list("organization_id", flat=True)) or [None]
    return [_home(row)]


def _home(row: models.Model) -> int | None:
    if hasattr(row, "organization_id"):
        return row.organization_id
    for one in row._meta.concrete_fields:
        if isinstance(one, models.ForeignKey) and one.related_model in _ours():
            parent = getattr(row, one.name)
            if parent is not None and (found := _home(parent)) is not None:
                return found
    return None


def _ours() -> set[type[models.Model]]:
    return set(apps.get_app_config("assistant").get_models())


def is_watched(model: type[models.Model]) -> bool:
    table = INVENTORY.get(model.__name__)
    set_by_staff = table is not None and table.term == Term.OWNER and model.__name__ not in UNWATCHED
    return set_by_staff or model.__name__ in ALSO_WATCHED


def _fields(model: type[models.Model]) -> list[Any]:
    internal = set(INVENTORY[model.__name__].names(About.NOBODY)) | set(INTERNAL)
    return [one for one in model._meta.concrete_fields if one.name not in internal]


def masked(model: type[models.Model], name: str, value: Any) -> Any:
    """`value` as the log may show it."""
    about_visitor = name in INVENTORY[model.__name__].names(About.VISITOR)
    if value in ("", None, {}, []):
        return ""
    if about_visitor or name in PERSONAL or SECRET.search(name):
        return MASK
    kind = model._meta.get_field(name)
    if isinstance(kind, models.ForeignKey):
        value = kind.related_model._base_manager.filter(pk=value).first() or value
    return value if isinstance(value, (bool, int, float)) else str(value)[:MOST_CHARS]


def _values(row: models.Model) -> dict[str, Any]:
    return {one.name: getattr(row, one.attname) for one in _fields(type(row))}


def difference(model: type[models.Model], before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [masked(model, name, before.get(name)), masked(model, name, value)]
        for name, value in after.items()
        if before.get(name) != value
    }


# --- Signals ----------------------------------------------------------------------------------------------------------


def watch() -> None:
    """Connect the signals of every watched model; called once, when the application is ready."""
    for model in apps.get_models():
        if not is_watched(model):
            continue
        uid = f"audit-{model._meta.label}"
        pre_save.connect(_before, sender=model, dispatch_uid=uid)
        post_save.connect(_saved, sender=model, dispatch_uid=uid)
        post_delete.connect(_deleted, sender=model, dispatch_uid=uid)
        for relation in model._meta.many_to_many:
            m2m_changed.connect(_linked, sender=relation.remote_field.through, dispatch_uid=f"{uid}-{relation.name}")


def _before(sender: Any, instance: Any, raw: bool = False, **_: Any) -> None:
    if _actor.get() is None or raw:
        return
    stored = sender._base_manager.filter(pk=instance.pk).first() if instance.pk else None
    instance._audit_before = _values(stored) if stored is not None else None


def _saved(sender: Any, instance: Any, created: bool, raw: bool = False, **_: Any) -> None:
    if _actor.get() is None or raw:
        return
    before = getattr(instance, "_audit_before", None)
    stored = sender._base_manager.filter(pk=instance.pk).first()  # as it is now: a save may have been of some fields alone
    changes = difference(sender, before or {}, _values(stored or instance))
    if created:
        record(Act.ADDED, instance, changes={name: pair for name, pair in changes.items() if pair[1] != ""})
    elif changes:
        record(Act.CHANGED, instance, changes=changes)


def _deleted(sender: Any, instance: Any, origin: Any = None, **_: Any) -> None:
    """What goes along with an organization goes without an entry: there would be nobody to read it."""
    if _actor.get() is None:
        return
    for organization in organizations_of(instance) if not isinstance(instance, Organization) else [None]:
        if organization is None or Organization.objects.filter(pk=organization).exists():
            record_in(organization, Act.DELETED, instance)


def _linked(instance: Any, action: str, reverse: bool, model: Any, pk_set: Any, **_: Any) -> None:
    if _actor.get() is None or not action.startswith("post_") or not (pk_set or action == "post_clear"):
        return
    names = ", ".join(str(one)[:60] for one in model._base_manager.filter(pk__in=pk_set or [])[:10]) or "all"
    kind = str(model._meta.verbose_name_plural)
    pair = [names, ""] if action in ("post_remove", "post_clear") else ["", names]
    record(Act.CHANGED, instance, changes={kind: pair})
