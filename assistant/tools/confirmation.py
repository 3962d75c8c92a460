"""What a confirm card shows of a call: the stored values, never the model's prose."""

from __future__ import annotations

import json
from typing import Any

from assistant.models import ToolCall
from assistant.redaction import visible
from assistant.sentences import label
from assistant.tools.kind import Preview
from assistant.tools.tool import Tool, readable


def preview_of(row: ToolCall, tool: Tool, title: str) -> Preview:
    """For an operation that draws no preview of its own: what is to be done, with which values."""
    described = tool.schema["properties"]
    lines = tuple(
        (str(described.get(name, {}).get("title") or readable(name)), _shown(value)) for name, value in row.arguments.items()
    )
    return Preview(title, lines)


def _shown(value: Any) -> str:
    """All of it: what is confirmed is what is sent. The size of arguments is bounded."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def card_content(preview: Preview, locale: str) -> dict[str, Any]:
    """A preview as docs/protocol.md has it for a confirm card."""
    return {
        "title": preview.title,
        "lines": [[visible(label), visible(value)] for label, value in preview.lines],
        "fields": [
            *({"name": name, "label": label, "type": kind} for name, label, kind in preview.fields),
            *preview.form,
        ],
        "confirm_label": preview.confirm_label or label("confirm", locale),
        **({"cancel_label": preview.cancel_label} if preview.cancel_label else {}),
    }
