"""A zip as the answer to a request, piece by piece from its temporary file, which goes with the response."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import IO

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse

PIECE_BYTES = 2**18


class _Pieces:
    """What an ASGI server reads; a file that is iterated would be in memory as a whole first. Responses close it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self._file.read, PIECE_BYTES):
            yield piece

    def close(self) -> None:
        self._file.close()


def zip_response(request: HttpRequest, file: IO[bytes], name: str) -> HttpResponseBase:
    """Closes `file` when the response has been sent or was given up."""
    response: HttpResponseBase
    if isinstance(request, ASGIRequest):
        response = StreamingHttpResponse(_Pieces(file), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Content-Length"] = str(file.seek(0, io.SEEK_END))
        file.seek(0)
    else:
        response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "no-store"
    return response
