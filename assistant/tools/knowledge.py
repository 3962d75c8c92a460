"""A search in what the organization has told its assistants."""

from __future__ import annotations

from typing import Any

from django import forms

from assistant.chat import Source, ToolResult
from assistant.db import in_db
from assistant.models import Method
from assistant.services import knowledge
from assistant.tools.kind import Context, Kind, Operation, configured


class Config(forms.Form):
    """What staff fill in."""

    passages = forms.IntegerField(label="Passages at most", min_value=1, max_value=10, initial=4)


def _query(method: Method) -> dict[str, Any]:
    text = {"type": "string", "description": "What to look for, in a few words of the question.", "maxLength": 200}
    return {"type": "object", "properties": {"query": text}, "required": ["query"]}


async def run(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """The passages that say most about the query, and where they are from."""
    limit = configured(Config, context.method)["passages"]
    found = await in_db(knowledge.search)(context.organization, context.assistant, arguments["query"], limit)
    if not found:
        return ToolResult("Nothing was found about this. Say that you do not know, and offer to pass the question on.")
    text = "\n\n".join(f"[{passage.title}]\n{passage.text}" if passage.title else passage.text for passage in found)
    sources = dict.fromkeys(Source(passage.title, passage.url) for passage in found if passage.title or passage.url)
    return ToolResult(text, sources=tuple(sources))


KIND = Kind(
    "Search in the knowledge",
    Config,
    (Operation(run, parameters=_query, risk=Method.Risk.READ, idempotent=True),),
    own_parameters=False,
)
