"""Imported documents are read as plain values, or rejected with a named reason."""

from __future__ import annotations

import json

import pytest

from assistant.errors import ImportRefused
from assistant.tools import importing
from assistant.tools.importing import documents
from tests.assistant.tools.openapi_documents import described

DEEP = documents.MAX_DEPTH
BOMB = "a: &a [1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 8)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

REFUSED: list[tuple[str, bytes | str]] = [
    ("empty", ""),
    ("empty", b"\xef\xbb\xbf \n"),
    ("empty", "# To be written"),
    ("html", "<!doctype html><title>API</title>"),
    ("encoding", "title: Läden".encode("cp1252")),
    ("encoding", b"\xff\xfea"),
    ("encoding", b"openapi: \xff"),
    ("too_large", b"a: " + b"x" * documents.MAX_BYTES),
    ("json", '{"openapi": '),
    ("json", '{"openapi": NaN}'),
    ("json", '{"a": ' + "9" * 5000 + "}"),
    ("duplicate_key", '{"paths": {}, "paths": {}}'),
    ("too_deep", "[" * 100_000),
    ("too_deep", '{"a":' * (DEEP + 1) + "1" + "}" * (DEEP + 1)),
    ("yaml", "a: [1"),
    ("yaml", "just words"),
    ("yaml", "a: \x00"),
    ("yaml_alias", BOMB),
    ("yaml_alias", "a: &x {b: 1}\nc: *x\n"),
    ("yaml_tag", "a: !!python/object/apply:os.system ['true']"),
    ("yaml_tag", "a: !!binary aGk="),
    ("yaml_tag", "a: !own 1"),
    ("yaml_merge", "a: {<<: {b: 1}}"),
    ("yaml_key", "? [a, b]\n: 1"),
    ("yaml_key", "? {a: b}\n: 1"),
    ("yaml_several", "a: 1\n---\nb: 2\n"),
    ("duplicate_key", "paths: {}\npaths: {}"),
    ("too_deep", "a: " + "[" * DEEP + "]" * DEEP),
    ("unknown_document", '{"hello": "world"}'),
    ("unknown_document", "[1, 2, 3]"),
    ("unknown_document", "hello: world"),
]


@pytest.mark.parametrize(("code", "document"), REFUSED, ids=lambda value: value if isinstance(value, str) else None)
def test_what_cannot_be_read_is_refused_by_name(code, document):
    with pytest.raises(ImportRefused) as refused:
        importing.read(document)
    assert refused.value.code == code and str(refused.value)


def test_yaml_gives_what_json_could_say_and_nothing_else():
    assert documents.load(
        "2024-01-01: day\n200: ok\nno: on\nyes: yes\nday: 2024-02-30\nwhen: 2024-01-01T10:00:00Z\nbase60: 1:30\n"
        "octal: 0777\nhex: 0x1F\nint: -5\nfloat: 1.5e3\nversion: 1.10\ntrue: true\nnull: ~\nquoted: 'true'\n"
        "long: 12345678901234567890"
    ) == {
        "2024-01-01": "day",
        "200": "ok",
        "no": "on",
        "yes": "yes",
        "day": "2024-02-30",
        "when": "2024-01-01T10:00:00Z",
        "base60": "1:30",
        "octal": 777,
        "hex": "0x1F",
        "int": -5,
        "float": 1500.0,
        "version": 1.1,
        "true": True,
        "null": None,
        "quoted": "true",
        "long": 12345678901234567000.0,
    }


def test_a_byte_order_mark_and_a_json_looking_text_are_no_obstacle():
    assert documents.load(b'\xef\xbb\xbf{"a": [1, "\xc3\xa9"]}') == {"a": [1, "é"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_is_read_as_editors_and_shells_save_it(encoding):
    text = json.dumps({**described(), "info": {"title": "Läden", "version": "1"}}, ensure_ascii=False)
    assert importing.read(text.encode(encoding)).title == "Läden"
