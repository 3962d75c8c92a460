"""Text as a visitor may see it: without the model's thinking, and without requests for a tool in plain words."""

from __future__ import annotations

import re
from collections.abc import Container

MAX_TEXT_CHARS = 65_536
MAX_NESTED = 8  # thoughts within thoughts

_WORDS = (
    "think", "thinking", "thought", "thoughts", "reasoning", "reflection", "scratchpad", "analysis", "inner_thoughts",
    "internal_monologue", "chain_of_thought", "seed:think", "mm:think", "ant:thinking", "antml:thinking", "antthinking",
    "longcat_think",
)  # fmt: skip
# Names that models and prompts make up: those with one of these in them, and those that are one of the others.
_STEMS = r"think|thought|reason|reflect|scratch_?pad|monologue|rationale|deliberat|ponder|contemplat|chain[_-]of"
_MADE_UP = (
    rf"[\w:.▁-]{{0,30}}(?:{_STEMS})[\w:.▁-]{{0,60}}"
    r"|(?:seed:)?cot(?:_\w{1,30})?|internal|inner|hidden|plan|planning|brainstorm(?:ing)?|(?:\w{1,20}_)?analysis"
    r"|assessment|(?:self_)?evaluation|(?:self_)?critique|observation|step_by_step|思考|思考过程|推理"
)
_TAG = "|".join([*sorted(_WORDS, key=len, reverse=True), _MADE_UP])
_ATTRIBUTES = r"(?:\s[^<>\n]{0,80})?"
_ENDING = "end|stop|suffix|close"
_FENCED = "think|thinking|thoughts?|reasoning|scratchpad"
_BRACKETED = "(?:THINK|THINKING|THOUGHTS?|REASONING)"
# What opens thinking, and what ends it. Each stands with the models that it was seen with.
_THINKING: tuple[tuple[str, str], ...] = (
    # DeepSeek, Qwen, MiniMax, Phi, Hermes, ByteDance Seed, and models whose prompt asks for it
    (rf"<\s?(?P<tag>{_TAG}){_ATTRIBUTES}\s?>", rf"</\s?(?:{_TAG})\s*>"),
    # GLM, OpenThoughts, Cohere Command A, Apertus, MiniCPM, Solar
    (
        rf"<[|｜](?![\w▁: -]*(?:{_ENDING}))[\w▁: -]{{0,30}}(?:{_STEMS}|inner|cot_)[\w▁: -]{{0,30}}[|｜]>",
        rf"<[|｜](?:/|(?=[\w▁: -]{{0,40}}(?:{_ENDING})))[\w▁: -]{{0,30}}(?:{_STEMS}|inner|cot_)[\w▁: -]{{0,30}}[|｜]>"
        rf"|</[|｜][\w▁: -]{{0,30}}(?:{_STEMS}|inner)[\w▁: -]{{0,30}}[|｜]>|<\|end\|>(?=<\|begin\|>)",
    ),
    # Mistral Magistral, and models whose prompt asks for it
    (
        rf"\[(?:(?:BEGIN|START)[ _](?:OF[ _])?)?{_BRACKETED}\]",
        rf"\[(?:/|(?:END|STOP)[ _](?:OF[ _])?){_BRACKETED}\]",
    ),
    (r"◁(?:think|thinking)▷", r"◁/(?:think|thinking)▷"),  # Kimi VL
    (r"<(?:unused|ctrl)94>(?:thought\b)?", r"<(?:unused|ctrl)95>"),  # MedGemma, Gemini
    (r"\{(?:think|thinking|thought|reasoning)\}", r"\{/(?:think|thinking|thought|reasoning)\}"),
    (rf"(?P<fence>(?<!`)`{{3,9}}|(?<!~)~{{3,9}})[ \t]?(?:{_FENCED})\b[^\n`]{{0,60}}\n", r"```"),
    (r"<!--", r"-->"),
    # Open WebUI, and models that have read its conversations
    (
        rf"<details\b[^<>\n]{{0,80}}>\s{{0,9}}<summary>[^<>\n]{{0,60}}(?:{_STEMS})[^<>\n]{{0,60}}</summary>"
        rf"|<details\b[^<>\n]{{0,60}}type=.(?:{_STEMS})[^<>\n]{{0,60}}>",
        r"</details>",
    ),
    (r"<\|channel>thought\b", r"<channel\|>"),  # Gemma 4
    (r"<\|open\|>think<\|sep\|>", r"<\|close\|>think<\|sep\|>"),  # Kimi K3
)
_ANSWERS = "(?:(?:final_)?(?:answer|response|reply|message|output)|final)"
_AROUND_ANSWER = (
    # Granite 3.3, R1 and its copies, Command A, OpenThoughts, and models whose prompt asks for it
    (rf"<{_ANSWERS}>", rf"</{_ANSWERS}>"),
    (r"<\|(?:START_RESPONSE|begin_of_solution)\|>", r"<\|(?:END_RESPONSE|end_of_solution)\|>"),
    (r"<\|open\|>response<\|sep\|>", r"<\|close\|>response<\|sep\|>"),  # Kimi K3
    (r"✿RETURN✿[:：]", r"(?!)"),  # Qwen through Qwen-Agent
    (r">>>all\n", r"(?!)"),  # Functionary 3
    # The beginning of an answer in templates that a server does not know
    (
        r"<s>|<bos>|<\|im_start\|>assistant\b|<\|assistant\|>|<\|start_header_id\|>assistant<\|end_header_id\|>"
        r"|<start_of_turn>model\b",
        r"(?!)",
    ),
)
# What a template writes after an answer. What a model goes on with is made up, the visitor's next words for one.
_OVER = (
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<|end_of_turn|>",
    "<|im_start|>user", "<start_of_turn>user", "<|start_header_id|>user<|end_header_id|>", "</s>", "<eos>",
    "<｜end▁of▁sentence｜>", "<|end_of_sentence|>", "<|close|>message<|sep|>", "<|im_start|>", "<start_of_turn>",
)  # fmt: skip
# Any other token of a template, but for those that mark calls and channels: dropped before an answer, and where it is
# attached to one; what names the end, or whose turn is next, ends it.
_NO_TOKEN = "tool|function|call|action|plugin|python|recipient|channel|message|constrain|start\\b|open|close|sep\\b|skill"
_TOKEN = (
    rf"<[|｜](?![\w▁:/-]*(?:{_NO_TOKEN}))[\w▁:/-]{{1,40}}[|｜]>(?:(?:assistant|model)\b)?|\[\|\w{{1,20}}\|\]|<reserved_\d{{1,4}}>"
    r"|<\[[\w▁]{1,30}\]>|\[e~\[|\[/?INST\]"
)
_ENDS_ANSWER = re.compile(r"end|eo[tmsa]\b|user|human|observation|return|stop|reserved|\[e~", re.IGNORECASE)
# Those of what ends thinking that nothing else ends in.
_ENDS = "|".join(end for _, end in _THINKING if end not in ("```", "-->", "</details>"))
_MARK = re.compile(
    "|".join(
        [f"(?P<open{n}>{opening})" for n, (opening, _) in enumerate(_THINKING)]
        + [f"(?P<around{n}>{opening})" for n, (opening, _) in enumerate(_AROUND_ANSWER)]
        + [f"(?P<after{n}>{end})" for n, (_, end) in enumerate(_AROUND_ANSWER)]
        + [f"(?P<over>{'|'.join(map(re.escape, _OVER))})", f"(?P<end>{_ENDS})", f"(?P<token>{_TOKEN})"]
    ),
    re.IGNORECASE,
)
_UNOPENED_END = re.compile(_ENDS, re.IGNORECASE)
_LONGEST_MARK = 240
# All marks but the attributes of a tag, to know the beginning of one at the end of a text.
_PIPED = ("think", "thinking", "thought", "reasoning")
_BRACKETS = (*_PIPED, "thoughts")
_EDGES = tuple(f"{edge}{of}" for edge in ("begin", "start", "end", "stop") for of in (" ", "_", " of ", "_of_"))
_ANSWER_WORDS = ("answer", "response", "reply", "message", "output", "final")
_FENCES = tuple(f"{mark * times}{space}" for mark in "`~" for times in (3, 4) for space in ("", " "))
_LITERALS = (
    *(f"<{slash}{word}>" for word in (*_WORDS, "response", "answer") for slash in ("", "/")),
    *(f"{begin}{word}|>" for word in _PIPED for begin in ("<|", "<|/", "</|")),
    *(f"<|{word}|>" for word in ("begin_of_thought", "end_of_thought", "begin_of_solution", "end_of_solution")),
    *(f"<|{edge}_{word}|>" for word in ("thinking", "response") for edge in ("start", "end")),
    *(f"[{edge}{word}]" for word in _BRACKETS for edge in ("", "/", *_EDGES)),
    *(f"{{{slash}{word}}}" for word in _PIPED for slash in ("", "/")),
    *(f"{fence}{word}\n" for fence in _FENCES for word in ("thinking", "thoughts", "reasoning", "scratchpad")),
    *("<!--", "-->", "<unused94>thought", "<unused95>", "<ctrl94>thought", "<ctrl95>", "[e~[", "[inst]", "[/inst]"),
    *(f"<{slash}{before}{word}>" for word in _ANSWER_WORDS for before in ("", "final_") for slash in ("", "/")),
    *(f"◁{slash}{word}▷" for word in ("think", "thinking") for slash in ("", "/")),
    *(f"<|{edge}|>{word}<|sep|>" for word in ("think", "response") for edge in ("open", "close")),
    "✿return✿:", "✿return✿：", ">>>all\n",
    "<|channel>thought", "<channel|>", "<s>", "<bos>", "<|im_start|>assistant", "<|assistant|>", "<start_of_turn>model",
    "<|start_header_id|>assistant<|end_header_id|>", *_OVER,
)  # fmt: skip
_TAG_BEGUN = re.compile(
    rf"</?\s?(?:(?:{_TAG})(?:\s[^<>\n]{{0,80}})?|[\w:.▁-]{{0,30}})\Z"
    r"|<[|｜\[]/?[\w▁:/ -]{0,60}[|｜\]]?\Z|</[|｜][\w▁: -]{0,60}[|｜]?\Z"
    rf"|(?:`{{3,9}}|~{{3,9}})[ \t]?(?:{_FENCED})\b[^\n`]{{0,60}}\Z"
    r"|\[\|\w{0,20}\|?\Z|<(?:reserved_|unused|ctrl)\d{0,4}\Z"
    r"|<details\b[^<>\n]{0,80}(?:>\s{0,9}(?:<(?:s[umary]{0,6}(?:>[^<>\n]{0,130}(?:</?\w{0,7})?)?)?)?)?\Z",
    re.IGNORECASE,
)
_SPEAKERS = ("assistant", "model")  # after the mark that begins a message
_OPENING = re.compile(r"[<\[◁✿`~{>]")  # what every mark begins with
_SURE = re.compile(r"<[|｜]|\[[A-Z]{2}|◁|<\|channel>|<unused94>|<ctrl94>|<details")  # marks that stand in no other text
_NOT_SPACE = re.compile(r"\S")
_SENTENCE_END = re.compile(r"[.!?…。！？]\s*\Z")
_QUOTES_BEFORE = tuple("`'\"‘“„«")
_QUOTES = "`'\"‘“„«<([{"


