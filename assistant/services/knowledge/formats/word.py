"""Word documents as Markdown: the text with all changes accepted, its tables and its lists.

python-docx opens the package; its paragraphs and cells leave out what stands within content controls, tracked changes and
text boxes, so the elements are read one by one here. What cannot become text is counted, for a note to staff.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from typing import Any

from assistant.services.knowledge.formats import fonts, packages, strict
from assistant.services.knowledge.formats.numbering import Numbering
from assistant.services.knowledge.formats.result import MAX_CHARS, RAISED, ExtractedText, Unreadable
from assistant.services.knowledge.formats.tables import MAX_CELLS, MAX_COLUMNS, Cell, Grid, rendered

MAX_UNPACKED_BYTES = 60_000_000  # of a .docx, pictures and all
MAX_XML_BYTES = 15_000_000  # of what is parsed of it
MAX_PARTS = 2000

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
CHARTS = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
PICTURES = ("{http://schemas.openxmlformats.org/drawingml/2006/main}blip", "{urn:schemas-microsoft-com:vml}imagedata")
DIAGRAMS = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"

_DROPPED = {"del", "moveFrom", "rPr", "pPr", "sdtPr", "sdtEndPr", "tblPr", "tblGrid", "trPr", "tcPr", "instrText", "rt"}
_DROPPED |= {"delText", "delInstrText", "sectPr", "commentReference", "fldData", "customXmlPr", "smartTagPr", "rubyPr"}
_SPACES = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOT_AROUND_ROWS = {W + name for name in _DROPPED | {"tbl", "p", "tr", "tc"}}
_PLURALS = {
    "field without an end": "fields without an end",
    "end of a long table": "ends of long tables",
    "sign of a font": "signs of fonts",
}


def read_word(data: bytes) -> ExtractedText:
    try:
        import docx
    except ImportError as error:
        raise Unreadable("no_docx") from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
        # No more than this comes out of each: zipfile stops at the size that the entry names.
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES or len(entries) > MAX_PARTS:
            raise Unreadable("too_large")
        if sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels"))) > MAX_XML_BYTES:
            raise Unreadable("too_large")
        try:
            document = docx.Document(io.BytesIO(strict.with_usual_names(data)))
        except KeyError:  # a part that is not there
            document = docx.Document(io.BytesIO(strict.with_usual_names(packages.repaired(data))))
        return _Reader(document).result()
    except (Unreadable, MemoryError, RecursionError):
        raise
    except Exception as error:  # zipfile, lxml and docx each have errors of their own
        raise Unreadable("not_that_format") from error


def _is_on(parent: Any, name: str) -> bool:
    """Whether a property is there and not switched off."""
    found = parent.find(W + name) if parent is not None else None
    return found is not None and found.get(W + "val", "1") not in ("0", "false", "off", "none")


class _Reader:
    def __init__(self, document: Any) -> None:
        from docx.oxml import parse_xml

        self._document, self._parse = document, parse_xml
        self._left_out: Counter[str] = Counter()
        self._footnotes = {kind: self._notes(kind) for kind in ("footnote", "endnote")}
        self._cited: list[str] = []  # notes of the paragraph that is being read
        self._boxes: list[str] = []  # text boxes that are anchored in it
        self._fields: list[bool] = []  # of fields around what is being read: whether this is their result
        self._styles = {style.get(W + "styleId", ""): style for style in document.styles.element.iter(W + "style")}
        self._numbering = Numbering(self._related("numbering"), self._styles)
        self._chars = 0

    def result(self) -> ExtractedText:
        blocks: list[str] = []
        self._blocks_into(self._document.element.body, blocks)
        blocks += self._margins("\n".join(blocks))
        return ExtractedText("\n\n".join(blocks), self._document.core_properties.title or "", self._note())

    def _note(self) -> str:
        parts = [
            f"{count} {_PLURALS.get(name, name + 's') if count > 1 else name}"
            for name, count in self._left_out.items()
            if count
        ]
        return f"Not read: {', '.join(parts)}." if parts else ""

    # --- Parts beside the text -------------------------------------------------------------------------------------

    def _related(self, kind: str) -> Any:
        for relation in self._document.part.rels.values():
            if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
                part = relation.target_part
                return part.element if hasattr(part, "element") else self._parse(part.blob)
        return None

    def _notes(self, kind: str) -> dict[str, Any]:
        root = self._related(f"{kind}s")
        return {} if root is None else {note.get(W + "id", ""): note for note in root.iterfind(W + kind)}

    def _margins(self, text: str) -> list[str]:
        """Headers and footers that say something: an address, perhaps, but not the number of a page."""
        found: dict[str, None] = {}
        for relation in self._document.part.rels.values():
            if relation.reltype.rpartition("/")[2] in ("header", "footer") and not relation.is_external:
                blocks: list[str] = []
                self._blocks_into(relation.target_part.element, blocks)
                found |= dict.fromkeys(block for block in blocks if re.search(r"[^\W\d_]{3}", block))
        return [block for block in found if block not in text]

    # --- Blocks ----------------------------------------------------------------------------------------------------

    def _blocks_into(self, parent: Any, blocks: list[str]) -> None:
        """The paragraphs and tables of a body, a cell, a text box or a content control, each as a block of Markdown."""
        held = ""  # of paragraphs whose ends a tracked change has deleted
        for child in self._children(parent):
            if self._chars > 2 * MAX_CHARS:
                return
            name = child.tag[len(W) :] if child.tag.startswith(W) else ""
            if name == "p":
                text = held + self._paragraph(child)
                properties = child.find(f"{W}pPr/{W}rPr")
                if properties is not None and properties.find(W + "del") is not None:
                    held = text
                    continue
                held = ""
                self._keep(blocks, text)
            elif name == "tbl":
                self._keep(blocks, self._table(child))
            elif name == "altChunk":
                self._left_out["embedded document"] += 1
            elif name not in _DROPPED:
                self._blocks_into(child, blocks)
        self._keep(blocks, held)

    def _keep(self, blocks: list[str], text: str) -> None:
        if text.strip():
            blocks.append(text.strip())

    def _children(self, parent: Any) -> list[Any]:
        """Elements within `parent` as they count: of alternatives one, of content controls the content."""
        found = []
        for child in parent:
            if not isinstance(child.tag, str):  # a comment
                continue
            if child.tag == MC + "AlternateContent":
                found += self._alternative(child)
            elif child.tag == W + "sdt":
                content = child.find(W + "sdtContent")
                if content is not None and child.find(f"{W}sdtPr/{W}showingPlcHdr") is None:
                    found.append(content)
            else:
                found.append(child)
        return found

    def _alternative(self, element: Any) -> list[Any]:
        """The first that has text or a picture; they say the same for programs of different ages."""
        options = [*element.iterfind(MC + "Choice"), *element.iterfind(MC + "Fallback")]
        for option in options:
            if next(option.iter(W + "t", CHARTS, DIAGRAMS, *PICTURES), None) is not None:
                return [option]
        return options[:1]

    # --- Paragraphs ------------------------------------------------------------------------------------------------

    def _paragraph(self, element: Any) -> str:
        outer, self._cited, self._boxes = (self._cited, self._boxes), [], []
        parts: list[str] = []
        self._text_into(element, parts)
        # One whose middle is missing must not swallow the rest of the document.
        self._left_out["field without an end"] += self._fields.count(False)
        self._fields = [shown for shown in self._fields if shown]
        text = re.sub(r"[ \t]+", " ", "".join(parts)).lstrip()
        blocks = [self._marker(element) + text if text else "", *self._cited, *self._boxes]
        self._cited, self._boxes = outer
        return "\n\n".join(block for block in blocks if block)

    def _marker(self, element: Any) -> str:
        """What stands before the text: signs of a heading, or the number or dot of a list."""
        properties = element.find(W + "pPr")
        style = properties.find(W + "pStyle") if properties is not None else None
        level = self._level(properties, style.get(W + "val", "") if style is not None else "")
        number = self._numbering.marker(properties)
        if level:
            return "#" * level + " " + number.removeprefix("- ")
        return number

    def _level(self, properties: Any, style_id: str) -> int:
        """1 to 6 for a heading, by its style, what that is based on, or its own outline level; 0 for other text."""
        for _ in range(10):
            outline = properties.find(W + "outlineLvl") if properties is not None else None
            if outline is not None:
                level = outline.get(W + "val", "9")
                return int(level) + 1 if level.isdecimal() and int(level) < 6 else 0
            style = self._styles.get(style_id)
            if style is None:
                return 0
            label = style.find(W + "name")
            name = (label.get(W + "val", "") if label is not None else "").lower()
            if match := re.fullmatch(r"heading ([1-6])", name):
                return int(match[1])
            if name == "title":
                return 1
            properties, based = style.find(W + "pPr"), style.find(W + "basedOn")
            style_id = based.get(W + "val", "") if based is not None else ""
        return 0

    def _text_into(self, parent: Any, parts: list[str]) -> None:
        for child in self._children(parent):
            name = child.tag[len(W) :] if child.tag.startswith(W) else ""
            if name == "t":
                if all(self._fields):
                    parts += child.itertext()
                    self._chars += len(child.text or "")
            elif name in _SPACES:
                parts.append(_SPACES[name])
            elif name == "sym":
                self._sign(child, parts)
            elif name == "fldChar":
                self._field(child.get(W + "fldCharType"))
                parts.append(_entered(child))
            elif name in ("footnoteReference", "endnoteReference"):
                self._cite(name.removesuffix("Reference"), child.get(W + "id", ""), parts)
            elif name == "txbxContent":
                self._box(child)
            elif name == "r":
                self._run_into(child, parts)
            elif child.tag in (MATH + "oMath", CHARTS, DIAGRAMS, W + "object", W + "subDoc", *PICTURES):
                self._leave_out(child)
            elif name not in _DROPPED:
                self._text_into(child, parts)

    def _run_into(self, run: Any, parts: list[str]) -> None:
        properties = run.find(W + "rPr")
        if properties is not None and (_is_on(properties, "vanish") or _is_on(properties, "webHidden")):
            for mark in run.iterfind(W + "fldChar"):  # a field may begin in a run that is not shown
                self._field(mark.get(W + "fldCharType"))
            return
        if properties is not None and (_is_on(properties, "strike") or _is_on(properties, "dstrike")):
            self._left_out["crossed-out passage"] += run.find(W + "t") is not None
            return
        begun = len(parts)
        self._text_into(run, parts)
        if properties is not None:
            self._drawn_otherwise(properties, parts, begun)

    def _drawn_otherwise(self, properties: Any, parts: list[str], begun: int) -> None:
        """Of what a run has said: letters that are pictures in its font, and raised digits, since "12" with a raised "50"
        is no 1250."""
        named = properties.find(W + "rFonts")
        font = named.get(W + "ascii", "") if named is not None else ""
        if fonts.is_of_pictures(font):
            written, parts[begun:] = "".join(parts[begun:]), []
            for char in written:
                parts.append(" ") if char.isspace() else self._show_sign(font, ord(char), parts)
        place = properties.find(W + "vertAlign")
        if place is not None and place.get(W + "val") == "superscript":
            parts[begun:] = [part.translate(RAISED) for part in parts[begun:]]

    def _field(self, mark: str | None) -> None:
        """Of a field its result is text, and what it is computed from is not."""
        if mark == "begin":
            self._fields.append(False)
        elif mark == "separate" and self._fields:
            self._fields[-1] = True
        elif mark == "end" and self._fields:
            self._fields.pop()

    def _sign(self, element: Any, parts: list[str]) -> None:
        """A sign by its number in a font."""
        number = element.get(W + "char", "")
        if re.fullmatch(r"[0-9A-Fa-f]{4}", number):
            self._show_sign(element.get(W + "font", ""), int(number, 16), parts)
        else:
            self._left_out["sign of a font"] += 1

    def _show_sign(self, font: str, number: int, parts: list[str]) -> None:
        shown = fonts.sign(font, number)
        if shown is None:
            self._left_out["sign of a font"] += 1
        elif all(self._fields):
            parts.append(shown)

    def _cite(self, kind: str, number: str, parts: list[str]) -> None:
        note = self._footnotes[kind].pop(number, None)  # each is told once
        if note is None:
            return
        blocks: list[str] = []
        self._blocks_into(note, blocks)
        if blocks:
            sign = f"[{'' if kind == 'footnote' else 'e'}{number}]"
            parts.append(f" {sign}")
            self._cited.append(f"{sign} {' '.join(blocks)}")

    def _box(self, content: Any) -> None:
        fields, self._fields = self._fields, []
        blocks: list[str] = []
        self._blocks_into(content, blocks)
        self._fields = fields
        self._boxes += blocks

    def _leave_out(self, element: Any) -> None:
        kinds = {MATH + "oMath": "equation", CHARTS: "chart", DIAGRAMS: "diagram", W + "object": "embedded object"}
        kinds[W + "subDoc"] = "embedded document"
        self._left_out[kinds.get(element.tag, "picture")] += 1

    # --- Tables ----------------------------------------------------------------------------------------------------

    def _table(self, table: Any) -> str:
        rows: list[Any] = []
        self._gather(table, W + "tr", rows)
        grid: Grid = []
        heads = places = 0
        for row in rows:
            properties = row.find(W + "trPr")
            if properties is not None and properties.find(W + "del") is not None:
                continue
            line = self._row(row, grid[-1] if grid else [])
            heads += _is_on(properties, "tblHeader") and heads == len(grid)
            grid.append(line)
            places += len(line)
            if places > MAX_CELLS or self._chars > 2 * MAX_CHARS:
                self._left_out["end of a long table"] += 1
                break
        return rendered(grid, heads or (self._bold_heads(rows, grid) or None))

    def _gather(self, parent: Any, tag: str, found: list[Any]) -> None:
        """Rows or cells, which content controls and tracked changes may stand around."""
        for child in self._children(parent):
            if child.tag == tag:
                found.append(child)
            elif child.tag not in _NOT_AROUND_ROWS:
                self._gather(child, tag, found)

    def _row(self, row: Any, above: list[Cell | None]) -> list[Cell | None]:
        cells: list[Any] = []
        self._gather(row, W + "tc", cells)
        line: list[Cell | None] = [None] * _number(row.find(f"{W}trPr/{W}gridBefore"), 0)
        for cell in cells:
            properties = cell.find(W + "tcPr")
            width = max(1, _number(properties.find(W + "gridSpan") if properties is not None else None, 1))
            merged = properties.find(W + "vMerge") if properties is not None else None
            beside = properties.find(W + "hMerge") if properties is not None else None
            if beside is not None and beside.get(W + "val", "continue") == "continue" and line:
                held = line[-1]
            elif merged is not None and merged.get(W + "val", "continue") == "continue" and len(line) < len(above):
                held = above[len(line)]
            elif properties is not None and properties.find(W + "cellDel") is not None:
                held = Cell("")
            else:
                blocks: list[str] = []
                self._blocks_into(cell, blocks)
                held = Cell("; ".join("; ".join(block.split("\n")) if " | " in block else block for block in blocks))
            line += [held] * min(width, MAX_COLUMNS - len(line))
        return line

    def _bold_heads(self, rows: list[Any], grid: Grid) -> int:
        """1 where the first row alone is in bold letters, which is how many people mark the names of columns."""
        if len(rows) < 2 or len(grid) < 2 or any(cell is None or not cell.text for cell in grid[0][1:]):
            return 0

        def bold(row: Any) -> bool:
            runs = [run for run in row.iter(W + "r") if run.find(W + "t") is not None]
            return bool(runs) and all(_is_on(run.find(W + "rPr"), "b") for run in runs)

        return int(bold(rows[0]) and not bold(rows[1]))


def _entered(mark: Any) -> str:
    """What a field of a form of older kind shows without a result of its own: the entry that was chosen, or its box."""
    chosen = mark.find(f"{W}ffData/{W}ddList")
    if chosen is not None:
        entries = [entry.get(W + "val", "") for entry in chosen.iterfind(W + "listEntry")]
        place = _number(chosen.find(W + "result"), _number(chosen.find(W + "default"), 0))
        return entries[place] if place < len(entries) else ""
    box = mark.find(f"{W}ffData/{W}checkBox")
    if box is None:
        return ""
    return "☒" if _is_on(box, "checked" if box.find(W + "checked") is not None else "default") else "☐"


def _number(element: Any, otherwise: int) -> int:
    value = element.get(W + "val", "") if element is not None else ""
    return min(int(value), MAX_COLUMNS) if value.isdecimal() and len(value) < 6 else otherwise
