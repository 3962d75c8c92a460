"""The Chat Completions wire, streamed: one request to one model of one server, and all that servers make of the format.

`request` writes the body, `event_stream` turns bytes into JSON objects, `reply` turns objects into text and tool calls,
`harmony`, `visible_text` and `key_mask` hide what is not for visitors, `tool_calls` puts calls together and `written_calls`
finds those that were written as text. `failures` classifies what went wrong by the table in `failure_rules`, and `exchange`
joins them with the outbound client. Nothing is retried here, and nothing depends on a vendor's name: what a server cannot do
is measured (`Capabilities`) and obeyed. What a server was measured to lack is in `error.details["lacks"]`. Source:
https://platform.openai.com/docs/api-reference/chat-streaming, and the servers' deviations as each is commented.
"""

from assistant.providers.completions.capabilities import Capabilities
from assistant.providers.completions.event_stream import MAX_EVENT_BYTES, EventStream
from assistant.providers.completions.exchange import CONNECT_SECONDS, ask, estimated_tokens
from assistant.providers.completions.failures import classified, from_outbound
from assistant.providers.completions.reply import Reply, read_whole
from assistant.providers.completions.request import SILENCE_SECONDS, Request, body
from assistant.providers.completions.visible_text import MAX_TEXT_CHARS, Keywords, Visible

__all__ = [
    "CONNECT_SECONDS",
    "MAX_EVENT_BYTES",
    "MAX_TEXT_CHARS",
    "SILENCE_SECONDS",
    "Capabilities",
    "EventStream",
    "Reply",
    "Request",
    "Keywords",
    "Visible",
    "ask",
    "body",
    "classified",
    "estimated_tokens",
    "from_outbound",
    "read_whole",
]