class Visible:
    """Text as a visitor may see it: without white space at its start, and without the model's thinking.

    A mark counts as one where a line starts or before the first word, and elsewhere only where no prose would have it, so
    that a reply about the mark is still a reply. Text is held back only as long as it may yet become a mark.

    Where a model's template opens the thinking, only its end is seen: all before the first end is thought. A reply that is
    known to begin so (`unopened`) is held back until then. Of one that is not, what was shown before stays shown, and
    `met_unopened` says that it is known now.
    """

    def __init__(self, unopened: bool = False) -> None:
        self.met_unopened = False
        self._held = ""
        self._unopened = unopened
        self._kept: list[str] = []  # of a reply whose thinking the template opened, or that was opened within a line
        self._kept_chars = 0
        self._opened = False  # a mark that opens has been seen, or spoken of: one that ends has its own
        self._closing: re.Pattern[str] | None = None  # what ends the thinking we are in
        self._again: re.Pattern[str] | None = None  # what opened it, where that is a tag
        self._ends = 0  # of it that have come
        self._inline = False  # which began within a line, or with a mark of a made-up name: without an end it was none
        self._around: re.Pattern[str] | None = None  # what ends the answer, as it has begun with a mark of its own
        self._line = ""  # the beginning of what was shown of this line, and its end
        self._in_code = False  # between two lines of ```
        self.over = False  # a mark of the template's has ended the answer
        self.unclosed = ""  # thinking, known at the end of an answer that ends within it
        self._worded = False  # a letter or digit has been shown
        self._skip_space = True

    def feed(self, text: str) -> str:
        text, self._held = self._held + text, ""
        if self._unopened:
            end = _UNOPENED_END.search(text)
            if end is None:
                self._held = text[-_LONGEST_MARK:]
                self._keep(text[:-_LONGEST_MARK])
                return ""
            text, self._unopened, self._opened = text[end.end() :], False, True
        return "".join(self._scan(text))

    def close(self, whole: bool = True) -> str:
        """What was held back and turned out to be text; `whole` is False where the answer was cut short."""
        text, self._held = self._held, ""
        if self._unopened:
            # It thought nothing this time, or it did not get to its end.
            return "".join([*self._kept, text]).lstrip()[:MAX_TEXT_CHARS] if whole else ""
        shown = "".join(self._scan(text, final=True))
        if self._closing and whole:
            self.unclosed = hidden = "".join(self._kept) + self._held
            ends = list(_UNOPENED_END.finditer(hidden))  # one of another name than what opened it
            shown += hidden if self._inline else hidden[ends[-1].end() :].lstrip() if ends else ""
        return shown

    def _scan(self, text: str, final: bool = False) -> list[str]:
        """What is certain of `text` goes into the result, what is not into `_held`. Each character is looked at once."""
        shown: list[str] = []
        at = 0
        while at < len(text) and not self.over:
            if self._closing:
                at = self._hide(text, at)
                continue
            if self._skip_space:
                first = _NOT_SPACE.search(text, at)
                if first is None:
                    break
                at = first.start()
            mark = _MARK.search(text, at) if _OPENING.search(text, at) else None
            if mark is None:
                until = len(text) if final else _begun(text, at)
                self._show(text[at:until], shown)
                self._held = text[until:]
                break
            self._show(text[at : mark.start()], shown)
            at = mark.end()
            following = text[at : at + 1]
            role = text[at:].casefold()
            begins = mark.lastgroup in ("over", "token") and not self._worded
            may_go_on = begins and any(one.startswith(role) for one in _SPEAKERS)
            if mark.lastgroup == "token":
                rest = text[mark.start() :].casefold()
                may_go_on = may_go_on or any(one.startswith(rest) and one != rest for one in _LITERALS)
            if not final and (may_go_on or (not following and _SENTENCE_END.search(self._line))):
                self._held = text[mark.start() :]
                break
            if not self._counts(mark, following, shown):
                self._show(mark[0], shown)
        return shown

    def _hide(self, text: str, at: int) -> int:
        assert self._closing
        end = self._closing.search(text, at)
        until = end.start() if end else max(at, len(text) - _LONGEST_MARK)
        self._keep(text[at:until])
        if end is None:
            self._held = text[until:]
            return len(text)
        if self._is_nested():
            self._keep(end[0])
            return end.end()
        self._closing, self._skip_space, self._line = None, True, ""
        return end.end()

    def _is_nested(self) -> bool:
        """Whether the end that has come is that of thinking within the thinking."""
        self._ends += 1
        if self._again is None or self._ends > MAX_NESTED:
            return False
        return sum(1 for _ in self._again.finditer("".join(self._kept))) > self._ends

    def _counts(self, mark: re.Match[str], following: str, shown: list[str]) -> bool:
        """Whether a mark is one; then what it says is so from here on."""
        kind = mark.lastgroup or ""
        if self._in_code and not self._line.lstrip().startswith("```"):
            return False
        if kind == "over":
            self.over = self._worded and self._line[-1:] not in _QUOTES_BEFORE
            return self.over or not self._worded
        if kind.startswith("around"):
            if self._skip_space:
                self._around = re.compile(_AROUND_ANSWER[int(kind[6:])][1], re.IGNORECASE)
                return True
            return False
        if kind.startswith("after"):
            counts = self._around is not None and self._around.fullmatch(mark[0]) is not None
            self._around = None if counts else self._around
            return counts
        at_start = not self._worded or not self._line.strip()
        attached = bool(self._line) and not self._line[-1].isspace() and self._line[-1] not in _QUOTES
        if kind == "token":
            counts = attached or at_start
            self.over = self._worded and counts and _ENDS_ANSWER.search(mark[0]) is not None
            return counts
        if kind == "end":
            if self._opened and self._skip_space:
                return True  # of two that were opened, one within the other
            if self._opened or not (at_start or attached):
                return False
            shown.clear()
            self.met_unopened, self._skip_space, self._line, self._opened = True, True, "", True
            return True
        self._opened = True
        spaced = not following or following.isspace()
        inline = _SENTENCE_END.search(self._line) and not (spaced and self._line[-1].isspace())
        if not (at_start or inline):
            return False
        end = _end_of_tag(mark["tag"]) if mark["tag"] else _THINKING[int(kind[4:])][1]
        if mark["fence"]:
            end = rf"{mark['fence'][0]}{{{len(mark['fence'])},}}"
        sure = mark["tag"].lower() in _WORDS if mark["tag"] else _SURE.match(mark[0]) is not None
        self._closing, self._inline, self._kept = re.compile(end, re.IGNORECASE), not (at_start and sure), [mark[0]]
        self._kept_chars, self._ends = 0, 0
        tag = mark["tag"]
        self._again = re.compile(rf"(?<![`'\"])<\s?{re.escape(tag)}{_ATTRIBUTES}\s?>", re.IGNORECASE) if tag else None
        return True

    def _keep(self, text: str) -> None:
        if self._kept_chars < MAX_TEXT_CHARS:
            self._kept.append(text)
            self._kept_chars += len(text)

    def _show(self, text: str, shown: list[str]) -> None:
        if not text:
            return
        shown.append(text)
        self._skip_space = False
        self._worded = self._worded or any(char.isalnum() for char in text)
        first, *others = text.split("\n")
        self._line = _both_ends(self._line + first)
        for line in others:
            if self._line.lstrip().startswith("```") and self._line.count("```") % 2:
                self._in_code = not self._in_code
            self._line = _both_ends(line)


