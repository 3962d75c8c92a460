"""The text of a mail: charsets that Python does not know, HTML that does not end, and parts that are easily missed."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from assistant.services.conversations.mail_text import decoded, html_as_text, text_of


def read(headers: str, body: bytes) -> str:
    raw = f"From: eva@mail.example\r\nMIME-Version: 1.0\r\n{headers}\r\n\r\n".encode() + body
    return text_of(message_from_bytes(raw, policy=policy.default)).text.strip()


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        ("iso-8859-8-i", "iso8859-8", "כן, ביום שישי"),
        ("windows-31j", "cp932", "はい、金曜日①"),
        ("x-sjis", "cp932", "はい、金曜日"),
        ("iso-2022-jp-ms", "iso2022_jp", "はい、金曜日"),
        ("_iso-2022-jp$ESC", "iso2022_jp", "はい、金曜日"),
        ("x-gbk", "gb18030", "星期五可以"),
        ("ks_c_5601-1987", "cp949", "금요일"),
        ("cp-850", "cp850", "Schöne Grüße"),
        ("x-cp1251", "cp1251", "В пятницу"),
        ("ansi", "cp1252", "Schöne Grüße – bis Freitag"),
        ("utf8mb4", "utf-8", "Schöne Grüße 🙂"),
        ("utf-8; format=flowed", "utf-8", "Schöne Grüße"),
        ("us-ascii", "utf-8", "Schöne Grüße"),
        ("iso-8859-1", "utf-8", "Schöne Grüße"),
        ("unicode", "ascii", "Friday is fine"),
        ("utf-16", "utf-8", "Schöne Grüße"),
        ("utf-16", "utf-16", "Schöne Grüße"),
        ("unknown-8bit", "utf-8", "Schöne Grüße"),
        ("x-unknown", "iso2022_jp", "はい、金曜日にうかがいます。よろしくお願いします。"),
        ("unknown-8bit", "cp1252", "Grüße"),
        ("default_charset", "ascii", "Friday"),
        ("base64", "ascii", "Friday"),
        ("=?", "ascii", "Friday"),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_any_name_of_a_charset_is_read(charset, encoding, text, kind):
    headers = f'Content-Type: text/{kind}; charset="{charset}"\r\nContent-Transfer-Encoding: 8bit'
    assert read(headers, text.encode(encoding)) == text


def test_bytes_that_are_no_text_of_their_charset_are_replaced_and_cost_none_of_the_others():
    assert decoded(b"Friday \xff\xfe at nine", "utf-8") == "Friday \ufffd\ufffd at nine"
    assert decoded(b"Friday \x81", "iso-8859-1") == "Friday \ufffd"
    assert decoded(b"\1\2\3 Friday", "x-unknown").endswith("Friday")


@pytest.mark.parametrize(
    "html",
    [
        "<html><head><meta charset=utf-8><body>Friday is fine</body></html>",
        "<html><head><title>Re: Your stay<body>Friday is fine",
        "<head><style>p { margin: 0 }<body><p>Friday is fine",
        "<head><style><!-- p > b { margin: 0 } --></style></head><p>Friday is fine<style>b { color: red }",
        "<script>if (1 < 2) document.write('<b>no</b>')</script>Friday is fine",
        "<p>Friday is fine<script>no",
        "<!-- <p>Friday is fine",
        "<![if !mso]><p>Friday is fine<![endif]><![odd",
        "<!--[if mso]><style>b{}</style><![endif]--><!--[if !mso]><!--><p>Friday is fine</p><!--<![endif]-->",
        "<p>Friday is fine<a href='",
    ],
)
def test_html_without_its_ends_hides_nothing(html):
    assert html_as_text(html)[0].replace("odd", "").partition("<a")[0].split() == ["Friday", "is", "fine"]


def test_html_that_never_ends_is_read_in_time_that_grows_with_its_length():
    for piece in ("<a ", "<!--", "<![if", "<script>", "<style ", "<blockquote>x", "<"):
        for end in ("", ">", "</script>-->"):
            html_as_text(piece * 50_000 + end)


PARTS = b"--x\r\nContent-Type: text/plain\r\n\r\n%s\r\n--x\r\nContent-Type: %s\r\n\r\n%s\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ("Content-Type: multipart/alternative; boundary=x", PARTS % (b" ", b"text/html", b"<p>Friday"), "Friday"),
        ("Content-Type: multipart/mixed; boundary=x", PARTS % (b"Friday", b"text/plain", b"at nine"), "Friday\nat nine"),
        ("Content-Type: multipart/alternative; boundary=x", b"Friday", "Friday"),
        ("Content-Type: text/enriched", b"Friday", "Friday"),
        ("Content-Type: text/plain\r\nContent-Disposition: attachment", b"Friday", "Friday"),
    ],
)
def test_words_are_found_in_whichever_part_they_are(headers, body, text):
    assert read(headers, body) == text
