"""Images written anew, in a child process: without metadata, and without what a decoder would stumble over.

    rewritten(data) -> RewrittenImage  in a child process, from anywhere: the same image, and a thumbnail
    drawn(data, shape) -> DrawnImage  likewise: a small picture of it

Images come from anybody, and a few bytes can stand for gigabytes of pixels: the child has bounds of memory and processor.
It imports nothing of ours but this file, so that it starts quickly and knows no secret; it gets the image on its standard
input, and answers with a line of JSON and the two images on its standard output.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.child_limits import bound_this_process

SECONDS = 20  # of the processor
MEMORY_BYTES = 1_000_000_000
MOST_PIXELS = 40_000_000  # of one frame: more than cameras of telephones have
MOST_PIXELS_MOVING = 100_000_000  # of all frames together
MOST_FRAMES = 400
THUMBNAIL_PIXELS = 480  # of its longer side
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
MOVING = ("GIF", "WEBP")
ROOT = Path(__file__).parents[3]
CHILD = "import sys; sys.path.append(sys.argv.pop(1)); from assistant.services.files.images import main; main()"


class NotAnImage(Exception):
    """The data cannot be read as an image, or not within the bounds; `str(error)` is for logs."""


@dataclass(frozen=True)
class RewrittenImage:
    type: str  # such as image/png
    data: bytes
    thumbnail: bytes  # a PNG


@dataclass(frozen=True)
class Shape:
    """What a picture has to fit into, in pixels; with `crop`, the middle of it fills a rectangle of these proportions."""

    width: int
    height: int
    crop: bool = False


@dataclass(frozen=True)
class DrawnImage:
    type: str  # image/png or image/jpeg, which all mail programs show
    data: bytes
    width: int
    height: int


def rewritten(data: bytes, *, program: str = CHILD, wait_seconds: float = SECONDS + 15) -> RewrittenImage:
    """The image written anew, and a small one. Raises `NotAnImage`."""
    answer, content = _asked([], data, program, wait_seconds)
    size = answer["size"]
    return RewrittenImage(answer["type"], content[:size], content[size:])


def drawn(data: bytes, shape: Shape, *, program: str = CHILD, wait_seconds: float = SECONDS + 15) -> DrawnImage:
    """A picture of that shape, of the first frame of what moves. Raises `NotAnImage`."""
    measures = [str(shape.width), str(shape.height), "crop" if shape.crop else "fit"]
    answer, content = _asked(measures, data, program, wait_seconds)
    return DrawnImage(answer["type"], content, answer["width"], answer["height"])


def _asked(measures: list[str], data: bytes, program: str, wait_seconds: float) -> tuple[dict[str, Any], bytes]:
    """What the child answers. Raises `NotAnImage`."""
    command = [sys.executable, "-I", "-c", program, str(ROOT), *measures]
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=wait_seconds, check=False)
    except subprocess.TimeoutExpired:
        raise NotAnImage("it took too long") from None
    if child.returncode < 0:  # the system ended it, at one of its bounds
        raise NotAnImage("it took too much memory or time")
    if child.returncode:
        raise RuntimeError(child.stderr.decode(errors="replace")[-2000:])
    head, _, rest = child.stdout.partition(b"\n")
    answer: dict[str, Any] = json.loads(head)
    if "problem" in answer:
        raise NotAnImage(answer["problem"])
    return answer, rest


def rewrite(data: bytes) -> RewrittenImage:
    """`rewritten`, here and now."""
    from PIL import ImageOps

    with _opened(data) as image:
        kind = str(image.format)
        frames = getattr(image, "n_frames", 1) if kind in MOVING else 1
        if frames > 1 and (frames > MOST_FRAMES or frames * image.width * image.height > MOST_PIXELS_MOVING):
            raise NotAnImage("it has too many frames")
        out = io.BytesIO()
        if frames > 1:
            # Written frame by frame; what is not a pixel or its duration, such as a comment, stays behind.
            image.info = {name: image.info[name] for name in ("duration", "loop") if name in image.info}
            image.save(out, kind, save_all=True)
            image.seek(0)
            still = image.convert("RGBA")
        else:
            # Turned as its metadata says, which is left out then; the colours are those of its own profile.
            still = ImageOps.exif_transpose(image)
            profile = image.info.get("icc_profile")
            kept: dict[str, Any] = {"icc_profile": profile} if profile and kind != "GIF" else {}
            still.info = {name: still.info[name] for name in ("transparency",) if name in still.info}
            still.save(out, kind, **kept, **({"quality": 90} if kind in ("JPEG", "WEBP") else {}))
    small = still.convert("RGBA")
    small.info = {}
    small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    thumbnail = io.BytesIO()
    small.save(thumbnail, "PNG")
    return RewrittenImage(FORMATS[kind], out.getvalue(), thumbnail.getvalue())


def draw(data: bytes, shape: Shape) -> DrawnImage:
    """`drawn`, here and now."""
    from PIL import Image, ImageOps

    box = (shape.width, shape.height)
    with _opened(data) as image:
        upright = ImageOps.exif_transpose(image)
        has_alpha = upright.has_transparency_data
        pixels = upright.convert("RGBA") if has_alpha else _in_srgb(upright, image.info.get("icc_profile"))
    pixels.info = {}
    if shape.crop:
        scale = min(1, pixels.width / shape.width, pixels.height / shape.height)  # nothing is made larger
        size = (max(1, round(shape.width * scale)), max(1, round(shape.height * scale)))
        pixels = ImageOps.fit(pixels, size, Image.Resampling.LANCZOS)
    else:
        pixels.thumbnail(box, Image.Resampling.LANCZOS)
    found = []
    for kind, how in (("PNG", {"optimize": True}), ("JPEG", {"quality": 88, "optimize": True})):
        if kind == "PNG" or not has_alpha:
            out = io.BytesIO()
            pixels.save(out, kind, **how)
            found.append((len(out.getvalue()), FORMATS[kind], out.getvalue()))
    _, type, content = min(found)  # drawings are smaller as PNG, photos as JPEG
    return DrawnImage(type, content, *pixels.size)


def _opened(data: bytes) -> Any:
    """The image, whose pixels are not decoded yet. Raises `NotAnImage` where there are too many of them."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    image = Image.open(io.BytesIO(data), formats=list(FORMATS))
    if image.width * image.height > MOST_PIXELS:
        raise NotAnImage("it has too many pixels")
    return image


