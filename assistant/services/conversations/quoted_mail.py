"""What people have written in a reply, and what their mail programs have quoted, in the languages that the widget speaks.

Mail programs write a line above what they quote. Gmail's and Apple Mail's name a day, a time and the sender's address in
every language, and end with a colon; other programs leave the address out, and are known by the verb. Outlook repeats the
header. People write such lines as well, so that one alone proves nothing: what follows must be a quote, by its ">" or by
being what we have sent. Where that is in doubt, all is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from assistant.services.conversations.email_answers import MARK

MOST_LINES = 3  # that such a line is wrapped into
WRAPPED_AT = 60  # characters: no program makes lines shorter than that
HEADER_LINES = 6
RULE_CHARS = 120
MOST_CHARS = 1000  # of a line that say what it is
WRAPPED_INTO = 40  # lines, at most, that one line of ours comes back as
BANNER_LINES = 4  # that a mail server puts above our mail, such as a warning about unknown senders
TELLING = 15  # characters of a part of a line, from which on it is no chance that we have sent them

_MARKS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # of direction: they would be between the words
_ADDRESS = re.compile(r"[<(\[]\s*(?:mailto:)?[^\s<>@(\[]+@[^\s<>@(\[]+\s*[>)\]]")
_DAY = re.compile(r"(?<!\d)(?:20|21|٢٠|۲۰|२०)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)")
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時时点點]\s?\d{2}(?!\d)|\d{1,2}\s?[時时点點]")
# In the order of `HEADERS` below, as far as a language has one.
_WROTE = re.compile(
    r"\bwrote\b|\bschrieb\b|\ba écrit\b|\bescribió\b|\bha scritto\b|\bescreveu\b|\bschreef\b|\bgeschreven\b"
    r"|\bnapisał|\bpisze\b|\bнаписал|\bпишет\b|\bнаписав|\bнаписала|\bпише\b|\byazdı\b|كتب|كتابة|כתב|लिखा|書きました|のメール|写道|寫道",
    re.IGNORECASE,
)
_COLON = re.compile(r"[:：]\s*$")

# The names of the sender, of when it was sent, of the recipient and of the subject.
HEADERS = {
    "en": ("From", "Sent|Date", "To", "Subject"),
    "de": ("Von", "Gesendet|Datum", "An", "Betreff"),
    "fr": ("De", "Envoyé|Date", "À|A", "Objet"),
    "es": ("De", "Enviado(?: el)?|Fecha", "Para", "Asunto"),
    "it": ("Da", "Inviato|Data", "A", "Oggetto"),
    "pt": ("De", "Enviad[ao](?: em)?|Data", "Para", "Assunto"),
    "nl": ("Van", "Verzonden|Datum", "Aan", "Onderwerp"),
    "pl": ("Od", "Wysłan[eoa]|Data", "Do", "Temat"),
    "ru": ("От(?: кого)?", "Отправлено|Дата", "Кому", "Тема"),
    "uk": ("Від(?: кого)?", "Надіслано|Відправлено|Дата", "Кому", "Тема"),
    "tr": ("Kimden|Gönderen", "Gönderildi|Gönderme Tarihi|Gönderilme Tarihi|Tarih", "Kime|Alıcı", "Konu"),
    "ar": ("من", "تاريخ الإرسال|تم الإرسال|أرسل|التاريخ", "إلى", "الموضوع"),
    "he": ("מאת", "נשלח|תאריך", "אל", "נושא"),
    "hi": ("प्रेषक|से|द्वारा", "भेजा गया|भेजने का समय|दिनांक|तारीख", "प्रति|प्राप्तकर्ता|को", "विषय"),
    "ja": ("差出人|送信者|From", "送信日時|送信日|日付|日時", "宛先", "件名"),
    "zh": ("发件人|寄件者|寄件人", "发送时间|发送日期|寄件日期|傳送時間|日期|时间", "收件人|收件者", "主题|主旨|主題"),
}


def _named(names: str) -> re.Pattern[str]:
    return re.compile(rf"[>\s*_]*(?:{names})[\s*_]*[:：]", re.IGNORECASE)


_HEADERS = [tuple(_named(names) for names in row) for row in HEADERS.values()]
_SENDER = _named("|".join(row[0] for row in HEADERS.values()))
_COPY = _named("Cc|Bcc|CC|BCC|Kopie|Copie|Копия|Копія|抄送|副本")
_RULE = re.compile(r"[>\s]*(?:_{5,}|[-–—]{2,}.*[-–—]{2,})\s*")  # "-----Original Message-----", in whatever language


@dataclass(frozen=True)
class Split:
    """A reply without what it quotes; `reply` is empty where nothing else is found. `below` is what else stands in a quoted
    mail whose lines are not marked, so that nobody can tell whether the person has written it."""

    reply: list[str]
    below: list[str] = field(default_factory=list)


class Sent:
    """The lines of what we have sent: they come back in quotes, wrapped into several, and with the links written out."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._lines = Counter(one for text in texts for line in text.splitlines() if (one := _words(line)))
        self._text = "\n".join(self._lines)
        self._starts = {line.partition(" ")[0] for line in self._lines}

    def is_in(self, lines: list[str]) -> bool:
        """Whether one of these lines is ours, or a part of such a line that is long enough to tell."""
        return any(
            MARK in line or (len(words := _words(line)) >= TELLING and words in self._text) or self._count_at(lines, number)
            for number, line in enumerate(lines)
        )

    def without(self, lines: list[str]) -> list[str]:
        """The lines that are not ours. Each of ours counts once: an answer may be in the words of the question."""
        left, kept, number = self._lines.copy(), list[str](), 0
        while number < len(lines):
            count = self._count_at(lines, number, left)
            if count:
                left[" ".join(filter(None, map(_words, lines[number : number + count])))] -= 1
            elif MARK not in lines[number]:
                kept.append(lines[number])
            number += max(count, 1)
        return kept

    def _count_at(self, lines: list[str], number: int, left: Counter[str] | None = None) -> int:
        """How many lines from this one on are one of ours; 0 if it is none."""
        left, joined = self._lines if left is None else left, ""
        if _words(lines[number]).partition(" ")[0] not in self._starts:
            return 0
        for count, line in enumerate(islice(lines, number, number + WRAPPED_INTO), 1):
            joined = f"{joined} {_words(line)}".strip()
            if left[joined] > 0:
                return count
            if not joined or not any(one.startswith(joined) for one in left):
                break
        return 0


