"""Small tables inside a form: a method's parameters and fixed values, edited by row and stored as JSON.

What does not fit a table, such as a nested schema from an import, is shown and edited as JSON instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script

from assistant.redaction import is_storable
from assistant.tools.parameters import PROPERTY_NAME, offered

SPARE_ROWS = 2  # so that a row can be added without JavaScript
MAX_LINES = 1000  # Django refuses forms with more fields than that
MAX_FIXED_BYTES = 16_384


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    kind: str = "text"  # text, select or check
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""


class RowsWidget(forms.Widget):
    """A table with a line per row; its value is a list of rows, or text where JSON was edited."""

    template_name = "admin/assistant/rows.html"

    class Media:
        js = (Script("admin-extra/rows.js", defer=True),)

    def __init__(self, columns: tuple[Column, ...], add_label: str) -> None:
        super().__init__()
        self.columns = columns
        self.add_label = add_label

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [] if isinstance(value, str) or value is None else list(value)
        lines = [self._line(name, number, row) for number, row in enumerate([*rows, *[{}] * SPARE_ROWS])]
        blank = self._line(name, "__row__", {})
        return {
            **context,
            "columns": self.columns,
            "lines": lines,
            "blank": blank,
            "count": len(lines),
            "add_label": self.add_label,
            "json": value if isinstance(value, str) else None,
        }

    def _line(self, name: str, number: int | str, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {"column": column, "name": f"{name}-{number}-{column.name}", "value": row.get(column.name, "")}
            for column in self.columns
        ]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if f"{name}-json" in data:
            return data[f"{name}-json"]
        try:
            count = min(int(data.get(f"{name}-count", 0)), MAX_LINES)
        except ValueError:
            count = 0
        found = []
        for number in range(count):
            row: dict[str, Any] = {}
            for column in self.columns:
                text = str(data.get(f"{name}-{number}-{column.name}", "")).strip()
                row[column.name] = bool(text) if column.kind == "check" else text
            if any(row[column.name] for column in self.columns if column.kind == "text"):
                found.append(row)
        return found

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-count" not in data and f"{name}-json" not in data


class RowsField(forms.Field):
    """JSON of one shape, as rows. Subclasses say how rows and JSON become each other."""

    columns: tuple[Column, ...]
    add_label = "Add a row"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=RowsWidget(self.columns, self.add_label), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value  # rows or text as they were submitted
        rows = self.rows(value)
        return json.dumps(value, indent=2, ensure_ascii=False) if rows is None or not self._gives(rows, value) else rows

    def _gives(self, rows: list[dict[str, Any]], stored: dict[str, Any]) -> bool:
        """Whether the rows, sent back as a browser sends them, are what is stored now."""
        lines = [cell for row in rows for cell in row.values() if isinstance(cell, str)]
        try:
            again = self.stored(rows)
        except ValidationError:
            return False
        return self.same(again, stored) and all(cell == " ".join(cell.splitlines()).strip() for cell in lines)

    def same(self, one: dict[str, Any], other: dict[str, Any]) -> bool:
        return one == other

    def to_python(self, value: Any) -> dict[str, Any]:
        stored = self._read(value) if isinstance(value, str) else self.stored(value or [])
        if not is_storable(stored):
            raise ValidationError(
                "It contains characters or numbers that cannot be stored. Remove control characters, NaN and Infinity."
            )
        return stored

    def _read(self, text: str) -> dict[str, Any]:
        try:
            stored = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"This is not valid JSON: {str(error)[:120]}") from error
        if not isinstance(stored, dict):
            raise ValidationError("Enter a JSON object: { … }.")
        return stored

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (initial or self.to_python([]))
        except ValidationError:
            return True

    def rows(self, stored: dict[str, Any]) -> list[dict[str, Any]] | None:
        """What is stored, as rows; None where it does not fit into a table."""
        raise NotImplementedError

    def stored(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Rows as they are stored. Raises `ValidationError`, naming the row."""
        raise NotImplementedError


TYPES = (
    ("string", "Text"),
    ("integer", "Whole number"),
    ("number", "Number"),
    ("boolean", "Yes/no"),
    ("list", "List of text values"),
)
FORMATS = (
    ("", "Any"),
    ("date", "Date"),
    ("time", "Time"),
    ("date-time", "Date and time"),
    ("email", "E-mail address"),
    ("uri", "URL"),
    ("uuid", "UUID"),
)


