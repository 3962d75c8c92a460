"""Logos and avatars: what is kept of an upload, one for each owner, and where it is shown."""

from __future__ import annotations

import io
from functools import partial

import pytest
from PIL import Image

from assistant.errors import InputError, NotFound
from assistant.models import Picture
from assistant.services.files.images import draw
from assistant.services.files.images import drawn as images_drawn
from assistant.services.files.scanning import ThreatFound
from assistant.services.organizations import pictures
from tests import make
from tests.assistant.services.files import pictures as images

SVG = b'<?xml version="1.0"?>\n<SVG xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def upload(data: bytes, shape: pictures.Shape = pictures.AVATAR):
    return pictures.examined(io.BytesIO(data), shape)


def drawn(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


# --- What is kept of a file -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [images.png(), images.jpeg("at home"), images.gif("at home"), images.webp()])
def test_a_picture_is_drawn_anew_as_one_still_frame_that_mail_programs_show(data):
    found = draw(data, pictures.AVATAR)
    assert found.type in ("image/png", "image/jpeg") and b"at home" not in found.data
    with drawn(found.data) as image:
        assert image.format == found.type.removeprefix("image/").upper()
        assert getattr(image, "n_frames", 1) == 1 and not image.getexif()
        assert image.size == (found.width, found.height)


def test_an_avatar_is_the_middle_square_and_is_never_made_larger():
    assert [(one.width, one.height) for one in (draw(images.png(800, 600), pictures.AVATAR),)] == [(256, 256)]
    small = draw(images.png(40, 30), pictures.AVATAR)
    assert (small.width, small.height) == (30, 30)


def test_a_logo_keeps_its_proportions_and_what_is_transparent_of_it():
    out = io.BytesIO()
    Image.new("RGBA", (1200, 300), (10, 20, 30, 0)).save(out, "PNG")
    found = draw(out.getvalue(), pictures.LOGO)
    assert (found.type, found.width, found.height) == ("image/png", 600, 150)
    with drawn(found.data) as image:
        assert image.getpixel((5, 5))[3] == 0


def test_a_photo_for_print_is_kept_in_the_colours_of_screens():
    out = io.BytesIO()
    Image.new("CMYK", (64, 64), (0, 255, 255, 0)).save(out, "JPEG")
    with drawn(draw(out.getvalue(), pictures.AVATAR).data) as image:
        red, green, blue = image.convert("RGB").getpixel((9, 9))
        assert red > 200 and green < 60 and blue < 60


def test_a_photo_lies_as_its_metadata_says():
    assert draw(images.jpeg(orientation=6), pictures.LOGO).height == 40


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (SVG, "SVG is not accepted"),
        (b"GIF89a and nothing more", "is not a JPEG, PNG, WebP or GIF"),
        (b"%PDF-1.7", "is not a JPEG, PNG, WebP or GIF"),
        (images.bomb(60_000, 60_000), "too many pixels"),
        (bytes(pictures.MAX_MB * 1_000_000 + 1), "larger than 5 MB"),
    ],
)
def test_what_cannot_be_a_picture_is_refused_with_what_to_do_instead(data, said):
    with pytest.raises(InputError, match=said):
        upload(data)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("""print('{"problem": "MemoryError"}')""", "too many pixels"),
        ("""print('{"problem": "DecompressionBombError"}')""", "too many pixels"),
        ("import os; os.kill(os.getpid(), 9)", "too many pixels"),
        ("import time; time.sleep(60)", "took too long"),
    ],
)
def test_a_picture_that_is_too_much_for_the_server_is_to_be_saved_smaller(program, said):
    with pytest.raises(InputError, match=f"{said}.*Save a smaller copy"):
        pictures.examined(
            io.BytesIO(images.png()), pictures.LOGO, drawer=partial(images_drawn, program=program, wait_seconds=0.5)
        )


def test_a_picture_has_to_pass_the_scanner():
    def refuses(data, scanner):
        raise ThreatFound

    with pytest.raises(InputError, match="scanner"):
        pictures.examined(io.BytesIO(images.png()), pictures.LOGO, scanner=refuses)


# --- Whose it is ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_new_picture_takes_the_place_of_the_earlier_one_whose_address_ends():
    mia = make.assistant()
    first = pictures.keep(mia, upload(images.png()))
    second = pictures.keep(mia, upload(images.webp()))
    assert list(Picture.objects.all()) == [second] and first.pk != second.pk
    assert pictures.address(mia).endswith(f"/pictures/{second.file_name}")
    with pytest.raises(NotFound):
        pictures.stored(first.file_name)
    assert pictures.keep(mia, upload(images.webp())).pk == second.pk, "the same picture again keeps its address"


@pytest.mark.django_db
def test_two_owners_of_the_same_picture_lose_only_their_own():
    mine, others = make.organization("One"), make.organization("Two")
    mia = make.assistant(mine)
    same = upload(images.png(), pictures.LOGO)
    kept = {pictures.keep(owner, same).pk for owner in (mine, others, mia)}
    assert len(kept) == 3
    pictures.remove(mine)
    assert pictures.address(mine) == "" and pictures.address(mia) and pictures.address(others)
    pictures.remove(mine)


@pytest.mark.django_db
def test_pictures_go_with_their_assistant_and_their_organization():
    mia = make.assistant()
    for owner in (mia, mia.organization):
        pictures.keep(owner, upload(images.png()))
    mia.delete()
    assert [str(row) for row in Picture.objects.all()] == ["Logo"]
    mia.organization.delete()
    assert not Picture.objects.exists()