_AROUND_WORDS = re.compile(r"^[>\s]+|<[a-z]+:[^<>]*>|\[(?:cid|image):[^\[\]]*\]|[*_]", re.IGNORECASE)


def _words(line: str) -> str:
    """A line without what mail programs put around its words: marks of quotes and of bold type, links, names of pictures."""
    return " ".join(_AROUND_WORDS.sub("", _MARKS.sub("", line)).split())


def split_reply(lines: list[str], sent: Sent, *, is_cited: bool = False) -> Split:
    """What the person has written, with the quoted lines that it stands between. `is_cited`: the mail program has marked the
    lines that begin with ">", so that they are quotes for certain."""
    mail = _Mail(lines, [_MARKS.sub("", line).strip()[:MOST_CHARS] for line in lines], sent)
    number = 0
    while number < len(lines):
        line, intro = mail.plain[number], mail.intro_at(number)
        if line.startswith(">"):
            end = next((one for one in range(number, len(lines)) if not mail.is_quoted(one)), len(lines))
            if is_cited or sent.is_in(mail.plain[number:end]) or mail.has_intro(number, end):
                return mail.around_marked(number, number)
            number = end
            continue
        if MARK in line:
            return mail.above_unmarked(_Intro(number, number, is_header=False, is_certain=True))
        if intro:
            follows = mail.first_from(intro.end)
            if mail.is_quoted(follows):
                return mail.around_marked(intro.start, follows)
            is_last = follows == len(lines) and intro.is_certain and not intro.is_header
            if is_last or mail.is_ours_below(intro) or mail.is_forwarded(intro):
                return mail.above_unmarked(intro)
        number += 1
    return Split(lines)


@dataclass(frozen=True)
class _Intro:
    """The words about a quote. They are certain where people would hardly write them; a header is then complete."""

    start: int
    end: int
    is_header: bool
    is_certain: bool