class ParametersField(RowsField):
    """What a model must give, as a JSON Schema of type object."""

    add_label = "Add a parameter"
    columns = (
        Column("name", "Name", hint="order_id"),
        Column("type", "Type", "select", TYPES),
        Column("description", "Description for the model", hint="The number on the order confirmation"),
        Column("required", "Required", "check"),
        Column("enum", "Allowed values", hint="small, large"),
        Column("format", "Format", "select", FORMATS),
    )

    def same(self, one: dict[str, Any], other: dict[str, Any]) -> bool:
        ones, others = ({**offered(schema), "required": set(schema.get("required", []))} for schema in (one, other))
        return ones == others

    def rows(self, stored: dict[str, Any]) -> list[dict[str, Any]] | None:
        if not set(stored) <= {"type", "properties", "required", "additionalProperties"}:
            return None
        found = []
        for name, schema in stored.get("properties", {}).items():
            if not isinstance(schema, dict) or not set(schema) <= {"type", "description", "enum", "format", "items"}:
                return None
            kind = "list" if schema.get("items") == {"type": "string"} else schema.get("type")
            if kind not in dict(TYPES) or schema.get("format", "") not in dict(FORMATS):
                return None
            enum = [str(item) for item in schema.get("enum", [])]
            if any("," in item for item in enum):
                return None
            found.append(
                {
                    "name": name,
                    "type": kind,
                    "description": schema.get("description", ""),
                    "required": name in stored.get("required", []),
                    "enum": ", ".join(enum),
                    "format": schema.get("format", ""),
                }
            )
        return found

    def stored(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required = []
        for row in rows:
            name = row["name"]
            if not PROPERTY_NAME.fullmatch(name):
                raise ValidationError(
                    f"“{name[:60]}” is not a valid parameter name. Use letters, digits, _ and -, with a letter first."
                )
            if name in properties:
                raise ValidationError(f"Two parameters are called {name}. Rename one of them.")
            properties[name] = self._schema(row)
            if row["required"]:
                required.append(name)
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def _schema(self, row: dict[str, Any]) -> dict[str, Any]:
        if row["type"] not in dict(TYPES) or row["format"] not in dict(FORMATS):
            raise ValidationError(f"{row['name']}: choose a type and a format from the list.")
        schema: dict[str, Any] = {"type": row["type"]}
        if row["type"] == "list":
            schema = {"type": "array", "items": {"type": "string"}}
        if row["description"]:
            schema["description"] = row["description"]
        if row["enum"]:
            if row["type"] not in ("string", "integer", "number"):
                raise ValidationError(f"{row['name']}: only text and numbers can have allowed values.")
            as_type = {"string": str, "integer": int, "number": float}[row["type"]]
            try:
                schema["enum"] = [as_type(item.strip()) for item in row["enum"].split(",") if item.strip()]
            except ValueError as error:
                raise ValidationError(f"{row['name']}: every allowed value must be a number.") from error
        if row["format"]:
            if row["type"] != "string":
                raise ValidationError(f"{row['name']}: only text can have a format.")
            schema["format"] = row["format"]
        return schema


class FixedField(RowsField):
    """Values that the model neither sees nor changes: name → text, number or yes/no."""

    add_label = "Add a fixed value"
    columns = (
        Column("name", "Name", hint="shop"),
        Column("type", "Type", "select", TYPES[:4]),
        Column("value", "Value", hint="main-street"),
    )

    def to_python(self, value: Any) -> dict[str, Any]:
        stored = super().to_python(value)
        if len(json.dumps(stored)) > MAX_FIXED_BYTES:
            raise ValidationError(f"The fixed values are too large. They can have {MAX_FIXED_BYTES:,} bytes in total.")
        if long := next((name for name in stored if len(name) > 64), None):
            raise ValidationError(f"The name “{long[:60]}…” is too long. A name can have at most 64 characters.")
        return stored

    def rows(self, stored: dict[str, Any]) -> list[dict[str, Any]] | None:
        names = {str: "string", bool: "boolean", int: "integer", float: "number"}
        if any(type(value) not in names for value in stored.values()):
            return None
        return [
            {"name": name, "type": names[type(value)], "value": json.dumps(value) if type(value) is bool else str(value)}
            for name, value in stored.items()
        ]

    def stored(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for row in rows:
            name, text = row["name"], row["value"]
            if not name or name in found:
                raise ValidationError(f"Give every fixed value a different name ({name[:60] or 'one has no name'}).")
            try:
                found[name] = READ[row["type"]](text)
            except (ValueError, KeyError) as error:
                raise ValidationError(f"{name}: “{text[:60]}” is not of the chosen type.") from error
        return found


def _yes_or_no(text: str) -> bool:
    return {"yes": True, "true": True, "no": False, "false": False}[text.lower()]


READ: dict[str, Callable[[str], Any]] = {"string": str, "integer": int, "number": float, "boolean": _yes_or_no}
