"""Rules that classify the errors of model servers: what they say, and what it means. One table, read from the top."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

ANY: Container[int] = range(100, 600)
REFUSED: Container[int] = range(400, 500)
FAILED: Container[int] = (408, *range(500, 600))
# A gateway wraps the refusal of the server behind it in a status of its own.
FORM: Container[int] = (400, 404, 405, 409, 415, 422, 424, 500, 501, 502)
PARAMETER: Container[int] = (400, 404, 422)


@dataclass(frozen=True)
class Rule:
    """One row: a refusal of this status, whose code and words match `pattern`, and whose request had `sent` in it.

    `lacks` is what the server does not accept, in the terms of `Capabilities`; "schema" is looked up in `NEXT_SCHEMA`.
    `seen` names the servers that say so.
    """

    status: Container[int]
    pattern: str
    cause: str
    seen: str
    retryable: bool = False
    try_next: bool = True
    lacks: dict[str, Any] = field(default_factory=dict)
    sent: bytes = b""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_compiled", re.compile(self.pattern, re.DOTALL))

    def matches(self, status: int, text: str, sent: bytes) -> bool:
        compiled: re.Pattern[str] = self._compiled  # type: ignore[attr-defined]
        return status in self.status and self.sent in sent and compiled.search(text) is not None


def _all(*patterns: str) -> str:
    """A pattern for texts in which each of these is found, in any order."""
    return r"\A" + "".join(f"(?=.*(?:{pattern}))" for pattern in patterns)


# The next plainer schema to try; there is none after the last.
NEXT_SCHEMA = {"full": "plain", "plain": "bare"}

TOOLS = b'"tools":'
NO = (
    r"support|unrecognized|unknown|not permitted|not allowed|extra_forbidden|extra inputs|unexpected"
    r"|invalid(?!_request)|deprecated|not recognized"
)
NO_TOOLS = (
    r"not support tool|not support function|not supported with tools|tools is not supported|tools are not supported"
    r"|function calling is not (?:supported|enabled)|tool use is not (?:supported|enabled)"
    r"|support tool use|tool choice requires"
    r"|enable-auto-tool-choice|tool calling is not|tools are not enabled|does not support tools|--jinja"
    r"|tool role (?:is )?not supported"
    r"|\btools\b\W{1,6}(?:msg\W{1,6})?(?:extra (?:inputs|fields)|not permitted)|not allowed '?/?tools\b"
)

RULES: tuple[Rule, ...] = (
    # --- Money and limits
    Rule((402,), "", "quota", "DeepSeek, OpenRouter"),
    Rule(
        ANY,
        r"insufficient_quota|credit_balance_exhausted|credit balance|billing_hard_limit|billing_not_active"
        r"|payment required|out of credits|spending limit|api usage limits|inference limit for|free allocation"
        r"|free tier only|overdue|欠费|余额不足"
        r"|(?:insufficient|not[ _]enough|have any)[ _](?:account[ _])?(?:balance|credit|fund)"
        r"|(?:balance|credits?|funds)\b[^.]{0,20}(?:insufficient|exhausted|expired|too low)",
        "quota",
        "OpenAI, Anthropic, xAI, Fireworks, Volcengine, Z.ai, DashScope, Cloudflare, Novita, SiliconFlow",
    ),
    Rule(
        REFUSED,
        r"exceededbudget|budget_exceeded|budget has been exceeded|over budget|key limit exceeded|arrearage",
        "quota",
        "LiteLLM, OpenRouter, DashScope",
    ),
    Rule(
        (*range(400, 429), *range(430, 500)),
        r"rate_limit_exceeded|rate limit exceeded|(?:tokens|requests) per minute|throttlingexception|too many requests"
        r"|capacity[ _]exceeded",
        "rate_limited",
        "Groq under the statuses 413 and 498, Bedrock behind LiteLLM",
        retryable=True,
    ),
    # --- About the visitor's message or the conversation: another server would say the same
    Rule(
        (*range(400, 404), 422, 446),
        r"content_filter|content management policy|content_policy|content policy|flagged|moderation|content exists risk"
        r"|data_inspection_failed|prohibited_content|inappropriate content|usage (?:policy|guidelines)|guardrail"
        r"|new_sensitive|sensitive ?(?:information|content|words)|敏感",
        "content_filter",
        "Azure, OpenRouter, DeepSeek, DashScope, Gemini, xAI, Volcengine, Z.ai, MiniMax, Portkey",
        try_next=False,
    ),
    Rule((413,), "", "context_too_long", "any proxy", try_next=False),
    Rule(
        (*range(400, 429), *range(430, 500), 500),
        r"context_length_exceeded|context length|context window|context size|prompt is too long|too many tokens"
        r"|input is too long|maximum number of tokens|reduce the length|exceed_context_size|max_new_tokens` must be"
        r"|too large for model with \d+ maximum context|input token count|model token limit|range of input length"
        r"|prompt 超长|maximum supported sequence length|maximum prompt length|messages\[\d+\]\.content\W+string too long"
        r"|(?:prompt|\binputs?\b|\bmessages?\b|requested|(?<!output )\btokens)(?!\.)[^.:]{0,60}"
        r"(?:longer than|exceeds?\b|greater than|must (?:have|be) less than)[^.]{0,60}(?:length|limit|token|max_?seq|\d{4})",
        "context_too_long",
        "OpenAI, vLLM, llama.cpp, Cerebras, Fireworks, Anthropic, TGI, Mistral, Gemini, Moonshot, DashScope, Z.ai, xAI,"
        " Perplexity, Databricks, NVIDIA, LMDeploy",
        try_next=False,
    ),
    # --- A generation that failed: the same request may go well the next time
    Rule(
        REFUSED,
        r"tool_use_failed|failed to call a function|failed_generation|tool call validation failed|output_parse_failed"
        r"|generated output that could not be parsed|finding less tool calls",
        "generation_failed",
        "Groq, llama.cpp",
        retryable=True,
    ),
    Rule(
        (424, 500),
        r"failed during generation|failed to parse tool call|malformed_function_call",
        "generation_failed",
        "TGI, Ollama, Gemini",
        retryable=True,
    ),
    # --- Schemas of tools
    Rule(
        FORM,
        r"failed to parse grammar|error parsing grammar|parse grammar|grammar[^.]{0,40}(?:error|invalid|fail)"
        r"|failed to initialize samplers|error: function has no builtins"
        r"|unrecognized schema|failed to (?:compile|convert|parse)[^.]{0,40}schema"
        r"|unsupported json schema|json schema is invalid|invalid json schema|invalid schema for function"
        r"|invalid tool schema|invalid_function_parameters|schema fields|schema contains features|xgrammar|outlines"
        r"|function_?declarations?\b|number of repetitions|unimplemented keys|input_schema"
        r"|unsupported schema|schema[^.]{0,60}not supported"
        r"|tools[\[.]?\d*\]?\.function\.parameters|additional_?properties",
        "schema_refused",
        "llama.cpp, OpenAI, Groq, Gemini, Cerebras, Fireworks, Together, vLLM, Anthropic, LiteLLM",
        lacks={"schema": ""},
        sent=TOOLS,
    ),
    Rule(
        PARAMETER,
        rf"\$schema|'strict'|\"strict\"|strict schema|(?=.*(?:{NO}))(?=.*['\"`.](?:maxlength|minlength|pattern|format"
        r"|minimum|maximum|m(?:ax|in)items|exclusiveminimum|exclusivemaximum|oneof|anyof|allof|\$ref|enum|const|nullable)\b)",
        "schema_refused",
        "Cerebras, older LiteLLM, gateways that name the keyword alone",
        lacks={"schema": ""},
        sent=TOOLS,
    ),
    # --- Tools at all
    Rule(
        FORM,
        r"tool use in streaming|tools?[^.;]{0,40}not[^.;]{0,20} support[^.;]{0,30} stream(?!_options)"
        r"|stream(?!_options)\w*[^.;]{0,40}not support[^.;]{0,30}tool",
        "form_refused",
        "Bedrock",
        lacks={"tools_streaming": False},
        sent=TOOLS,
    ),
    Rule(
        FORM,
        NO_TOOLS,
        "tools_unsupported",
        "llama.cpp, Ollama, vLLM, OpenRouter, Together",
        lacks={"tools": False},
        sent=TOOLS,
    ),
    # --- The form of a conversation
    Rule(
        FORM,
        r"system role not supported|system role is not supported|only user and assistant roles",
        "form_refused",
        "Gemma 2 templates in llama.cpp, vLLM, LM Studio",
        lacks={"system_role": False},
        sent=b'"role":"system"',
    ),
    Rule(
        FORM,
        r"only user and assistant roles",
        "form_refused",
        "templates without tools in LM Studio",
        lacks={"tools": False},
        sent=b'"role":"tool"',
    ),
    Rule(
        FORM,
        r"single tool-calls? at once|roles must alternate",
        "form_refused",
        "Llama 3, Gemma and Mistral templates",
        lacks={"parallel_calls": False},
        sent=b'"tool_calls":',
    ),
    Rule(
        FORM,
        r"content\W.{0,40}must be (?:a )?(?:string|non-null)|content[^a-z].{0,40}valid string|nonetype|none has no"
        r"|content\W{1,3}invalid type: null|content type: <nil>|missing field \W?content",
        "form_refused",
        "LM Studio, mistral-common, TGI, Ollama, DeepSeek, Cloudflare, templates of Qwen 3 and Ministral",
        lacks={"null_content": False},
        sent=b'"content":null',
    ),
    Rule(
        FORM,
        r"roles must alternate|must alternate|alternating roles|system message must|only user and assistant roles"
        r"|system role not supported|after the optional system message|unexpected role|expected last role"
        r"|template error|chat template|jinja|templateerror|raise_exception|no user query found|minja",
        "form_refused",
        "Gemma, Qwen and Mistral templates in llama.cpp, vLLM, TGI; Mistral",
    ),
    Rule(
        FORM,
        r"tool call id|tool_call_id|tool_use_id|number of function calls|must be followed by tool messages"
        r"|must be a response to a preceeding message|tool_use` ids|function response parts",
        "form_refused",
        "Mistral, OpenAI, Anthropic, Gemini",
    ),
    Rule(
        FORM,
        r"remove the reasoning_content|property 'reasoning\w*' is unsupported"
        r"|reasoning(?:_content|_details)?\W.{0,40}(?:extra inputs|not permitted|extra_forbidden)",
        "form_refused",
        "DeepSeek R1, Groq, Mistral",
        lacks={"opaque_fields": False},
        sent=b'"tool_calls":',
    ),
    Rule(
        FORM,
        r"reasoning_content|reasoning_details|thought_signature|must be passed back|must start with a thinking block",
        "form_refused",
        "DeepSeek, Moonshot, Gemini 3, Anthropic behind LiteLLM",
        lacks={"unsigned_calls": False},
        sent=b'"tool_calls":',
    ),
    # --- Parameters that one server requires and another does not know
    Rule(
        PARAMETER,
        r"max_completion_tokens",
        "bad_request",
        "OpenAI, Azure",
        lacks={"token_limit": "max_completion_tokens"},
        sent=b'"max_tokens":',
    ),
    Rule(
        PARAMETER,
        _all(NO, "max_completion_tokens"),
        "bad_request",
        "older vLLM, Mistral",
        lacks={"token_limit": "max_tokens"},
        sent=b'"max_completion_tokens":',
    ),
    Rule(
        PARAMETER,
        r"(?:unsupported|unrecognized|unknown)[^.]{0,40}max_tokens"
        r"|max_tokens\W[^.]{0,30}(?:not permitted|not supported|extra_)",
        "bad_request",
        "gateways",
        lacks={"token_limit": "max_completion_tokens"},
        sent=b'"max_tokens":',
    ),
    Rule(
        PARAMETER,
        _all(NO, "stream_options|include_usage"),
        "bad_request",
        "Mistral, older vLLM and Azure",
        lacks={"usage_in_stream": False},
        sent=b'"stream_options":',
    ),
    Rule(
        PARAMETER,
        r"streaming (?:is )?(?:not|un)[ _]?supported|support streaming|\bto stream this model",
        "bad_request",
        "OpenAI where an organization is not verified, gateways",
        lacks={"streaming": False},
        sent=b'"stream":true',
    ),
    Rule(
        PARAMETER,
        rf"{_all(NO, 'temperature')}|temperature\W[^.]{{0,20}}only be set to",
        "bad_request",
        "OpenAI's thinking models, Anthropic's while they think",
        lacks={"temperature": False},
        sent=b'"temperature":',
    ),
    Rule(
        FORM,
        r"tools with reasoning_effort(?!.*\bnone\b)",
        "bad_request",
        "OpenAI's GPT-5.2 to GPT-5.5",
        lacks={"effort_with_tools": "omit"},
        sent=b'"reasoning_effort":',
    ),
    Rule(
        PARAMETER,
        _all(NO, "reasoning_effort"),
        "bad_request",
        "servers that think with any effort but none",
        lacks={"effort_with_tools": "omit"},
        sent=b'"reasoning_effort":"none","tools":',
    ),
    Rule(
        FORM,
        r"tools with reasoning_effort",
        "bad_request",
        "OpenAI's GPT-5.6 and GPT-6",
        lacks={"effort_with_tools": "none"},
        sent=TOOLS,
    ),
    Rule(
        PARAMETER,
        rf"{_all(NO, 'reasoning|thinking')}|reasoning_effort\W[^.]{{0,20}}must be",
        "bad_request",
        "models that do not think",
        lacks={"reasoning_effort": False},
        sent=b'"reasoning_effort":',
    ),
    # --- The key, the model, the address
    Rule((401,), "", "unauthorized", "any"),
    Rule(
        REFUSED,
        r"api key.{0,40}(?:valid|incorrect)|(?:valid|incorrect).{0,40}api key|authentication error|auth_error"
        r"|authentication_error|virtual key expected|invalid proxy server token|token_not_found"
        r"|unable to authenticate|invalid token\b(?!\s\w)|令牌|身份验证",
        "unauthorized",
        "Gemini, LiteLLM, xAI, Cloudflare, Z.ai, New API",
    ),
    Rule((403,), "", "forbidden", "any"),
    Rule((429,), r"quota", "quota", "OpenAI, Gemini"),
    Rule((429,), "", "rate_limited", "any", retryable=True),
    Rule((529,), "", "rate_limited", "Anthropic", retryable=True),
    Rule(
        REFUSED,
        _all(
            "model|deployment|模型|no endpoints found",
            r"not found|not_found|not exist|not a valid model|invalid model|decommissioned|unknown model|deprecated"
            r"|not[ _]available|no longer available|deploymentnotfound|not supported by any provider|unable to access"
            r"|no such model|identifier is invalid|on-demand throughput|not a chat model|only supported in v1/"
            r"|specify a model|不存在|no endpoints found",
        ),
        "model_not_found",
        "OpenAI, Ollama, OpenRouter, Groq, Azure, Cerebras, Hugging Face, Together, Cloudflare, Bedrock, Z.ai, LM Studio",
    ),
    Rule((404, 405), "", "not_found", "any"),
    # --- The rest
    Rule(FAILED, "", "server_error", "any", retryable=True),
    Rule(range(300, 400), "", "bad_response", "log-in pages in front of a server"),
    Rule(ANY, "", "bad_request", "any"),
)
