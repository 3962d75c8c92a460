"""Word files whose package a strict reader refuses: read all the same, where the text is there."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from assistant.services.knowledge.extraction import read
from assistant.services.knowledge.formats.packages import repaired

from .test_word import p, r, word

RELATIONS = "word/_rels/document.xml.rels"
IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"


def packed_again(name_of: Callable[[str], str] = str, relation: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word(p(r("We open at nine."))))) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == RELATIONS:
                content = content.replace(b"</Relationships>", relation.encode() + b"</Relationships>")
            new.writestr(name_of(entry.filename), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "relation",
    [
        f'<Relationship Id="rId90" Type="{IMAGE}" Target="NULL"/>',
        f'<Relationship Id="rId90" Type="{IMAGE}" Target="/word/media/lost.png"></Relationship>',
        f"<Relationship Target='../media/lost.png' Type='{IMAGE}' Id='rId90'/>",
    ],
)
def test_a_relation_to_a_part_that_is_not_there_costs_no_text(relation: str) -> None:
    assert read(packed_again(relation=relation), "a.docx").text == "We open at nine."


@pytest.mark.parametrize("name_of", [lambda name: name.replace("/", "\\"), lambda name: f"/{name}"], ids=["back", "first"])
def test_folders_may_be_written_in_the_manner_of_windows(name_of: Callable[[str], str]) -> None:
    assert read(packed_again(name_of), "a.docx").text == "We open at nine."


def test_all_other_relations_stay() -> None:
    external = f'<Relationship Id="rId90" Type="{IMAGE}" Target="https://www.example.com/a.png" TargetMode="External"/>'
    data = packed_again(relation=external + f'<Relationship Id="rId91" Type="{IMAGE}" Target="lost.png"/>')
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(io.BytesIO(repaired(data))) as after:
        assert after.namelist() == before.namelist()
        kept, had = after.read(RELATIONS), before.read(RELATIONS)
    assert external.encode() in kept and b"rId91" not in kept
    assert kept.count(b"<Relationship ") == had.count(b"<Relationship ") - 1
