"""Tags and canned replies, as staff set them up."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.text import Truncator
from unfold.decorators import display

from assistant.admin.counting import count_of
from assistant.admin.knowledge_forms import WrittenField
from assistant.admin.scoping import Scoped
from assistant.models import CannedReply, Tag


@admin.register(CannedReply)
class CannedReplyAdmin(Scoped):
    empty_text = "In the inbox, type / and a shortcut to fill in a reply that you have prepared here."
    list_display = ["__str__", "beginning", "organization"]
    list_filter = ["organization"]
    search_fields = ["shortcut", "text"]
    fields = ["organization", "shortcut", "text"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[CannedReply]:
        return super().get_queryset(request).select_related("organization")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "text":
            kwargs["form_class"] = WrittenField
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description="Text")
    def beginning(self, obj: CannedReply) -> str:
        return Truncator(obj.text).chars(100)


@admin.register(Tag)
class TagAdmin(Scoped):
    empty_text = "Tags sort conversations in the inbox. New ones can be typed there as well."
    list_display = ["name", "organization", "used"]
    list_filter = ["organization"]
    search_fields = ["name"]
    fields = ["organization", "name"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Tag]:
        links = Tag.conversations.through.objects.filter(tag=models.OuterRef("pk"))
        return super().get_queryset(request).select_related("organization").annotate(uses=count_of(links, "tag"))

    @display(description="Conversations", ordering="uses")
    def used(self, obj: Any) -> int:
        return obj.uses
