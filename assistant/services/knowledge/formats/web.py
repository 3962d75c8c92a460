"""Web pages as Markdown: the content that readers see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from assistant.services.knowledge.formats.result import RAISED, ExtractedText
from assistant.services.knowledge.formats.tables import MAX_CELLS, Cell, laid_out, rendered

MAX_NESTED = 12  # tables and lists; deeper ones are text like any other

_NEVER = {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "canvas", "head"}
_NEVER |= {"select", "button", "textarea", "datalist", "audio", "video", "del", "s", "strike", "rp", "rt"}
_NOISE = _NEVER | {"nav", "footer", "aside", "form", "dialog"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = {"p", "div", "section", "article", "main", "ul", "ol", "header", "blockquote", "pre", "dl", "dt", "dd"}
_BLOCKS |= {"figure", "figcaption", "details", "summary", "caption", "address", "hgroup", "menu", "fieldset", "legend"}
_CLOSED_BY_THE_NEXT = {"p", "li", "tr", "td", "th", "dt", "dd"}
_HIDING = {"display:none", "visibility:hidden", "visibility:collapse", "opacity:0", "font-size:0", "font-size:0px"}
_HIDING |= {"content-visibility:hidden"}
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_MARKS_ALONE = re.compile(r"-|\||\d+\.")


def read_page(text: str) -> ExtractedText:
    text = _closed(text)
    page, whole = _Page(text, _NOISE), _Page(text, _NEVER)
    if len(page.text) * 10 < len(whole.text):  # as when a <nav> is never closed
        page = whole
    return ExtractedText(page.text, page.title, page.note)


def _closed(text: str) -> str:
    """Without what begins and never ends: the parser would look for the end of each from there to the end of the page."""
    # What old browsers take as a condition; the parser raises on odd ones. One that ends a comment ends it still.
    text = re.sub(r"<!\[[^>\n]{0,200}(?<!--)>", "", text).replace("<![", " ")
    for begin, end in (("<!--", "-->"), ("<", ">")):
        last = text.rfind(end) + 1
        text = text[:last] + text[last:].replace(begin, " " if begin != "<" else "&lt;")
    return text


@dataclass
class _Table:
    """A table that is being read; `parts` is what its parent had so far."""

    parts: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)  # of its cells, as blocks
    cell: Cell | None = None
    heads: int = 0
    in_head: bool = False
    is_layout: bool = False


class _Page(HTMLParser):
    """No script, no hidden element, no navigation; what is crossed out holds no longer and is left out too."""

    def __init__(self, text: str, skipped: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._skipped = skipped
        self._skipping, self._depth = "", 0  # the element whose content is left out, and how deep it is in itself
        self._in_title = self._ended = False
        self._pre = 0
        self._raised = 0  # `sup` elements around what is being read
        self._parts: list[str] = []
        self._tables: list[_Table] = []
        self._lists: list[int | None] = []  # the number of the last item; None for lists without numbers
        self._main: list[int] = []
        self._crossed_out = self._behind_list = False
        self.title = ""
        self.feed(text)
        self.close()
        while self._tables:
            self._end_table()
        self.text = self._whole()
        self.note = "Text that is crossed out was not read." if self._crossed_out else ""

    def _whole(self) -> str:
        return _joined(self._parts[slice(*self._main)] if len(self._main) == 2 else self._parts) or _joined(self._parts)

    # --- Elements --------------------------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title" and not self.title
        if (self._skipping == tag and tag in _CLOSED_BY_THE_NEXT) or (
            self._skipping == "p" and (tag in _BLOCKS or tag in _HEADINGS or tag == "table")
        ):
            self._skipping = ""
        given = dict(attrs)
        if self._skipping:
            self._depth += tag == self._skipping
        elif tag in _VOID:
            self._void(tag, given)
        elif tag in self._skipped or _is_hidden(given):
            self._crossed_out |= tag in ("del", "s", "strike")
            self._skipping, self._depth = tag, 1
        else:
            self._begin(tag, given)
        self._ended = False

    def _void(self, tag: str, given: dict[str, str | None]) -> None:
        if tag == "img" and (alt := " ".join((given.get("alt") or "").split())) and not _is_hidden(given):
            self._parts.append(f" {alt} ")
        elif tag != "wbr":  # a place where a word may be divided
            self._parts.append("\n" if tag in ("br", "hr") else " ")

    def _begin(self, tag: str, given: dict[str, str | None]) -> None:
        if tag in _HEADINGS:
            self._parts.append(f"\n\n{_HEADINGS[tag]} ")
        elif tag == "li":
            self._item(given.get("value"))
        elif tag == "table" and len(self._tables) < MAX_NESTED:
            self._tables.append(_Table(self._parts, is_layout=given.get("role") in ("presentation", "none")))
            self._parts = []
        elif self._tables and tag in ("tr", "td", "th", "thead", "tbody", "tfoot"):
            self._table_part(tag, given)
        elif tag in ("tr", "table"):
            self._parts.append("\n")
        elif tag in ("td", "th"):
            self._parts.append(" | ")
        elif tag in _BLOCKS:
            self._block(tag, given)
        elif tag == "sup":
            self._raised += 1
        elif self._ended:  # "<b>£55</b><span>30 minutes</span>" may stand in two lines: it must not become "£5530 minutes"
            self._parts.append(" ")

    def _block(self, tag: str, given: dict[str, str | None]) -> None:
        if tag not in ("ul", "ol", "menu") or not self._lists:  # a list within a list goes on with its next line
            self._parts.append("\n\n")
        self._pre += tag == "pre"
        if tag in ("ul", "ol", "menu"):
            start = given.get("start") or "1"
            begun = int(start) - 1 if re.fullmatch(r"-?\d{1,6}", start) else 0
            self._lists.append(begun if tag == "ol" else None)
        if tag == "main" and not self._main and not self._tables:
            self._main.append(len(self._parts))

    def _item(self, value: str | None) -> None:
        self._behind_list = False
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._parts.append("\n- ")
            return
        self._lists[-1] = int(value) if value and re.fullmatch(r"-?\d{1,6}", value) else number + 1
        self._parts.append(f"\n{self._lists[-1]}. ")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if self._skipping:
            if self._tables and tag == "table" and self._skipping in ("td", "th", "tr"):
                self._skipping = ""  # a hidden cell that is never closed ends with its table
            else:
                self._depth -= tag == self._skipping
                if not self._depth:
                    self._skipping = ""
                return
        self._ended = True
        if tag == "main" and len(self._main) == 1 and not self._tables:
            self._main.append(len(self._parts))
        if tag == "table" and self._tables:
            self._end_table()
        elif tag == "thead" and self._tables:
            self._tables[-1].in_head = False
        elif tag == "pre":
            self._pre = max(self._pre - 1, 0)
        elif tag == "sup":
            self._raised = max(self._raised - 1, 0)
        elif tag in ("ul", "ol", "menu") and self._lists:
            self._lists.pop()
            if self._lists:
                self._behind_list = True
                return
        if tag in _BLOCKS or tag in _HEADINGS or tag == "table":
            self._parts.append("\n\n")

    # --- Tables ----------------------------------------------------------------------------------------------------

    def _table_part(self, tag: str, given: dict[str, str | None]) -> None:
        table = self._tables[-1]
        if tag in ("td", "th"):
            self._begin_cell(tag, given)
            return
        self._end_cell()
        if tag == "tr":
            table.rows.append([])
            table.heads += table.in_head and table.heads == len(table.rows) - 1
        else:
            table.in_head = tag == "thead"

    def _begin_cell(self, tag: str, given: dict[str, str | None]) -> None:
        if not self._tables:
            return
        self._end_cell()
        table = self._tables[-1]
        if not table.rows:
            table.rows.append([])
        rows = _count(given.get("rowspan"), 1000)
        if given.get("rowspan") == "0":
            rows = 1000
        table.cell = Cell("", _count(given.get("colspan"), 200), rows, tag == "th")
        table.rows[-1].append(table.cell)

    def _end_cell(self) -> None:
        """What was gathered is the cell's text, or what stands between the cells, such as a caption."""
        table = self._tables[-1]
        text, self._parts = _joined(self._parts), []
        if table.cell is None:
            if text:
                table.parts += ["\n\n", text, "\n\n"]
            return
        table.is_layout |= "\n\n" in text and re.search(r"(?m)^#|\n\n.*\n\n", text) is not None
        table.texts.append([text] if text else [])
        table.cell.text = " ".join(text.replace("\n", " ; " if " | " in text else " ").split())
        table.cell = None

    def _end_table(self) -> None:
        self._end_cell()
        table = self._tables.pop()
        self._parts = table.parts
        wide = max(map(len, table.rows), default=0)
        if (table.is_layout and not table.heads) or wide < 2 or sum(map(len, table.rows)) > MAX_CELLS:
            text = "\n\n".join(text for texts in table.texts for text in texts)
        else:
            text = rendered(laid_out(table.rows), table.heads or None)
        # The lines are made: no space in them may be taken for a break.
        self._parts += ["\n\n", text, "\n\n"]

    # --- Text ------------------------------------------------------------------------------------------------------

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = (self.title + data)[:300]
        elif not self._skipping:
            self._ended = False
            if self._raised:  # "12<sup>50</sup>" is no 1250
                data = data.translate(RAISED)
            if self._behind_list and data.strip():
                self._parts.append("\n")
                self._behind_list = False
            # Within an element, a line break is a space.
            self._parts.append(data if self._pre else data.replace("\n", " "))


def _joined(parts: list[str]) -> str:
    lines = [" ".join(line.split()) for line in "".join(parts).split("\n")]
    # Without the marks of list items and cells that held nothing, or only elements that stand by themselves.
    kept = ["" if _MARKS_ALONE.fullmatch(line) else line for line in lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _count(value: str | None, most: int) -> int:
    return max(1, min(int(value), most)) if value and re.fullmatch(r"\d{1,6}", value.strip()) else 1


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    """What visitors of the page do not see must not speak to a model in its name."""
    style = re.sub(r"\s|!important", "", (attributes.get("style") or "").lower()).split(";")
    return "hidden" in attributes or attributes.get("aria-hidden") == "true" or not _HIDING.isdisjoint(style)
