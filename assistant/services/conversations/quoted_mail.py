"""Where the quoted mail begins in a reply, in the languages that the widget speaks.

Mail programs write a line above what they quote. Gmail's and Apple Mail's name a day, a time and the sender's address in
every language, and end with a colon; other programs leave the address out, and are known by the verb. Outlook repeats the
header.
"""

from __future__ import annotations

import re

MOST_LINES = 3  # that such a line is wrapped into
WRAPPED_AT = 60  # characters: no program makes lines shorter than that
HEADER_LINES = 6

_MARKS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # of direction: they would be between the words
_ADDRESS = re.compile(r"[<(\[]\s*(?:mailto:)?[^\s<>@]+@[^\s<>@]+\s*[>)\]]")
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
_RULE = re.compile(r"[>\s]*(?:_{5,}|[-–—]{2,}.*[-–—]{2,})\s*")  # "-----Original Message-----", in whatever language


def without_quote(lines: list[str]) -> list[str]:
    """The lines above the first that a mail program has written about what follows."""
    plain = [_MARKS.sub("", line).strip() for line in lines]
    end = next((start for number in range(len(plain)) if (start := _quote_at(plain, number)) is not None), len(plain))
    while end and (not plain[end - 1] or (end < len(plain) and _RULE.fullmatch(plain[end - 1]))):
        end -= 1
    return lines[:end]


def _quote_at(lines: list[str], number: int) -> int | None:
    """Where the words about a quote begin, if they end in this line, or are a header that begins in it."""
    if any(_is_header(lines[number : number + HEADER_LINES], *names) for names in _HEADERS):
        return number
    if not _COLON.search(lines[number]):
        return None
    for start in range(number, max(-1, number - MOST_LINES), -1):
        if not lines[start]:
            return None
        if _is_attribution(" ".join(lines[start : number + 1])):
            return _beginning(lines, start)
    return None


def _is_attribution(text: str) -> bool:
    day, time = _DAY.search(text), _TIME.search(text)
    return bool(day and time and _ADDRESS.search(text)) or bool((day or time) and _WROTE.search(text))


def _beginning(lines: list[str], start: int) -> int:
    """The line before, where the words begin in that and were wrapped: it is full, and ends in the middle of a sentence."""
    before = lines[start - 1] if start else ""
    is_full = len(before) + 1 + len(lines[start].partition(" ")[0]) > WRAPPED_AT
    return start - 1 if is_full and before[-1] not in ".!?:؟。！？" else start


def _is_header(lines: list[str], *names: re.Pattern[str]) -> bool:
    """Whether the first line names the sender, and two of those below it what else a header has."""
    sender, *others = names
    block = lines[1 : lines.index("")] if "" in lines else lines[1:]
    return bool(lines and sender.match(lines[0])) and sum(any(one.match(line) for line in block) for one in others) >= 2
