"""Word documents: what a reader of the accepted document sees, and what staff are told was left out."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml

from assistant.services.knowledge.extraction import read
from assistant.services.knowledge.formats.result import Unreadable
from tests.work import calls_of

SPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "v": "urn:schemas-microsoft-com:vml",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
}
NAMES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def tc(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(r(text))}</w:tc>"


def tr(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def tbl(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(rows)}</w:tbl>"


def sdt(content: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def word(body: str, **parts: str) -> bytes:
    """A document with this body; `parts` are further ones, by their names."""
    document = docx.Document()
    element: Any = document.element.body
    for child in reversed(parse_xml(f"<w:body {NAMES}>{body}</w:body>")):
        element.insert(0, child)
    for name, content in parts.items():
        add_part(document, name, content)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def add_part(document: Any, name: str, content: str) -> None:
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    kind = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{name}+xml"
    blob = f"<w:{name} {NAMES}>{content}</w:{name}>".encode()
    part = Part(PackURI(f"/word/{name}.xml"), kind, blob, document.part.package)
    document.part.relate_to(part, f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{name}")


def text_of(body: str, **parts: str) -> str:
    return read(word(body, **parts), "a.docx").text


HEAD = tr(tc("Room"), tc("Weekday"), tc("Weekend"), tc("Holiday"))


def test_two_cells_that_say_the_same_are_two_cells() -> None:
    table = tbl(HEAD, tr(tc("Garden"), tc("80"), tc("80"), tc("95")), tr(tc("Attic"), tc(""), tc(""), tc("70")))
    assert text_of(table) == "Room: Garden | Weekday: 80 | Weekend: 80 | Holiday: 95\nRoom: Attic | Holiday: 70"


def test_merged_cells_are_said_for_each_place_that_they_cover_once() -> None:
    wide = tc("80", '<w:gridSpan w:val="2"/>')
    first, second = tc("Garden", '<w:vMerge w:val="restart"/>'), tc("", "<w:vMerge/>")
    table = tbl(HEAD, tr(first, wide, tc("95")), tr(second, tc("1"), tc("2"), tc("3")))
    assert text_of(table).split("\n") == [
        "Room: Garden | Weekday, Weekend: 80 | Holiday: 95",
        "Room: Garden | Weekday: 1 | Weekend: 2 | Holiday: 3",
    ]


def test_rows_that_the_author_repeats_on_each_page_name_the_columns_together() -> None:
    repeated = "<w:tblHeader/>"
    over = tr(tc(""), tc("Price", '<w:gridSpan w:val="2"/>'), properties=repeated)
    under = tr(tc("Room"), tc("Low"), tc("High"), properties=repeated)
    assert text_of(tbl(over, under, tr(tc("Garden"), tc("80"), tc("90")))) == "Room: Garden | Price Low: 80 | Price High: 90"


def test_a_table_whose_first_row_names_nothing_keeps_every_value_in_its_place() -> None:
    assert text_of(tbl(tr(tc("Mon"), tc("9-12"), tc("")), tr(tc("Tue"), tc(""), tc("14-18")))) == "Mon | 9-12\nTue | | 14-18"


def test_a_table_within_a_cell_and_rows_and_cells_in_content_controls_are_read() -> None:
    inner = f"<w:tc><w:tcPr/>{tbl(tr(tc('Bed'), tc('Double')))}{p('')}</w:tc>"
    table = tbl(tr(tc("Garden"), inner), sdt(tr(tc("Attic"), sdt(tc("Single")))))
    assert text_of(table) == "Garden | Bed | Double\nAttic | Single"


def test_tracked_changes_are_read_as_accepted() -> None:
    dead = "<w:del><w:r><w:delText>50</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>"
    alive = f"<w:ins>{r('70')}</w:ins><w:moveTo>{r(' here')}</w:moveTo>"
    row = tr(tc("Old"), properties="<w:del/>")
    assert text_of(p(r("Costs ") + dead + alive) + tbl(row, tr(tc("New")))) == "Costs 70 here\n\nNew"


def test_two_paragraphs_whose_border_was_deleted_are_one() -> None:
    assert text_of(p(r("It costs "), "<w:rPr><w:del/></w:rPr>") + p(r("70."))) == "It costs 70."


def test_content_controls_of_every_level_are_read_and_their_placeholders_are_not() -> None:
    body = sdt(p(r("Block. ") + sdt(sdt(r("Nested."))))) + p(
        sdt(r("Click to choose a date"), "<w:showingPlcHdr/>") + r("End")
    )
    assert text_of(body) == "Block. Nested.\n\nEnd"


def test_alternatives_are_read_once_and_text_boxes_behind_their_paragraph() -> None:
    box = f"<w:txbxContent>{p(r('Closed in August'))}</w:txbxContent>"
    new, old = f"<w:drawing>{box}</w:drawing>", f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict>"
    older = f"<mc:Fallback>{old}</mc:Fallback>"
    choice = f"<mc:AlternateContent><mc:Choice Requires='wps'>{new}</mc:Choice>{older}</mc:AlternateContent>"
    assert text_of(p(r("Hours") + f"<w:r>{choice}</w:r>")) == "Hours\n\nClosed in August"
    empty = f"<mc:AlternateContent><mc:Choice Requires='x'/>{older}</mc:AlternateContent>"
    assert text_of(p(r("Hours") + f"<w:r>{empty}</w:r>")) == "Hours\n\nClosed in August"


def test_boxes_are_read_as_they_were_ticked_and_unknown_signs_are_noted() -> None:
    def sign(char: str, font: str = "Wingdings") -> str:
        return f'<w:r><w:sym w:font="{font}" w:char="{char}"/></w:r>'

    found = read(word(p(sign("F0FE") + r(" parking, ") + sign("F0A8") + r(" pool ") + sign("00B1", "Symbol"))), "a.docx")
    assert (found.text, found.note) == ("☒ parking, ☐ pool ±", "")
    assert read(word(p(r("a ") + sign("F021", "House Font"))), "a.docx").note == "Not read: 1 sign of a font."


def test_letters_that_are_pictures_in_their_font_are_read_as_what_they_show() -> None:
    def drawn(text: str, font: str) -> str:
        return p(r(text, f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}"/>') + r(" included"))

    assert text_of(drawn("ü", "Wingdings")) == "✓ included"
    assert text_of(drawn("35\uf0b0", "Symbol")) == "35° included"
    assert text_of(drawn("m", "Symbol")) == "μ included"
    found = read(word(drawn("J", "Webdings")), "a.docx")
    assert (found.text, found.note) == ("included", "Not read: 1 sign of a font.")


def test_raised_digits_stay_apart_from_those_before_them() -> None:
    raised = '<w:vertAlign w:val="superscript"/>'
    assert text_of(p(r("12") + r("50", raised) + r(" € for 20 m") + r("2", raised))) == "12⁵⁰ € for 20 m²"


def test_a_strict_open_xml_document_is_read_like_any_other() -> None:
    usual, out = io.BytesIO(word(tbl(tr(tc("Clay"), tc("12 €"))))), io.BytesIO()
    with zipfile.ZipFile(usual) as packed, zipfile.ZipFile(out, "w") as strict:
        for name in packed.namelist():
            content = packed.read(name)
            if name.endswith((".xml", ".rels")):
                content = re.sub(rb"http://schemas\.openxmlformats\.org/(officeDocument|wordprocessingml|drawingml)/2006/",
                                 rb"http://purl.oclc.org/ooxml/\1/", content)  # fmt: skip
            strict.writestr(name, content)
    assert read(out.getvalue(), "a.docx").text == read(usual.getvalue(), "a.docx").text == "Clay | 12 €"


def test_the_entries_of_a_form_are_read_as_they_were_chosen() -> None:
    def field(data: str) -> str:
        begin = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
        return f'{begin}<w:r><w:instrText>FORM</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'

    entries = '<w:listEntry w:val="closed"/><w:listEntry w:val="open"/>'
    days = field(f'<w:ddList><w:result w:val="1"/>{entries}</w:ddList>')
    box = field('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>')
    empty = field('<w:checkBox><w:default w:val="0"/></w:checkBox>')
    assert text_of(p(r("Monday: ") + days + r(" ") + box + empty)) == "Monday: open ☒☐"


def test_cells_that_are_merged_as_word_once_did_are_said_for_each_column() -> None:
    begin, more = '<w:hMerge w:val="restart"/>', "<w:hMerge/>"
    names = tr(tc("Day"), tc("Adult"), tc("Child"), properties="<w:tblHeader/>")
    assert text_of(tbl(names, tr(tc("Monday"), tc("12", begin), tc("", more)))) == "Day: Monday | Adult, Child: 12"


def test_hidden_and_crossed_out_text_is_left_out_and_the_latter_is_noted() -> None:
    page = read(word(p(r("Seen", '<w:vanish w:val="0"/>') + r("Hidden", "<w:vanish/>") + r("Old", "<w:strike/>"))), "a.docx")
    assert (page.text, page.note) == ("Seen", "Not read: 1 crossed-out passage.")


def test_of_a_field_the_result_is_read_and_of_a_link_the_words() -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    code = "<w:r><w:instrText>DATE</w:instrText></w:r>" + r("code")
    field = mark("begin") + code + mark("separate") + r("1 May") + mark("end")
    link = f"<w:hyperlink>{r('our page')}</w:hyperlink><w:fldSimple w:instr='X'>{r('!')}</w:fldSimple>"
    assert text_of(p(r("From ") + field + r(", see ") + link)) == "From 1 May, see our page!"


def test_a_field_that_never_ends_swallows_no_more_than_its_paragraph_and_is_noted() -> None:
    page = read(word(p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + r("code")) + p(r("Next"))), "a.docx")
    assert (page.text, page.note) == ("Next", "Not read: 1 field without an end.")


def test_breaks_and_tabs_keep_words_apart() -> None:
    assert (
        text_of(p("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>"))
        == "a b\nc-d"
    )


def test_notes_stand_behind_the_paragraph_that_cites_them() -> None:
    note = f'<w:footnote w:id="2">{p(r("Not on Sundays."))}</w:footnote>'
    body = p(r("Open daily.") + '<w:r><w:footnoteReference w:id="2"/></w:r>') + p(r("Next"))
    assert text_of(body, footnotes=note) == "Open daily. [2]\n\n[2] Not on Sundays.\n\nNext"


def test_lists_are_numbered_as_word_shows_them() -> None:
    def level(number: int, form: str, text: str) -> str:
        kind = f'<w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
        return f'<w:lvl w:ilvl="{number}">{kind}</w:lvl>'

    def item(text: str, depth: int, number: int = 77) -> str:
        return p(r(text), f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')

    document = docx.Document()
    levels = level(0, "decimal", "%1.") + level(1, "lowerLetter", "%1.%2)")
    root: Any = document.part.numbering_part.element
    root.insert(0, parse_xml(f'<w:abstractNum {NAMES} w:abstractNumId="77">{levels}</w:abstractNum>'))
    root.append(parse_xml(f'<w:num {NAMES} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    element: Any = document.element.body
    body = item("Call", 0) + item("By phone", 1) + item("By mail", 1) + item("Come", 0) + item("Tram", 1)
    for child in reversed(parse_xml(f"<w:body {NAMES}>{body}</w:body>")):
        element.insert(0, child)
    document.add_paragraph("Dot", style="List Bullet")
    document.add_paragraph("Again", style="List Number")
    out = io.BytesIO()
    document.save(out)
    lines = read(out.getvalue(), "a.docx").text.split("\n\n")
    assert lines == ["1. Call", "1.a) By phone", "1.b) By mail", "2. Come", "2.a) Tram", "- Dot", "1. Again"]


def test_what_cannot_become_text_is_named() -> None:
    picture = "<w:r><w:drawing><a:blip/></w:drawing></w:r>"
    chart = "<w:r><w:drawing><c:chart/></w:drawing></w:r>"
    sum_ = "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>"
    page = read(word(p(r("Text") + picture + picture + chart + sum_)), "a.docx")
    assert (page.text, page.note) == ("Text", "Not read: 2 pictures, 1 chart, 1 equation.")


def test_an_address_in_the_footer_is_read_and_a_page_number_is_not() -> None:
    document = docx.Document()
    document.add_paragraph("Prices")
    document.sections[0].footer.paragraphs[0].text = "12 Mill Lane"
    document.sections[0].header.paragraphs[0].text = "3 / 9"
    out = io.BytesIO()
    document.save(out)
    assert read(out.getvalue(), "a.docx").text == "Prices\n\n12 Mill Lane"


SHAPES = {
    "runs": lambda n: p(r("a ") * n),
    "paragraphs": lambda n: p(r("a")) * n,
    "rows": lambda n: tbl(HEAD, *[tr(tc("a"), tc("1"), tc("1"), tc("1"))] * n),
    "merged rows": lambda n: tbl(HEAD, *[tr(tc("", "<w:vMerge/>"), tc("1", '<w:gridSpan w:val="60"/>'))] * n),
    "fields": lambda n: p(('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + r("x")) * n) + p(r("a")),
    "list items": lambda n: p(r("a"), '<w:numPr><w:ilvl w:val="8"/><w:numId w:val="1"/></w:numPr>') * n,
    "boxes": lambda n: p(f"<w:r><w:pict><w:txbxContent>{p(r('a'))}</w:txbxContent></w:pict></w:r>" * n),
}


def calls(data: bytes) -> int:
    return calls_of(lambda: read(data, "a.docx"))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_with_the_document_and_not_faster(shape: str) -> None:
    base, once, twice = (calls(word(SHAPES[shape](n))) for n in (1, 200, 400))
    assert twice - base <= 2.2 * (once - base)


def test_tables_within_tables_are_read_or_refused_by_name() -> None:
    deep = p(r("inside"))
    for _ in range(40):
        deep = f"<w:tbl><w:tblPr/><w:tblGrid/><w:tr><w:tc><w:tcPr/>{deep}{p(r('x'))}</w:tc></w:tr></w:tbl>"
    assert "inside" in text_of(deep)


def test_elements_within_each_other_without_end_are_refused_by_name() -> None:
    data = word(p(r("SLOT")))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry).replace(b"SLOT", b"</w:t><w:smartTag>" + b"<w:smartTag>" * 20_000)
            new.writestr(entry, content)
    with pytest.raises(Unreadable, match="or the file is damaged"):
        read(out.getvalue(), "a.docx")


def test_entities_of_a_document_are_not_expanded() -> None:
    out = io.BytesIO()
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    with zipfile.ZipFile(io.BytesIO(word(p(r("SLOT Text"))))) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "word/document.xml":
                content = content.replace(b"<w:document", bomb.encode() + b"<w:document", 1).replace(b"SLOT", b"&b;")
            new.writestr(entry, content)
    assert read(out.getvalue(), "a.docx").text == "&b; Text"
