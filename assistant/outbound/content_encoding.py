"""Unpacking of compressed responses, of which no more than the caller takes is ever in memory.

Every request rules compression out, and some servers compress nevertheless: object stores that keep a file as it was
uploaded, and frameworks that never look at Accept-Encoding. A POST that has succeeded must not be in doubt for that.
"""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli

from assistant.errors import OutboundError

GZIP = b"\x1f\x8b"
MAX_MEMBERS = 100  # of a gzip file
UNPACKED = {"gzip", "x-gzip", "deflate", "br"}
# Codings of the IANA's registry, and of others' software, that cannot be taken off.
PACKED = {"aes128gcm", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress", "zstd"}
PACKED |= {"bzip2", "lz4", "lzma", "snappy", "x-bzip2", "xpress", "xz", "x-snappy-framed"}


class Unpacker(Protocol):
    def feed(self, data: bytes, limit: int) -> bytes:
        """What `data` unpacks to, cut off beyond `limit` bytes. Raises `OutboundError`: protocol."""

    def finish(self) -> None:
        """Raises `OutboundError` where the body has ended within what was packed."""


def unpackers(header: str) -> list[Unpacker]:
    """What takes the codings of a Content-Encoding header off, the outermost first. Raises `OutboundError` where one is
    unknown here. What is no coding at all, such as the charset that many write there, does not change the body."""
    codings = [coding.strip().lower() for coding in header.split(",")]
    if packed := next((coding for coding in codings if coding in PACKED), ""):
        raise OutboundError(
            f"The other server sent a compressed response ({packed}) although the request ruled that out.", code="protocol"
        )
    codings = [coding for coding in codings if coding in UNPACKED]
    if len(codings) > 2:
        raise _broken()
    return [_Brotli() if coding == "br" else _Deflate(raw=coding == "deflate") for coding in reversed(codings)]


class _Deflate:
    """gzip and deflate, told apart by their first bytes: deflate is sent with zlib's header and without, and what has been
    unpacked on its way may still bear the name of what it was."""

    def __init__(self, *, raw: bool) -> None:
        self._raw = raw
        self._start = b""
        self._stream: zlib._Decompress | None = None
        self._plain = False
        self._members = 0

    def feed(self, data: bytes, limit: int) -> bytes:
        if self._plain:
            return data
        unpacked = b""
        try:
            while data and len(unpacked) <= limit:
                if self._stream is None:
                    self._start += data
                    if len(self._start) < 2:
                        return unpacked
                    data, self._start = self._start, b""
                    self._stream = self._beginning(data)
                    if self._stream is None:
                        self._plain = True
                        return data
                unpacked += self._stream.decompress(data, limit + 1 - len(unpacked))
                data = self._stream.unconsumed_tail
                if self._stream.eof:
                    # A gzip file may be several; anything else behind its end is padding.
                    data = self._stream.unused_data
                    if not data.startswith(GZIP):
                        return unpacked
                    self._stream = None
                    self._members += 1
                    if self._members == MAX_MEMBERS:
                        raise _broken()
        except zlib.error as error:
            raise _broken() from error
        return unpacked

    def _beginning(self, data: bytes) -> zlib._Decompress | None:
        if data.startswith(GZIP):
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        if data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0:
            return zlib.decompressobj()
        return zlib.decompressobj(-zlib.MAX_WBITS) if self._raw else None

    def finish(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise _broken()


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._fed = False

    def feed(self, data: bytes, limit: int) -> bytes:
        self._fed = self._fed or bool(data)
        unpacked = b""
        try:
            if not self._stream.is_finished():
                unpacked = self._stream.process(data, output_buffer_limit=limit + 1)
            while len(unpacked) <= limit and not self._stream.can_accept_more_data():
                unpacked += self._stream.process(b"", output_buffer_limit=limit + 1 - len(unpacked))
        except brotli.error as error:
            raise _broken() from error
        return unpacked[: limit + 1]

    def finish(self) -> None:
        if self._fed and not self._stream.is_finished():
            raise _broken()


def _broken() -> OutboundError:
    return OutboundError("The other server sent a compressed response that cannot be unpacked.", code="protocol")
