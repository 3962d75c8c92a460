"""Knowledge in the admin: told by writing, uploading and naming pages; and questions answered from their list."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from assistant import tasks
from assistant.models import Assistant, Document, DocumentFile, Organization, Question
from assistant.services.knowledge import documents
from assistant.services.knowledge.formats.result import MAX_BYTES, MAX_CHARS, PROBLEMS
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered, fields_of, tells

pytestmark = pytest.mark.django_db
ADD = "/admin/assistant/document/add/"


def add(client: Client, home: Organization, kind: str, query: str = "", **fields: Any) -> Any:
    return client.post(f"{ADD}?kind={kind}{query}", {"organization": home.pk, "refresh_hours": 24, **fields})


def file(name: str, data: bytes = b"Parking is behind the house.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def page_of(document: Document) -> str:
    return f"/admin/assistant/document/{document.pk}/change/"


def test_staff_choose_the_kind_of_document_first(editor: Client) -> None:
    body = editor.get(ADD).content.decode()
    assert all(f"?kind={kind}" in body for kind in ("text", "file", "page"))
    assert editor.get(f"{ADD}?kind=nonsense").status_code == 200


def test_a_text_is_searchable_at_once(editor: Client, home: Organization) -> None:
    mia = home.assistants.get()
    said = add(editor, home, "text", title="House", text="# Parking\nBehind the house.", assistants=[mia.pk])
    assert said.status_code == 302
    made = Document.objects.get(title="House")
    assert (made.kind, made.state, list(made.assistants.all())) == ("text", "ready", [mia])
    body = editor.get(f"/admin/assistant/document/search/?query=parking&assistant={mia.pk}").content.decode()
    assert "House › Parking" in body and "Behind the house." in body
    assert "Behind the house." in editor.get(page_of(made)).content.decode()


def test_files_are_added_together_and_read_by_a_worker(editor: Client, home: Organization) -> None:
    two = [file("price_list.md"), file("House rules.txt")]
    assert add(editor, home, "file", upload=two, assistants=[home.assistants.get().pk]).status_code == 302
    made = list(Document.objects.filter(kind="file").order_by("title"))
    assert [(row.title, row.state, row.assistants.count()) for row in made] == [
        ("House rules", "queued", 1),
        ("price list", "queued", 1),
    ]
    assert "Waiting to be read" in editor.get(page_of(made[0])).content.decode()
    for row in made:
        tasks.read_document(str(row.pk))
    assert set(Document.objects.filter(kind="file").values_list("state", flat=True)) == {"ready"}


def test_files_that_are_added_together_are_each_named_with_their_state(editor: Client, home: Organization) -> None:
    three = [file("one.md"), file("two <b>.txt"), file("three.csv", b"a,b\n1,2")]
    said = editor.post(f"{ADD}?kind=file", {"organization": home.pk, "upload": three}, follow=True).content.decode()
    assert "3 documents were added" in said
    for row in Document.objects.filter(kind="file"):
        assert f'href="{page_of(row)}"' in said
    assert said.count("(waiting to be read)") == 3 and "two <b>" not in said


def test_an_encoding_that_is_not_recognised_is_chosen_and_the_kept_file_is_read(editor: Client, home: Organization) -> None:
    add(editor, home, "file", upload=[file("a.txt", "Preț: bună".encode("iso8859-16"))])
    made = Document.objects.get(kind="file")
    tasks.read_document(str(made.pk))
    made.refresh_from_db()
    assert (made.state, made.code) == ("failed", "unknown_encoding")
    address = page_of(made)
    assert editor.post(address, {**fields_of(editor, address), "encoding": "no such"}).status_code == 200
    assert editor.post(address, {**fields_of(editor, address), "encoding": "iso8859-16"}).status_code == 302
    assert fields_of(editor, address)["encoding"] == "iso8859-16"
    tasks.read_document(str(made.pk))
    made.refresh_from_db()
    assert (made.state, made.text) == ("ready", "Preț: bună")


def test_the_encoding_of_new_files_can_be_chosen_at_once(editor: Client, home: Organization) -> None:
    add(editor, home, "file", upload=[file("a.txt", "Preț".encode("iso8859-16"))], encoding="iso8859-16")
    made = Document.objects.get(kind="file")
    tasks.read_document(str(made.pk))
    made.refresh_from_db()
    assert made.text == "Preț"


def test_the_length_of_a_text_is_counted_in_characters(editor: Client, home: Organization, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000
    form = editor.get(f"{ADD}?kind=text").content.decode()
    assert "At most 500,000 characters" in form and 'maxlength="500000"' not in form  # a browser would cut without a word
    long = "щ" * (MAX_CHARS - 2) + "\r\nщ"
    assert add(editor, home, "text", title="Long", text=long).status_code == 302
    said = add(editor, home, "text", title="Longer", text=long + "щ" * 5).content.decode()
    assert "at most 500,000 characters, and this one has 500005" in said


def test_a_newer_upload_replaces_a_file(editor: Client, home: Organization) -> None:
    add(editor, home, "file", upload=[file("a.txt")])
    made = Document.objects.get(kind="file")
    tasks.read_document(str(made.pk))
    address = page_of(made)
    assert editor.post(address, {**fields_of(editor, address), "title": "Renamed"}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.text, made.passages.get().title) == ("ready", "Parking is behind the house.", "Renamed")
    editor.post(address, {**fields_of(editor, address), "upload": file("b.txt", b"Parking is on the roof.")})
    made.refresh_from_db()
    assert (made.state, made.passages.get().text) == ("queued", "Parking is behind the house.")  # known until it is read
    tasks.read_document(str(made.pk))
    assert made.passages.get().text == "Parking is on the roof."


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("a.exe", b"MZ")], "cannot be read"),
        ([("huge.txt", b"x" * (MAX_BYTES + 1))], "larger than 10 MB"),
        ([("a.txt", b"good"), ("b.doc", b"old")], "b.doc cannot be read"),
        ([(f"{n}.txt", b"x") for n in range(51)], "At most 50 files"),
        ([("empty.txt", b"")], "empty"),
        ([], "required"),
    ],
)
def test_files_that_cannot_be_read_are_refused_and_nothing_is_kept(
    editor: Client, home: Organization, files: list[tuple[str, bytes]], said: str
) -> None:
    response = add(editor, home, "file", upload=[file(*one) for one in files])
    assert response.status_code == 200 and said in response.content.decode()
    assert not DocumentFile.objects.exists()


def test_the_page_of_an_unreadable_file_says_why(editor: Client, home: Organization) -> None:
    add(editor, home, "file", upload=[file("scan.pdf", b"%PDF-1.4 broken")])
    made = Document.objects.get(kind="file")
    tasks.read_document(str(made.pk))
    body = editor.get(page_of(made)).content.decode()
    assert escape(PROBLEMS["not_that_format"]) in body and 'value="read_again"' in body


def test_pages_are_named_one_per_line(editor: Client, home: Organization) -> None:
    lines = "https://www.example.com/prices\n\n www.example.com/team \nhttps://www.example.com/prices"
    assert add(editor, home, "page", addresses=lines, refresh_hours=168).status_code == 302
    made = Document.objects.filter(kind="page").order_by("url")
    assert [(row.url, row.refresh_hours, row.state) for row in made] == [
        ("https://www.example.com/prices", 168, "queued"),
        ("https://www.example.com/team", 168, "queued"),
    ]
    again = add(editor, home, "page", addresses="https://www.example.com/team")
    assert "has already been added" in again.content.decode()


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/", "http://169.254.169.254/latest", "ftp://example.com/", "file:///etc/passwd", "javascript:alert(1)",
     "http://[::1]/", "http://user:password@example.com/", "x" * 1001, "https://example.com:22/"],
)  # fmt: skip
def test_an_address_that_may_not_be_fetched_is_refused(editor: Client, home: Organization, address: str) -> None:
    assert add(editor, home, "page", addresses=f"https://www.example.com/ok\n{address}").status_code == 200
    assert not Document.objects.filter(kind="page").exists()
    add(editor, home, "page", addresses="https://www.example.com/ok")
    made = page_of(Document.objects.get(kind="page"))
    assert editor.post(made, {**fields_of(editor, made), "url": address}).status_code == 200
    assert not Document.objects.filter(url=address).exists()


def test_a_link_of_a_text_is_a_web_address(editor: Client, home: Organization) -> None:
    for link in ("javascript:alert(1)", "ftp://example.com/a"):
        assert add(editor, home, "text", title="T", text="T", url=link).status_code == 200
    assert add(editor, home, "text", title="T", text="T", url="www.example.com/t").status_code == 302
    assert Document.objects.get(title="T").url == "https://www.example.com/t"


def test_an_organization_has_only_so_many_documents(editor: Client, home: Organization) -> None:
    room = documents.MAX_DOCUMENTS - Document.objects.filter(organization=home).count()
    Document.objects.bulk_create(Document(organization=home, title="T") for _ in range(room - 1))
    assert "at most 1000" in add(editor, home, "file", upload=[file("a.txt"), file("b.txt")]).content.decode()
    assert add(editor, home, "text", title="T", text="T").status_code == 302
    assert "at most 1000" in add(editor, home, "text", title="U", text="T").content.decode()


def test_reading_again_is_for_editors_and_for_what_can_be_read(
    editor: Client, home: Organization, django_capture_on_commit_callbacks: Any, queued_tasks: list[tuple[str, str]]
) -> None:
    add(editor, home, "page", addresses="https://www.example.com/")
    page = Document.objects.get(kind="page")
    Document.objects.filter(pk=page.pk).update(state="failed")
    form = {"action": "read_again", "_selected_action": [row.pk for row in Document.objects.all()]}
    with django_capture_on_commit_callbacks(execute=True):
        entered(member(home, "viewer")).post("/admin/assistant/document/", form)
        assert queued_tasks == []
        editor.post("/admin/assistant/document/", form)
    assert queued_tasks == [(documents.TASK, str(page.pk))]


def test_a_document_is_ticked_for_assistants_of_its_own_organization_only(editor: Client, home: Organization) -> None:
    theirs = Assistant.objects.get(organization=fill("theirs", "Zanzibar"))
    response = add(editor, home, "text", title="T", text="T", assistants=[theirs.pk])
    assert response.status_code == 200 and not tells(response)
    boss = entered(User.objects.create_superuser("boss"))
    assert "another organization" in add(boss, home, "text", title="T", text="T", assistants=[theirs.pk]).content.decode()
    assert not Document.objects.filter(title="T").exists()


def test_another_organizations_knowledge_is_neither_added_to_nor_searched(editor: Client, home: Organization) -> None:
    theirs = fill("theirs", "Zanzibar")
    assert add(editor, theirs, "text", title="Mole", text="Mole").status_code == 200
    for kind in ("text", "file", "page"):
        assert not tells(editor.get(f"{ADD}?kind={kind}&question={theirs.questions.get().pk}"))
    found = editor.get(f"/admin/assistant/document/search/?query=zanzibar&assistant={theirs.assistants.get().pk}")
    assert found.context["found"] == []
    assert add(editor, home, "text", f"&question={theirs.questions.get().pk}", title="T", text="T").status_code == 302
    assert theirs.questions.get().document.organization == theirs
    assert theirs.questions.get().state == Question.State.OPEN


def test_a_viewer_reads_documents_and_adds_none(home: Organization) -> None:
    viewer = entered(member(home, "viewer"))
    for kind, fields in (("text", {}), ("file", {}), ("page", {"url": "https://www.example.com/"})):
        row = Document(organization=home, kind=kind, title=kind, text="Aardvark", **fields)
        documents.queue(row, file=("a.txt", b"x") if kind == "file" else None)
        assert viewer.get(page_of(row)).status_code == 200
        assert 'value="read_again"' not in viewer.get(page_of(row)).content.decode()
        assert add(viewer, home, kind, title="T", text="T").status_code == 403


@pytest.mark.parametrize("query", ["x" * 9000, '" OR 1=1 --', "%00", "' & ! | :*", "<script>hacked()</script>"])
def test_any_question_can_be_tried(editor: Client, home: Organization, query: str) -> None:
    response = editor.get("/admin/assistant/document/search/", {"query": query, "assistant": "9" * 40})
    assert response.status_code == 200
    assert "<script>hacked" not in response.content.decode()


def test_staff_are_told_when_no_assistant_searches_what_they_wrote(editor: Client, home: Organization) -> None:
    add(editor, home, "text", title="T", text="T")
    link = f"/admin/assistant/method/add/?organization={home.pk}&amp;kind=knowledge"
    assert link in editor.get("/admin/assistant/document/").content.decode()
    home.assistants.get().methods.create(organization=home, name="look_up", kind="knowledge", description="x")
    assert link not in editor.get("/admin/assistant/document/").content.decode()


def test_a_question_is_answered_by_writing_a_text_from_its_line(editor: Client, home: Organization) -> None:
    question = home.questions.get()
    Question.objects.update(document=None, text="Is there a pool?")
    link = f"{ADD}?kind=text&amp;question={question.pk}"
    assert link in editor.get("/admin/assistant/question/").content.decode()
    form = editor.get(link.replace("&amp;", "&")).context["adminform"].form
    assert form.initial["title"] == "Is there a pool?"
    add(editor, home, "text", f"&question={question.pk}", title="Is there a pool?", text="We have none.")
    question.refresh_from_db()
    assert question.state == "answered" and question.document.text == "We have none."
    assert not editor.get("/admin/assistant/question/").context["cl"].queryset.exists()
    assert editor.get("/admin/assistant/question/?state=answered").context["cl"].queryset.get() == question


def test_questions_are_counted_in_the_sidebar_until_they_are_set_aside(editor: Client, home: Organization) -> None:
    question = home.questions.get()
    editor.post("/admin/assistant/question/", {"action": "set_aside", "_selected_action": [question.pk]})
    question.refresh_from_db()
    assert question.state == "dismissed"
    theirs = fill("theirs", "Zanzibar").questions.get()
    editor.post("/admin/assistant/question/", {"action": "set_aside", "_selected_action": [theirs.pk]})
    theirs.refresh_from_db()
    assert theirs.state == "open"


def test_a_question_tried_mentions_knowledge_that_is_always_in_the_prompt(editor: Client, home: Organization) -> None:
    mia = home.assistants.get()
    mia.knowledge = "# Parking\n\nBehind the house, two hours free.\n\n# Payment\n\nCash and cards."
    mia.instructions = "Offer a discount of ten percent to students."
    mia.save()

    def tried(query: str) -> str:
        page = editor.get("/admin/assistant/document/search/", {"query": query, "assistant": mia.pk})
        return page.content.decode()

    parking = tried("Where can I do my parking?")
    assert "Nothing was found in the documents" in parking and "Sent with every message" in parking
    assert "Behind the house, two hours free." in parking and "Cash and cards." not in parking
    assert "does not know" not in parking
    assert "ten percent to students" in tried("Is there a discount for students?")
    nothing = tried("Do you sell umbrellas?")
    assert "Sent with every message" not in nothing and "matches by words either" in nothing


def test_a_question_tried_says_when_the_assistant_searches_no_documents(editor: Client, home: Organization) -> None:
    mia = home.assistants.get()
    address = f"/admin/assistant/document/search/?query=parking&assistant={mia.pk}"
    assert "has no method that searches documents" in editor.get(address).content.decode()
    mia.methods.create(organization=home, name="look_up", kind="knowledge", description="x")
    assert "has no method that searches documents" not in editor.get(address).content.decode()
