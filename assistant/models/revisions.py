"""Revisions: a number on each organization, raised in the same transaction by every change to what its staff set.

A process that has read an organization's settings keeps them for as long as the number is the one that it read them at
(services.organizations.snapshots). Rows that are for all organizations raise every number. The number is raised before the
row is written, which locks the organization first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_save, pre_delete

from assistant.models.organizations.organization import Organization


def raise_revisions(organization_ids: Iterable[int | None]) -> None:
    """Raise the revisions of these organizations; None stands for all of them."""
    ids = set(organization_ids)
    if None in ids:
        Organization.objects.raise_revisions()
    elif ids:
        Organization.objects.filter(pk__in=[pk for pk in ids if pk is not None]).raise_revisions()


class SettingsQuerySet(models.QuerySet):
    """Raises the revision for bulk writes to a model that is `SetByStaff`, which bypass `save`."""

    def update(self, **changes: Any) -> int:
        if set(changes) <= self.model.RECORDED:  # type: ignore[attr-defined]
            return super().update(**changes)
        with transaction.atomic():
            owners = set(self.order_by().values_list("organization_id", flat=True))
            if "organization" in changes or "organization_id" in changes:
                owners.add(getattr(changes.get("organization"), "pk", changes.get("organization_id")))
            raise_revisions(owners)
            return super().update(**changes)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objs = list(objs)
        with transaction.atomic():
            raise_revisions(one.organization_id for one in objs)
            return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, objs: Any, *args: Any, **kwargs: Any) -> int:
        objs = list(objs)
        with transaction.atomic():
            raise_revisions(one.organization_id for one in objs)
            return super().bulk_update(objs, *args, **kwargs)


class SetByStaff(models.Model):
    """A row of an organization that its staff set, and that turns read from a snapshot; its manager's queryset is a
    `SettingsQuerySet`. `RECORDED` are the columns that the product writes by itself and no turn reads."""

    RECORDED: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for signal in (post_save, pre_delete):
            signal.connect(_changed, sender=cls)

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            saved: Any = type(self)._base_manager.filter(pk=self.pk)
            raise_revisions(saved.values_list("organization_id", flat=True))
            super().save(*args, **kwargs)


def _changed(instance: Any, **_: Any) -> None:
    raise_revisions([instance.organization_id])


def watch_links(through: type[models.Model]) -> None:
    """Raise the revision when rows are added to or removed from a many-to-many field of a model that is `SetByStaff`."""
    m2m_changed.connect(_linked, sender=through)


def _linked(instance: Any, action: str, **_: Any) -> None:
    if action.startswith("pre_"):
        raise_revisions([instance.organization_id])