def _end_of_tag(tag: str) -> str:
    """A pattern; where the tag's own name says that it begins something, also for the name that says that it ends."""
    end = re.sub("(?i)start|begin", "end", tag)
    return rf"</\s?{re.escape(tag)}\s*>" + (rf"|<{re.escape(end)}>" if end != tag else "")


def _both_ends(line: str) -> str:
    return line if len(line) <= 160 else line[:80] + line[-80:]


def _begun(text: str, start: int) -> int:
    """Where a mark may have begun whose end has not come, or the length of `text`."""
    for begun in _OPENING.finditer(text, max(start, len(text) - _LONGEST_MARK)):
        at = begun.start()
        rest = text[at:].casefold()
        if any(mark.startswith(rest) for mark in _LITERALS) or _TAG_BEGUN.match(text, at):
            return at
    return len(text)


class Keywords:
    """Takes `[[name]]` out of a text: how a model that cannot call tools asks for one. `asked` are the names, in order.

    Text is held back only as long as it may yet become such a keyword.
    """

    _KEYWORD = re.compile(r"\[\[([^\n\[\]]{0,80})\]\]")
    _BEGUN = re.compile(r"\[(?:\[[^\n\[\]]{0,80}\]?)?\Z")

    def __init__(self, names: Container[str]) -> None:
        self.asked: dict[str, None] = {}
        self._names = names
        self._held = ""

    def feed(self, text: str) -> str:
        text, self._held = self._held + text, ""
        shown: list[str] = []
        at = 0
        for keyword in self._KEYWORD.finditer(text):
            if (name := keyword[1].strip()) in self._names:
                self.asked[name] = None
                shown.append(text[at : keyword.start()])
                at = keyword.end()
        begun = text.rfind("[", at)
        begun = begun - 1 if begun > at and text[begun - 1] == "[" else begun
        if begun < 0 or not self._BEGUN.match(text, begun):
            begun = len(text)
        self._held = text[begun:]
        return "".join([*shown, text[at:begun]])

    def close(self) -> str:
        """What was held back and turned out to be text."""
        held, self._held = self._held, ""
        return held
