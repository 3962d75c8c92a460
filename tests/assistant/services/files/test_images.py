"""What becomes of an image: its pixels stay, everything else goes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from assistant.services.files.images import MOST_FRAMES, NotAnImage, rewrite, rewritten
from tests.assistant.services.files import pictures

PLACE = "52.5200 N, 13.4050 E, at home"


@pytest.mark.parametrize(
    ("data", "type"),
    [
        (pictures.png(comment=PLACE), "image/png"),
        (pictures.jpeg(PLACE), "image/jpeg"),
        (pictures.gif(PLACE), "image/gif"),
        (pictures.webp(), "image/webp"),
    ],
)
def test_an_image_keeps_its_pixels_and_loses_its_metadata(data, type):
    found = rewrite(data)
    assert found.type == type
    assert b"at home" not in found.data and b"at home" not in found.thumbnail
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(found.data)) as after:
        assert before.size == after.size and getattr(before, "n_frames", 1) == getattr(after, "n_frames", 1)
        pixels = [image.convert("RGB").getpixel((5, 5)) for image in (before, after)]
        assert max(abs(one - other) for one, other in zip(*pixels, strict=True)) < 12


def test_a_photo_is_turned_as_its_metadata_says_since_that_is_left_out():
    with Image.open(io.BytesIO(rewrite(pictures.jpeg("", orientation=6)).data)) as turned:
        assert turned.size == (20, 40) and not turned.getexif()


def test_a_thumbnail_is_a_small_png():
    with Image.open(io.BytesIO(rewrite(pictures.png(2000, 1000)).thumbnail)) as small:
        assert small.format == "PNG" and small.size == (480, 240)


@pytest.mark.parametrize("size", [(60_000, 60_000), (6_400, 6_400)])
def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(size):
    with pytest.raises(NotAnImage, match="pixels|Bomb"):
        rewritten(pictures.bomb(*size))


def test_a_moving_image_of_too_many_frames_is_refused():
    frames = [Image.new("RGB", (2, 2), (shade % 256, shade // 256 * 90, 0)) for shade in range(MOST_FRAMES + 1)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(NotAnImage, match="frames"):
        rewrite(out.getvalue())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"MZ\x90\x00",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        pictures.png()[:60],
        b"\x89PNG\r\n\x1a\n" * 9,
    ],
)
def test_what_is_no_image_is_refused_by_the_child(data):
    with pytest.raises(NotAnImage):
        rewritten(data)


def test_a_child_that_the_system_ends_refuses_the_image():
    with pytest.raises(NotAnImage, match="memory or time"):
        rewritten(pictures.png(), program="import os; os.kill(os.getpid(), 9)")
    with pytest.raises(NotAnImage, match="too long"):
        rewritten(pictures.png(), program="import time; time.sleep(60)", wait_seconds=0.2)
