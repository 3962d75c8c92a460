"""Files of conversations: what is accepted, who may have them, and that nothing of them stays behind."""

from __future__ import annotations

import io
import json
import stat
import threading
import zipfile
from datetime import timedelta
from typing import ClassVar

import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection, connections
from django.utils import timezone

from assistant.errors import Conflict, InputError, NotAllowed, NotFound
from assistant.models import ConversationFile, DroppedFile, FileTotal, Message
from assistant.services.conversations import takeover
from assistant.services.conversations.messages import post_message
from assistant.services.files import links, storing, uploads
from assistant.services.files.scanning import NotScanned, ThreatFound
from assistant.services.privacy import erasure, export
from tests import make
from tests.assistant.services.files import pictures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A folder on the disk, as it is in production."""
    options = {**{"location": str(tmp_path)}, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    settings.STORAGES = {
        **settings.STORAGES,
        "conversations": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options},
    }
    return tmp_path


@pytest.fixture
def talk():
    return make.conversation(make.assistant(accepts_files=True))


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def refused(talk, name="a.png", data=None, **more):
    with pytest.raises(InputError) as error:
        uploads.receive(talk, name, pictures.png() if data is None else data, **more)
    return error.value.code


# --- What is accepted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "type", "shown"),
    [
        ("photo.png", pictures.png(), "image/png", "photo.png"),
        ("IMG_1.JPEG", pictures.jpeg(), "image/jpeg", "IMG_1.jpeg"),
        ("scan.pdf", pictures.PDF, "application/pdf", "scan.pdf"),
        ("setup.exe", pictures.png(), "image/png", "setup.png"),
        ("page.html", pictures.gif(), "image/gif", "page.gif"),
        ("../../etc/passwd", pictures.webp(), "image/webp", "passwd.webp"),
        ("C:\\Users\\me\\x.pdf", pictures.PDF, "application/pdf", "x.pdf"),
        ("fdp\u202efdp.exe", pictures.PDF, "application/pdf", "fdp fdp.pdf"),
        ("a]\n[file: b.pdf", pictures.PDF, "application/pdf", "a_ _file_ b.pdf"),
        ("", pictures.png(), "image/png", "file.png"),
        ("..", pictures.png(), "image/png", "file.png"),
        ("x" * 300 + ".png", pictures.png(), "image/png", "x" * 100 + ".png"),
    ],
)
def test_what_a_file_is_its_content_says(talk, name, data, type, shown):
    file = uploads.receive(talk, name, data)
    assert (file.type, file.name, file.state) == (type, shown, "ready")


@pytest.mark.parametrize(
    "data", [b"", b"MZ\x90", b"<html><script>alert(1)</script>", b"PK\x03\x04", b"GIF89a<?php", b" %PDF"]
)
def test_anything_else_is_refused_and_leaves_nothing(talk, folder, data):
    assert refused(talk, "a.png", data) == "file_type"
    assert not ConversationFile.objects.exists()
    storing.delete_dropped()
    assert stored(folder) == []


def test_visitors_send_files_only_where_staff_allow_it():
    talk = make.conversation()
    with pytest.raises(NotAllowed):
        uploads.receive(talk, "a.png", pictures.png())
    assert uploads.offered(talk.assistant) is None


def test_limits_of_size_and_number_hold_for_visitors_and_staff(talk, settings, django_user_model):
    settings.FILE_MAX_MB, settings.FILES_PER_CONVERSATION = 1, 2
    assert refused(talk, data=pictures.PDF + bytes(1_000_000)) == "file_too_large"
    uploads.receive(talk, "a.png", pictures.png())
    uploads.receive(talk, "b.png", pictures.png())
    assert refused(talk) == "too_many_files"
    assert refused(talk, by=django_user_model.objects.create(username="ada")) == "too_many_files"
    other = make.conversation(talk.assistant)
    settings.FILES_ORGANIZATION_MB = 1
    uploads.receive(other, "c.pdf", pictures.PDF + bytes(900_000))
    assert refused(other, data=pictures.PDF + bytes(900_000)) == "too_many_files"
    # Another organization has room of its own.
    elsewhere = make.conversation(make.assistant(make.organization("Elsewhere"), accepts_files=True))
    assert uploads.receive(elsewhere, "d.pdf", pictures.PDF + bytes(900_000))


def test_what_the_scanner_finds_or_cannot_look_at_is_refused(talk, folder):
    def finds(data, scanner):
        raise ThreatFound

    def is_away(data, scanner):
        raise NotScanned

    assert refused(talk, scanner=finds) == "file_refused"
    assert refused(talk, scanner=is_away) == "file_not_checked"
    assert not ConversationFile.objects.exists() and stored(folder) == []


def total(talk):
    return FileTotal.objects.values_list("bytes", flat=True).get(organization=talk.organization_id)


def test_the_room_that_is_taken_is_that_of_the_files_that_are_stored(talk, settings):
    kept = uploads.receive(talk, "a.pdf", pictures.PDF)
    unsent = uploads.receive(talk, "b.pdf", pictures.PDF + bytes(99))
    assert total(talk) == kept.size + unsent.size
    uploads.remove_unsent(talk, unsent.pk)
    assert total(talk) == kept.size  # at once, so that another one can be sent in its place
    refused(talk, data=b"MZ")
    stores = settings.STORAGES
    nowhere = {**stores["conversations"], "OPTIONS": {"location": "/dev/null/x"}}
    settings.STORAGES = {**stores, "conversations": nowhere}
    assert refused(talk, data=pictures.PDF) == "unavailable"
    settings.STORAGES = stores
    storing.delete_dropped()  # what of it may be there
    assert total(talk) == kept.size and ConversationFile.objects.get() == kept


def test_a_file_that_is_deleted_twice_at_once_gives_its_room_back_once(talk):
    files = [uploads.receive(talk, name, pictures.PDF) for name in ("a.pdf", "b.pdf")]
    again = ConversationFile.objects.get(pk=files[0].pk)
    files[0].delete()
    again.delete()
    assert storing.delete_dropped() == 1 and storing.delete_dropped() == 0
    assert total(talk) == files[1].size


class SweptTwice(FileSystemStorage):
    """While one sweep deletes a content, another one begins and ends."""

    others: ClassVar[list[int]] = []

    def delete(self, name):
        if not self.others:
            self.others.append(0)
            self.others[0] = storing.delete_dropped()
        super().delete(name)


def test_two_sweeps_at_once_give_the_room_of_a_file_back_once(talk, settings):
    files = [uploads.receive(talk, name, pictures.PDF) for name in ("a.pdf", "b.pdf")]
    files[0].delete()
    stores = settings.STORAGES
    settings.STORAGES = {**stores, "conversations": {**stores["conversations"], "BACKEND": f"{__name__}.SweptTwice"}}
    SweptTwice.others.clear()
    storing.delete_dropped()
    assert SweptTwice.others == [1] and total(talk) == files[1].size


@pytest.mark.skipif(not connection.features.has_select_for_update, reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_of_two_files_at_once_the_second_finds_no_room(settings):
    settings.FILES_ORGANIZATION_MB = 1
    assistant = make.assistant(accepts_files=True)
    uploads.receive(make.conversation(assistant), "first.pdf", pictures.PDF)  # the total has a row, for which nobody waits
    both_examined = threading.Barrier(2)
    said = []

    def scanner(data, scanner):
        both_examined.wait()

    def send(talk):
        try:
            uploads.receive(talk, "a.pdf", pictures.PDF + bytes(900_000), scanner=scanner)
            said.append("accepted")
        except InputError as error:
            said.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(make.conversation(assistant),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["accepted", "too_many_files"]


# --- How it is stored -------------------------------------------------------------------------------------------------


def test_a_content_is_sealed_private_and_under_a_name_that_says_nothing(talk, folder):
    file = uploads.receive(talk, "secret-plan.pdf", pictures.PDF)
    [path] = stored(folder)
    assert b"%PDF" not in path.read_bytes() and "plan" not in str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert storing.read(file.place) == pictures.PDF
    # Sealed for its own place: nothing else opens it.
    other = uploads.receive(talk, "b.pdf", pictures.PDF)
    storage = storages["conversations"]
    storage.delete(f"{other.place[:2]}/{other.place}")
    storage.save(f"{other.place[:2]}/{other.place}", io.BytesIO(path.read_bytes()))
    with pytest.raises(NotFound):
        storing.read(other.place)


def test_erasure_deletes_the_contents_and_a_late_upload_brings_none_back(talk, folder):
    organization, visitor = talk.organization, talk.visitor
    file = uploads.receive(talk, "a.png", pictures.png())
    post_message(talk, "c-1", "Look", files=[str(file.pk)])
    assert len(stored(folder)) == 2  # with its thumbnail
    erasure.erase(organization, visitor.pk)
    storing.delete_dropped()
    assert stored(folder) == []
    storing.write(file.place, b"late")  # by an upload that was under way
    storing.delete_dropped(timezone.now() + storing.LATE_WRITES * 2)
    assert stored(folder) == [] and not DroppedFile.objects.exists()


@pytest.mark.parametrize("what", ["conversation", "message", "organization"])
def test_whatever_deletes_a_row_has_its_content_deleted(talk, folder, what):
    file = uploads.receive(talk, "a.pdf", pictures.PDF)
    message = post_message(talk, "c-1", "Look", files=[str(file.pk)]).message
    {"conversation": talk, "message": message, "organization": talk.organization}[what].delete()
    assert storing.delete_dropped() == 1 and stored(folder) == []


def test_a_file_that_is_never_sent_is_deleted_after_a_day_and_one_that_is_sent_stays(talk, folder):
    sent, unsent = (uploads.receive(talk, name, pictures.PDF) for name in ("a.pdf", "b.pdf"))
    post_message(talk, "c-1", "", files=[str(sent.pk)])
    ConversationFile.objects.update(at=timezone.now() - storing.UNSENT_FOR - timedelta(minutes=1))
    storing.delete_dropped()
    assert list(ConversationFile.objects.all()) == [sent]
    assert [path.name for path in stored(folder)] == [sent.place] != [unsent.place]


def test_a_file_that_a_message_has_taken_meanwhile_is_not_dropped(talk, folder):
    file = uploads.receive(talk, "a.pdf", pictures.PDF)
    post_message(talk, "c-1", "", files=[str(file.pk)])
    assert file.message is None and not storing.drop(file)  # as it was when it was looked for
    assert ConversationFile.objects.get() == file and len(stored(folder)) == 1


def test_a_storage_that_fails_delays_a_deletion_and_loses_none(talk, folder):
    file = uploads.receive(talk, "a.pdf", pictures.PDF)
    place = folder / file.place[:2] / file.place
    content = place.read_bytes()
    place.unlink()
    place.mkdir()  # what cannot be deleted as a file
    (place / "x").write_bytes(content)
    file.delete()
    assert storing.delete_dropped() == 0 and DroppedFile.objects.filter(deleted_at=None).count() == 1
    (place / "x").unlink()
    assert storing.delete_dropped() == 1


def test_an_export_has_the_files(talk):
    file = uploads.receive(talk, "a.pdf", pictures.PDF)
    post_message(talk, "c-1", "Look", files=[str(file.pk)])
    with export.as_zip(talk.organization, talk.visitor) as made, zipfile.ZipFile(made) as archive:
        assert archive.read(f"files/{file.pk} a.pdf") == pictures.PDF
        assert "a.pdf" in json.dumps(json.loads(archive.read("visitor.json"))["tables"])


class Watched(FileSystemStorage):
    """Notes how deep in transactions each file is opened."""

    depths: ClassVar[list[int]] = []

    def open(self, *args, **kwargs):
        self.depths.append(len(connection.savepoint_ids))
        return super().open(*args, **kwargs)


def sent(talk, *names):
    files = [uploads.receive(talk, name, pictures.PDF) for name in names]
    post_message(talk, "c-1", "Look", files=[str(file.pk) for file in files])
    return files


@pytest.mark.parametrize("own", [False, True])
def test_no_file_is_read_while_an_export_holds_up_those_who_write(talk, settings, own):
    organization, visitor = talk.organization, talk.visitor
    sent(talk, "a.pdf", "b.pdf")
    stores = settings.STORAGES
    watched = {**stores["conversations"], "BACKEND": f"{__name__}.Watched"}
    settings.STORAGES = {**stores, "conversations": watched}
    Watched.depths.clear()
    export.recorded(organization, visitor, by="the visitor", how="in a test", own=own).close()
    assert Watched.depths == [len(connection.savepoint_ids)] * 2


def test_an_export_says_which_files_were_too_much_for_it_and_which_could_not_be_read(talk, folder):
    files = sent(talk, "a.pdf", "b.pdf", "c.pdf")
    (folder / files[0].place[:2] / files[0].place).unlink()
    most = len(pictures.PDF) * 3 // 2
    with export.as_zip(talk.organization, talk.visitor, most=most) as made, zipfile.ZipFile(made) as archive:
        [kept] = [one for one in archive.infolist() if one.filename.startswith("files/")]
        found, page = json.loads(archive.read("visitor.json")), archive.read("visitor.html").decode()
    assert (kept.filename, kept.compress_type) == (f"files/{files[1].pk} b.pdf", zipfile.ZIP_STORED)
    left_out = {one["name"]: one["why"] for one in found["files_left_out"]}
    assert left_out.keys() == {"a.pdf", "c.pdf"} and "read" in left_out["a.pdf"] and "MB" in left_out["c.pdf"]
    assert "a.pdf" in page and left_out["c.pdf"] in page


# --- Messages and links -----------------------------------------------------------------------------------------------


def test_a_message_has_its_files_once(talk):
    file = uploads.receive(talk, "a.png", pictures.png())
    ids = [str(file.pk)]
    posted = post_message(talk, "c-1", "", files=ids)
    assert posted.message.files == [{"id": ids[0], "name": "a.png", "type": "image/png", "size": file.size}]
    talk.refresh_from_db()
    assert talk.title == "a.png"
    again = post_message(talk, "c-1", "", files=ids)
    assert again.message == posted.message and not again.new
    with pytest.raises(Conflict):
        post_message(talk, "c-1", "", files=[])
    with pytest.raises(NotFound):
        post_message(talk, "c-2", "", files=ids)
    assert Message.objects.filter(conversation=talk).count() == 1


def test_nobody_sends_a_file_of_another_conversation_or_of_staff(talk, django_user_model):
    ada = django_user_model.objects.create(username="ada")
    theirs = uploads.receive(make.conversation(talk.assistant), "a.png", pictures.png())
    staffs = uploads.receive(talk, "b.png", pictures.png(), by=ada)
    mine = uploads.receive(talk, "c.png", pictures.png())
    for file in (theirs, staffs):
        with pytest.raises(NotFound):
            post_message(talk, "c-1", "Hello", files=[str(file.pk)])
        with pytest.raises(NotFound):
            uploads.remove_unsent(talk, file.pk)
    with pytest.raises(NotFound):
        takeover.answer(talk, ada, "Here", files=[str(mine.pk)])
    said = takeover.answer(talk, ada, "", files=[str(staffs.pk)])
    assert said.files[0]["name"] == "b.png"


def test_a_message_has_only_so_many_files(talk, settings):
    settings.FILES_PER_MESSAGE = 1
    ids = [str(uploads.receive(talk, name, pictures.png()).pk) for name in ("a.png", "b.png")]
    with pytest.raises(InputError) as error:
        post_message(talk, "c-1", "Hello", files=ids)
    assert error.value.code == "too_many_files"


def test_a_link_is_for_a_file_that_was_sent_in_this_conversation(talk):
    file = uploads.receive(talk, "a.png", pictures.png())
    with pytest.raises(NotFound):
        links.link_to(talk, file.pk)
    post_message(talk, "c-1", "", files=[str(file.pk)])
    token = links.link_to(talk, file.pk)[0].rpartition("/")[2]
    assert links.of_link(token) == file
    with pytest.raises(NotFound):
        links.link_to(make.conversation(talk.assistant), file.pk)
    for wrong in (token[:-1], token + "x", str(file.pk), ""):
        with pytest.raises(NotFound):
            links.of_link(wrong)
