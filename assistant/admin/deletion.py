"""Deletion of a row to which rows belong that nobody may delete: it says which they are, and what can be done instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.http import HttpRequest

TAKEN_ALONG = (models.CASCADE, models.PROTECT, models.RESTRICT)


class KeepsWhatIsInUse:
    """For an admin. Django would speak of a permission that the account lacks, which none has, after it has read all."""

    model: type[models.Model]
    admin_site: Any

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        if kept := list(self._kept(objs, request)):
            return [], {}, set(), kept
        return super().get_deleted_objects(objs, request)  # type: ignore[misc]

    def _kept(self, objs: Any, request: HttpRequest) -> Iterator[str]:
        keys = [obj.pk for obj in objs]
        for relation in self.model._meta.related_objects:
            model: Any = relation.related_model
            if relation.on_delete not in TAKEN_ALONG or not self.admin_site.is_registered(model):
                continue
            if not self.admin_site.get_model_admin(model).has_delete_permission(request):
                count = model._default_manager.filter(**{f"{relation.field.name}__in": keys}).count()
                if count:
                    yield f"{count:,} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"
