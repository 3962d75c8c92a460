"""Files in the inbox: staff open what visitors send, send their own, and nobody else does either."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from assistant.models import AuditEntry, Conversation, ConversationFile, Organization
from assistant.services.conversations.messages import post_message
from assistant.services.files import uploads
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.services.files import pictures

BASE = "/admin/assistant/conversation/inbox/"


@pytest.fixture
def talk(home: Organization) -> Conversation:
    assistant = home.assistants.get()
    assistant.accepts_files = True
    assistant.save()
    made = make.conversation(assistant)
    files = [uploads.receive(made, "tooth.jpg", pictures.jpeg("at home")), uploads.receive(made, "x<b>.pdf", pictures.PDF)]
    post_message(made, "c-1", "", files=[str(file.pk) for file in files])
    return made


def sent(client, talk, data=pictures.PDF, name="offer.pdf"):
    return client.post(f"{BASE}{talk.pk}/attach/", {"file": SimpleUploadedFile(name, data)})


def test_staff_see_and_open_what_a_visitor_has_sent(editor, talk):
    [item] = editor.get(f"{BASE}{talk.pk}/").json()["items"]
    image, pdf = item["files"]
    assert (image["name"], pdf["name"], pdf["thumbnail"]) == ("tooth.jpg", "x_b_.pdf", "")
    small = editor.get(image["thumbnail"])
    with Image.open(io.BytesIO(small.content)) as opened:
        assert opened.format == "PNG"
    found = editor.get(pdf["url"])
    assert found.content == pictures.PDF and found["Content-Disposition"].startswith("attachment")
    for answer in (small, found):
        assert answer["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer["Content-Security-Policy"]
    assert AuditEntry.objects.filter(act="looked", object_id=str(talk.pk)).exists()
    page = editor.get(f"/admin/assistant/conversation/{talk.pk}/change/").content.decode()
    assert image["thumbnail"] in page and "x_b_.pdf" in page
    [line] = [line for line in editor.get(f"{BASE}list/", {"tab": "open"}).json()["lines"] if line["id"] == str(talk.pk)]
    assert line["text"] == "tooth.jpg, x_b_.pdf"


def test_nobody_of_another_organization_opens_a_file(talk):
    away = make.organization("Away")
    foreign = entered(member(away, "owner"))
    for file in talk.files.all():
        for rest in ("", "thumbnail/"):
            assert foreign.get(f"{BASE}{talk.pk}/files/{file.pk}/{rest}").status_code in (302, 403, 404)
    assert sent(foreign, talk).status_code in (302, 403, 404)
    # Nor through a conversation of their own.
    own = make.conversation(make.assistant(away))
    assert foreign.get(f"{BASE}{own.pk}/files/{talk.files.first().pk}/").status_code == 404


def test_staff_send_files_with_a_reply_or_take_them_back(home, editor, talk):
    file, other = sent(editor, talk).json()["file"], sent(editor, talk, pictures.png(), "a.png").json()["file"]
    assert editor.post(f"{BASE}{talk.pk}/detach/", {"file": other["id"]}).json() == {"ok": True}
    reply = editor.post(f"{BASE}{talk.pk}/reply/", {"text": "", "seq": "99", "file": [file["id"]]})
    assert reply.json() == {"ok": True}
    assert talk.messages.filter(role="staff").get().files == [file]
    again = editor.post(f"{BASE}{talk.pk}/reply/", {"text": "", "seq": "99", "file": [file["id"]]})
    assert again.status_code == 400
    assert editor.post(f"{BASE}{talk.pk}/reply/", {"text": "", "seq": "99", "file": ["'"]}).status_code == 400


def test_what_is_refused_says_why_and_a_viewer_sends_nothing(home, editor, talk):
    before = ConversationFile.objects.count()
    refused = sent(editor, talk, b"MZ", "setup.exe")
    assert refused.status_code == 400 and "PDF" in refused.json()["error"]
    assert "Choose" in editor.post(f"{BASE}{talk.pk}/attach/").json()["error"]
    assert sent(entered(member(home, "viewer")), talk).status_code == 403
    assert ConversationFile.objects.count() == before
