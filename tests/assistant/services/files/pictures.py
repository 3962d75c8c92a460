"""Pictures for tests, and a clamd that answers as it is told."""

from __future__ import annotations

import io
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from PIL.PngImagePlugin import PngInfo

PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def png(width: int = 40, height: int = 30, comment: str = "") -> bytes:
    notes = PngInfo()
    notes.add_text("Comment", comment)
    return _saved(Image.new("RGB", (width, height), (200, 40, 40)), "PNG", pnginfo=notes)


def jpeg(place: str = "", orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = place  # what is on it
    return _saved(Image.new("RGB", (40, 20), (10, 90, 200)), "JPEG", exif=exif, comment=place.encode())


def gif(comment: str = "") -> bytes:
    frames = [Image.new("RGB", (16, 16), (shade, 0, 0)) for shade in (0, 120, 240)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0, comment=comment)
    return out.getvalue()


def webp() -> bytes:
    return _saved(Image.new("RGB", (16, 16), (0, 200, 0)), "WEBP")


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is so large, in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _saved(image: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


@contextmanager
def clamd(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that speaks as clamd does: its address, and the files that it was sent."""
    files: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as reader:
                assert reader.read(10) == b"zINSTREAM\0"
                file = b""
                while size := int.from_bytes(reader.read(4), "big"):
                    file += reader.read(size)
                files.append(file)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}", files
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()
