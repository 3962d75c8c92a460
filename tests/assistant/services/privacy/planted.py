"""A visitor whose every field holds one word, and a search for it in everything that is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, models

from assistant.models import Appointment, Card, Conversation, ConversationNote, Event, Feedback, Spending, Visitor
from assistant.services.conversations import notices
from assistant.services.privacy import inventory
from tests.assistant.admin.filled import fill


def plant(slug: str, word: str) -> Visitor:
    """The visitor of a new organization, with a row in each table about visitors and `word` in each field about them."""
    home = fill(slug, f"Owner of {slug}")
    home.removals.all().delete()
    visitor = Visitor.objects.get(organization=home)
    talk = Conversation.objects.get(visitor=visitor)
    talk.notes.create(text="A note.")
    talk.files.create(organization=home, name="scan.pdf", size=4)
    talk.voice_calls.create(organization=home, seconds=60)
    notices.record(talk, notices.Kind.DISCLOSURE)
    talk.reads.create(user=User.objects.create_user(f"reader-{home.pk}"), seq=1)
    talk.notifications.create(organization=home, event="waiting", key=f"waiting:{talk.pk}", title="Somebody waits.")
    assert Card.objects.filter(conversation=talk).exists() and Event.objects.filter(conversation=talk).exists()
    assert ConversationNote.objects.filter(conversation=talk).exists()
    appointment = Appointment.objects.get(visitor=visitor)
    appointment.notices.create(name="24", covers_until=appointment.end_at)
    Feedback.objects.update_or_create(appointment=appointment, defaults={"score": 4, "comment": "Fine."})
    Spending.objects.create(organization=home, scope="visitor", subject=str(visitor.pk), period="2030-01-08")
    for model, table in inventory.models():
        names = [field.name for field in inventory.visitors_fields(model, table) if is_text(field)]
        for row in inventory.rows_of(visitor, model, table) if names else ():
            for name in names:
                setattr(row, name, holding(word, model._meta.get_field(name)))
            model._default_manager.filter(pk=row.pk).update(**{name: getattr(row, name) for name in names})
    visitor.refresh_from_db()
    return visitor


def is_text(field: Any) -> bool:
    """Whether strings of the visitor's can stand in it."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    return isinstance(field, kinds) and not field.choices and field.name != "reference"


def holding(word: str, field: Any) -> Any:
    if isinstance(field, models.JSONField):
        return {word: [word]}
    return f"{word}@example.com" if isinstance(field, models.EmailField) else word[: field.max_length]


def rows_with(word: str) -> Iterator[str]:
    """The tables and columns, of all there are, in which the word stands."""
    for model in apps.get_models():
        for values in model._default_manager.values():
            yield from (f"{model.__name__}.{name}" for name, value in values.items() if word in str(value))


def bytes_with(word: str) -> Iterator[str]:
    """Where the word stands in the bytes of the database's file, its free pages included, and of the cache."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        if word.encode() in connection.connection.serialize():
            yield "database"
    kept = getattr(cache, "_cache", None)
    if isinstance(kept, dict) and any(word.encode() in value for value in kept.values()):
        yield "cache"