@dataclass(frozen=True)
class _Mail:
    """The lines of a mail, `plain` without spaces and marks around them."""

    lines: list[str]
    plain: list[str]
    sent: Sent

    def is_quoted(self, number: int) -> bool:
        return number < len(self.plain) and self.plain[number].startswith(">")

    def first_from(self, number: int) -> int:
        """The first line from this one on that is not empty; their count where there is none."""
        return next((one for one in range(number, len(self.plain)) if self.plain[one]), len(self.plain))

    def intro_at(self, number: int) -> _Intro | None:
        return _intro_at(self.plain, number)

    def has_intro(self, start: int, end: int) -> bool:
        block = [line.lstrip("> ") for line in self.plain[start:end]]
        return any((found := _intro_at(block, number)) and found.is_certain for number in range(len(block)))

    def is_ours_below(self, intro: _Intro) -> bool:
        """Whether our mail begins below these words. A complete header is one, so that a banner may stand between."""
        number = intro.end
        for _ in range(1 + BANNER_LINES * (intro.is_header and intro.is_certain)):
            number = self.first_from(number)
            if self.is_quoted(number) or (number < len(self.plain) and self.intro_at(number)):
                return False
            if self.sent.is_in(self.plain[number : number + 1]):
                return True
            number += 1
        return False

    def is_forwarded(self, intro: _Intro) -> bool:
        """Whether it is a header that a mail program has put there, whichever mail follows."""
        start, end = intro.start, intro.end
        if not (intro.is_header and intro.is_certain and end < len(self.plain) and not self.plain[end]):
            return False
        return any(_is_rule(line) for line in self.plain[max(0, start - 2) : start]) or any(
            _ADDRESS.search(line) for line in self.plain[start:end]
        )

    def above(self, end: int) -> list[str]:
        """The lines before, without the rule that a mail program draws below them."""
        while end and (not self.plain[end - 1] or (end < len(self.plain) and _is_rule(self.plain[end - 1]))):
            end -= 1
        return self.lines[:end]

    def around_marked(self, start: int, quote: int) -> Split:
        """For a quote whose lines are marked. Words of the person below it are kept: with the quote where they stand within
        it, or where it is none of ours and they may have made it themselves."""
        above, intros = self.above(start), self._intros(quote)
        own = [
            one for one in range(quote, len(self.lines)) if self.plain[one] and not self.is_quoted(one) and one not in intros
        ]
        if not own:
            return Split(above)
        quoted = [one for one in range(quote, len(self.lines)) if self.is_quoted(one)]
        is_theirs = bool(above) and not self.sent.is_in([self.plain[one] for one in quoted])
        if is_theirs:
            return Split(self.lines[: own[-1] + 1])
        first = quote if own[0] < quoted[-1] else own[0]
        below = [self.lines[one] for one in range(first, own[-1] + 1) if MARK not in self.lines[one] and one not in intros]
        return Split([*above, "", *below])

    def _intros(self, first: int) -> set[int]:
        """The lines about further quotes."""
        found = [intro for number in range(first, len(self.plain)) if (intro := self.intro_at(number))]
        return {
            one for intro in found if self.is_quoted(self.first_from(intro.end)) for one in range(intro.start, intro.end)
        }

    def above_unmarked(self, quote: _Intro) -> Split:
        """For a quote whose lines are not marked: what follows is our mail, the person's words within it, or a server's. All
        is kept where they may have named one sentence of ours themselves."""
        above, behind = self.above(quote.start), list(range(quote.end, len(self.lines)))
        about = [intro for at in behind if (intro := self.intro_at(at)) and intro.is_certain]
        intros = {one for intro in about for one in range(intro.start, intro.end)}
        quoted = [self.lines[one] for one in behind if one not in intros]
        below = self.sent.without(quoted)
        is_known = len(below) < sum(MARK not in line for line in quoted)
        below = [line for line in below if not line.strip() or re.search(r"\w", _words(line))]
        is_whole = quote.is_header or any(MARK in line for line in quoted)
        if any(below) and not is_whole:
            return Split(self.lines)
        if above or not is_known:
            return Split(above, below)
        return Split(below)


def _is_rule(line: str) -> bool:
    return len(line) <= RULE_CHARS and _RULE.fullmatch(line) is not None


def _intro_at(lines: list[str], number: int) -> _Intro | None:
    """The words about a quote that end in this line, or a header that begins in it."""
    if not re.search("[:：]", lines[number]):
        return None
    block = lines[number : number + HEADER_LINES]
    block = block[: block.index("")] if "" in block else block
    for sender, *others in _HEADERS if _SENDER.match(lines[number]) else ():
        if sender.match(lines[number]):
            names = [next((name for name in (*others, _COPY) if name.match(line)), None) for line in block[1:]]
            count = len({*names} - {None, _COPY})
            if count >= 2:
                end = number + 2 + max(at for at, name in enumerate(names) if name)
                return _Intro(number, end, is_header=True, is_certain=count == len(others))
    return _attribution_at(lines, number)


def _attribution_at(lines: list[str], number: int) -> _Intro | None:
    if not _COLON.search(lines[number]):
        return None
    for start in range(number, max(-1, number - MOST_LINES), -1):
        if not lines[start]:
            return None
        text = " ".join(lines[start : number + 1])
        day, time = _DAY.search(text), _TIME.search(text)
        has_address, has_verb = _ADDRESS.search(text), _WROTE.search(text)
        if (day and time and has_address) or ((day or time) and has_verb):
            return _Intro(_beginning(lines, start), number + 1, is_header=False, is_certain=bool(day and time))
    return None


def _beginning(lines: list[str], start: int) -> int:
    """The line before, where the words begin in that and were wrapped: it is full, and ends in the middle of a sentence."""
    before = lines[start - 1] if start else ""
    is_full = len(before) + 1 + len(lines[start].partition(" ")[0]) > WRAPPED_AT
    return start - 1 if is_full and before[-1] not in ".!?:؟。！？" else start
