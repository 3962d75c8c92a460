"""A site whose pages are fetched."""

from __future__ import annotations

import httpx
from django.utils import timezone

from assistant import outbound
from assistant.models import Document
from tests.assistant.services.knowledge.documents import after

HTML = {"content-type": "text/html; charset=utf-8"}


class Site:
    """A site with one page; `asked` is the headers of every request."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def visit(self, document: Document) -> Document:
        Document.objects.filter(pk=document.pk, state__in=["ready", "failed"]).update(next_read_at=timezone.now())
        with outbound.transport_for_tests(httpx.MockTransport(self)):
            return after(document)