def _in_srgb(image: Any, profile: bytes | None) -> Any:
    """Its colours as a page without a profile shows them: a photo for print, in CMYK, would look wrong otherwise."""
    from PIL import ImageCms

    if profile and image.mode in ("RGB", "CMYK"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # no profile after all
        if converted is not None:
            return converted
    return image.convert("RGB")


def main() -> None:
    """The child."""
    bound_this_process(MEMORY_BYTES, SECONDS)
    answer: dict[str, Any]
    data, measures = sys.stdin.buffer.read(), sys.argv[1:]
    try:
        answer, content = _drawn_for(measures, data) if measures else _rewritten_for(data)
    except NotAnImage as error:
        answer, content = {"problem": str(error)}, b""
    except Exception as error:  # whatever a decoder makes of what is no image
        answer, content = {"problem": type(error).__name__}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


def _rewritten_for(data: bytes) -> tuple[dict[str, Any], bytes]:
    found = rewrite(data)
    return {"type": found.type, "size": len(found.data)}, found.data + found.thumbnail


def _drawn_for(measures: list[str], data: bytes) -> tuple[dict[str, Any], bytes]:
    width, height, how = measures
    found = draw(data, Shape(int(width), int(height), how == "crop"))
    return {"type": found.type, "width": found.width, "height": found.height}, found.data
