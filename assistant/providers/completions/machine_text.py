"""Machine text in no known dialect: JSON, tags and code that name one of the assistant's tools.

New ways of writing a call appear with every model. What all of them share is that something that no sentence begins with
(a brace, a tag, a fence) is followed by a tool's name in quotes, in a tag, as a label's value or with a bracket behind it.
No visitor is shown that; whether it can be run is for `call_dialects` to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.verdicts import Verdict

# Elements that a reply in HTML is made of.
_ELEMENTS = """
    a abbr article aside b blockquote body br button caption center code-block dd del details div dl dt em figure font
    footer form h1 h2 h3 h4 h5 h6 head header hr html i img input ins label li main mark nav ol p pre s section small span
    strong sub summary sup table tbody td th thead tr u ul video
"""
_HTML = frozenset(_ELEMENTS.split())
_TAG = re.compile(r"<(?P<signs>[<%|｜=]{0,3}\s?)(?P<name>[\w:.▁-]{0,60})(?P<rest>[^<>\n]{0,300}(?:>{1,2}|\Z))")
_TAG_BEGUN = re.compile(r"<[<%|｜=]{0,3}\s?[\w:.▁-]{0,60}(?:[|｜]|\s[^<>]{0,300})?\Z")
_BODY = re.compile(r"\s*(?:[{\[<\"'(`]|[a-z_]\w*[.(=]|\Z)", re.IGNORECASE)
_KEYED = (
    r"(?:tool|function|name|action|call|api|method|recipient|command|intent|next_action|tool_to_(?:use|call)|tool_?name"
    r"|function_?name|tool_?use|tool_?call|function_?call)"
)
# Calls of something that calls the tool that it is given: `client.call_tool("name", …)`.
CALLER = r"(?:[\w.]{1,40}\.)?(?:call|use|run|invoke|execute)(?:_?(?:tool|function|action|mcp_tool))?"
_STATEMENT_BEGUN = re.compile(
    rf"(?:[\w \t.=-]{{0,60}}|[\w \t.=]{{0,60}}print\(\s*[\w.]{{0,60}}"
    rf"|[\w \t=]{{0,60}}{CALLER}\(\s*(?:\w{{1,20}}\s*=\s*)?[\"']?[\w.-]{{0,99}}"
    rf"|{_KEYED}[\"']?\s*:\s*[\"']?[\w.-]{{0,99}}[\"']?\s*)",
    re.IGNORECASE,
)
# A first key that nothing around a call has, and one whose value would be the name, and is none.
_FIRST_KEY = re.compile(r'[{\[]\s{0,40}(?:\{\s{0,40})?"([^"\\\n]{1,60})"\s{0,9}:\s{0,9}(?:"([^"\\\n]{0,99})["\\\n])?')
_ORDINARY = re.compile(
    r"(?!.*(?:tool|function|call|action|intent|command|response|content|role|message|thought|think|reason|plan|type|status"
    r"|reply|answer|text|step))",
    re.IGNORECASE,
)
_NAME_KEY = re.compile(r"(?:(?:tool|function|recipient)_?)?name|tool|function|method|api", re.IGNORECASE)
# Neither of a bracket nor of a brace more than one in a row: text of nothing else would be looked through at each of them.
_MACHINE = re.compile(
    r"(?:\[\s{0,40}[\"'{]|\{\s{0,40}(?:[\"']|\{\s?(?:[A-Za-z_]|\Z))"
    r"|[{\[]\s{0,40}(?:[A-Za-z_]\w{0,60}\s?[:=(|]|[A-Za-z_ ]{0,60}\Z))"
)
_LANGUAGE = re.compile(r"[ \t]*[\w+#.-]{0,20}[ \t]*\n\s*")


@dataclass(frozen=True)
class Mentions:
    """How machine text names one of `names`. `spelled` finds any such mention; its group is the name."""

    names: tuple[str, ...]
    spelled: re.Pattern[str] = field(init=False)
    statement: re.Pattern[str] = field(init=False)
    word: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        any_name = _one_of(self.names)
        # A name that is no word of any language needs no key before it.
        unmistakable = _one_of([name for name in self.names if re.search(r"[\d_]", name)])
        prefix = r"(?:functions?[.:]|tools?[.:]|default_api[.:])?"
        forms = [
            rf"[\"'`]{prefix}({unmistakable})[\"'`(]",
            rf"{_KEYED}[\"']?\s{{0,9}}[:=]\s{{0,9}}[\"'`]?{prefix}({any_name})(?![\w-])",
            rf">\s{{0,9}}[\"'`]?{prefix}({any_name})[\"'`]?\s{{0,9}}<",
            rf"(?<![\w/.])(?:[a-z]\w{{0,20}}\.)?({any_name})\s{{0,3}}(?:\(|\{{|\[)",
            rf"=[\"']?{prefix}({any_name})[\"']?[\s/>]",
            rf"{CALLER}\(\s{{0,9}}(?:\w{{1,20}}\s{{0,9}}=\s{{0,9}})?[\"']({any_name})[\"']",
        ]
        before = r"(?:(?:const|let|var)\s+)?(?:\w{1,40}\s*=\s*)?(?:(?:await|return|yield)\s+)?(?:print\(\s*)?(?:await\s+)?"
        called = rf"(?:(?:[a-z]\w{{0,20}}\.)?(?:{any_name})\s?\(|{CALLER}\(\s*(?:\w+\s*=\s*)?[\"'](?:{any_name})[\"'])"
        label = rf"(?:-\s*)?{_KEYED}[\"']?\s*:\s*[\"']?(?:{any_name})[\"']?\s*(?:\n|\Z)"
        for attribute, pattern in (
            ("spelled", "|".join(forms)),
            ("statement", rf"(?:{before}{called}|{label})"),
            ("word", rf"(?<![\w.])(?:{any_name})(?![\w-])"),
        ):
            object.__setattr__(self, attribute, re.compile(pattern, re.IGNORECASE))

    def named(self, text: str) -> re.Match[str] | None:
        return self.spelled.search(text) if self.names else None


def _one_of(names: list[str] | tuple[str, ...]) -> str:
    longest_first = sorted(names, key=len, reverse=True)
    return "|".join(re.escape(name).replace("_", r"\\?[_-]") for name in longest_first) or r"(?!)"


@lru_cache(maxsize=64)
def mentions(names: tuple[str, ...]) -> Mentions:
    return Mentions(tuple(name for name in names if re.fullmatch(r"[A-Za-z_][\w.-]{2,99}", name)))


def of_machine_text(mark: str, head: str, known: Mentions, *, final: bool) -> Verdict:
    """Whether what begins with the mark of a dialect and goes on with `head` names a tool: after a brace, a bracket, a fence
    or "<"."""
    if not known.names or not (mark in ("{", "<", "```") or mark[0] == "["):
        return "no"
    if mark == "<":
        return _of_tag("<" + head, known, final)
    if mark == "```":
        return _of_fence(head, known, final)
    text = mark + head
    if key := _FIRST_KEY.match(text):
        another = key[2] and _NAME_KEY.fullmatch(key[1]) and not known.word.search(key[2])
        if another or _ORDINARY.match(key[1]):
            return "no"
    if not _MACHINE.match(text):
        return "no"
    end = JsonEnd().feed(text)
    if known.word.search(text) and known.named(text[:end] if end > 0 else text):
        return "yes"
    return "no" if end > 0 or final else "wait"


def _of_tag(text: str, known: Mentions, final: bool) -> Verdict:
    tag = _TAG.match(text)
    if tag is None or not tag["rest"].endswith(">"):
        return "wait" if _TAG_BEGUN.fullmatch(text) and not final else "no"
    if tag["name"].lower() in _HTML or not (tag["name"] or tag["signs"]):
        return "no"
    inside = text[tag.end() :]
    begins = _BODY.match(inside) or known.word.match(inside.lstrip()) or _begun(inside.lstrip(), known)
    if known.named(text) and (begins or known.named(tag[0])):
        return "yes"
    if not begins or f"</{tag['name']}" in inside or final:
        return "no"
    return "wait"


def _begun(text: str, known: Mentions) -> bool:
    return any(name.casefold().startswith(text.casefold()) for name in known.names)


def _of_fence(head: str, known: Mentions, final: bool) -> Verdict:
    """Whether code is a call and nothing else; a call among other statements is an example for a developer."""
    language = _LANGUAGE.match(head)
    if language is None:
        return "wait" if not final and re.fullmatch(r"[ \t]*[\w+#.-]{0,20}[ \t]*", head) else "no"
    body = head[language.end() :]
    if known.statement.match(body):
        return "yes"
    return "wait" if not final and _STATEMENT_BEGUN.fullmatch(body) else "no"


def end_of_tag(text: str, at: int, known: Mentions) -> re.Pattern[str] | None:
    """What ends the call whose tag begins at `at`; None: it ends with the answer."""
    tag = _TAG.match(text, at)
    if tag is None:
        return None
    if tag["rest"].endswith("/>"):
        return re.compile(r"/>")
    if tag["signs"].startswith("%"):
        return re.compile(r"%>")
    name = re.escape(tag["name"])
    if not name:
        return None
    closed = re.sub("(?i)start|begin", lambda word: "stop" if word[0].lower() == "stop" else "end", tag["name"])
    ends = [rf"<[|｜]?/[|｜]?\s?{name}\s?[|｜]?>"]
    if closed != tag["name"]:
        ends.append(rf"<[|｜]?{re.escape(closed)}[|｜]?>")
    inside = text[tag.end() : tag.end() + 200].lstrip()
    alone = known.word.match(inside)
    if alone and inside[alone.end() :].lstrip().startswith(("</", "<|")):
        return re.compile(rf"</(?!{name}\s?>)[\w:.-]{{1,60}}>", re.IGNORECASE)  # its arguments have a tag of their own
    return re.compile("|".join(ends), re.IGNORECASE)
