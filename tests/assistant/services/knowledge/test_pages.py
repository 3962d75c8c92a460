"""Web pages and delimited tables: what their readers see, and no more work than they are long."""

from __future__ import annotations

import pytest

from assistant.services.knowledge.extraction import read
from tests.work import calls_of


def text_of(html: str) -> str:
    return read(html.encode(), "a.html").text


def test_cells_over_several_rows_and_columns_stand_under_all_their_headings() -> None:
    table = """<table><caption>Rooms</caption>
      <thead><tr><th rowspan="2">Room</th><th colspan="2">Night</th></tr><tr><th>Low<th>High</tr></thead>
      <tbody><tr><td rowspan=2>Garden<td>80<td>80<tr><td colspan=2>closed<tr><td colspan=3>Suites<tr><td>Tower<td><td>300
      </table>"""
    assert text_of(table).split("\n") == [
        "Rooms",
        "",
        "Room: Garden | Night Low: 80 | Night High: 80",
        "Room: Garden | Night Low, Night High: closed",
        "Suites",
        "Room: Tower | Night High: 300",
    ]


def test_a_table_that_only_places_things_is_read_as_text() -> None:
    inner = "<table><tr><th>Bed<th>Size<tr><td>Twin<td>90</table>"
    html = f"<table role=presentation><tr><td><h2>Rooms</h2><p>Quiet.<td>{inner}</table>"
    assert text_of(html) == "## Rooms\n\nQuiet.\n\nBed: Twin | Size: 90"


def test_lists_keep_their_numbers() -> None:
    html = "<ol start=4><li>Ring<ul><li>once</ul>then wait<li>Enter<li value=9>Sit</ol><ul><li>a<li>b</ul>"
    assert text_of(html) == "4. Ring\n- once\nthen wait\n5. Enter\n9. Sit\n\n- a\n- b"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<details><summary>Pets?</summary><p>Dogs only.</details>", "Pets?\n\nDogs only."),
        ("<p>Open <img src=x alt='from 9&nbsp;to 17'> daily", "Open from 9 to 17 daily"),
        ("<p>Open <img src=x alt='not' hidden><img alt=''> daily", "Open daily"),
        ("<p>Tele<wbr>phone &amp; caf&eacute; &#8364;5", "Telephone & café €5"),
        ("<p>Now <del>50</del> <s>60</s> <ins>70</ins>", "Now 70"),
        ("<p>a<p style='DISPLAY: none !important'>b<p>c<noscript>Turn it on</noscript>", "a\n\nc"),
        ("<p>12<sup>50</sup> € for 20 m<sup>2</sup>, 3 cups", "12⁵⁰ € for 20 m², 3 cups"),
        ("<pre>9-12\n14-18</pre>", "9-12\n14-18"),
        ("<table><tr><td>Mon<td>9-12<tr><td>Tue<td hidden>x</td><td>14-18</table>", "Mon | 9-12\nTue | 14-18"),
        ("<table><tr><td>never<td>closed", "never | closed"),
        ("</table></td></ol></li></pre>text", "text"),
        ("<![if !IE]>a<![endif]> b<![ <![x <!-- c", "a b x c"),
        ("<p>a<!--[if gte mso 9]><xml><w>Normal</w></xml><![endif]--><p>b<!--[if !vml]><p>c<![endif]-->", "a\n\nb"),
        ("<!--[if IE]>Old<![endif]--><p>a<!--[if !IE]><!--><p>b<!--<![endif]--><p>c", "a\n\nb\n\nc"),
        ("<p>5 < 6 and <b", "5 < 6 and <b"),
    ],
)
def test_what_stands_on_a_page_is_read_as_it_is_seen(html: str, expected: str) -> None:
    assert text_of(html) == expected


def test_what_is_crossed_out_is_noted() -> None:
    assert read(b"<p><del>50</del> 70", "a.html").note == "Text that is crossed out was not read."


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", 'Room,Price\n"Garden, quiet","80 ""net"""\n', 'Room: Garden, quiet | Price: 80 "net"'),
        ("a.csv", 'Room;Price\r\n"Two\r\nlines";1.200,50\r\n', "Room: Two lines | Price: 1.200,50"),
        ("a.csv", "sep=|\nRoom|Price\na,b|1,5\n", "Room: a,b | Price: 1,5"),
        ("a.tsv", "Room\tPrice\nGarden\t80\n\n\t\n", "Room: Garden | Price: 80"),
        ("a.csv", "1,2\n3,4\n", "1 | 2\n3 | 4"),
        ("a.csv", "Room,Price,Note\nGarden,,none\n", "Room: Garden | Note: none"),
        ("a.csv", "one column\nonly\n", "one column\nonly"),
    ],
)
def test_delimited_tables_are_read_by_their_rows(name: str, text: str, expected: str) -> None:
    assert read(text.encode(), name).text == expected


SHAPES = {
    "table.html": lambda n: "<table><tr><th>a<th>b" + "<tr><td>x<td>1" * n,
    "tables.html": lambda n: "<table><tr><td>x" * n,
    "spans.html": lambda n: "<table>" + "<tr><td rowspan=9 colspan=9>x" * n,
    "lists.html": lambda n: "<ul><li>x" * n,
    "tags.html": lambda n: "<b>x</b>" * n,
    "paragraphs.html": lambda n: "<p hidden>x<p>y" * n,
    "a.csv": lambda n: "a,b\n" + '"x",1\n' * n,
    "a.txt": lambda n: "äx\n" * n,
}


def calls(data: bytes, name: str) -> int:
    return calls_of(lambda: read(data, name))


@pytest.mark.parametrize("name", SHAPES)
def test_the_work_grows_with_the_page_and_not_faster(name: str) -> None:
    base, once, twice = (calls(SHAPES[name](n).encode(), name) for n in (100, 400, 700))
    assert twice - once <= 1.3 * (once - base) + 200


def test_no_span_makes_a_small_table_a_large_text() -> None:
    html = "<table>" + "<tr><td colspan=99999 rowspan=99999>" + "x" * 300 + "<tr><td>y<td>z" * 3000 + "</table>"
    assert len(text_of(html)) < 2 * len(html)
