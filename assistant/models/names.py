"""Names: texts that people recognise a row by, and so have to see."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from assistant.redaction import shows_something


def validate_name(text: str) -> None:
    """Refuse a text of characters alone that show nothing; what a script or an emoji is written with beside others stays."""
    if text and not shows_something(text):
        first = unicodedata.name(text.strip()[:1] or " ", "a character without a name")
        raise ValidationError(
            "Nobody could see this: it consists of invisible characters, such as %(first)s. Enter a visible text instead.",
            code="invisible",
            params={"first": first},
        )


class NameField(models.CharField):
    """A `CharField` whose text shows something wherever it is validated: in forms, in imports, in services."""

    default_validators = [validate_name]

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs  # it is one to the database
