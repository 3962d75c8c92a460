"""The page on which staff test a method, through the same executor as a model's call: a dry run first, then for real.

What was run for real has an address of its own: a reload shows its result again. The same button pressed twice, or once more
after *Back*, is the same call, and leads to the result of the first.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from assistant.admin.methods.arguments import as_entered, given_arguments, inputs_for
from assistant.admin.scoping import Scoped
from assistant.llm import ToolResult
from assistant.models import Method, ToolCall
from assistant.providers import embeddings
from assistant.tools.executor import try_out
from assistant.tools.results import recorded_result
from assistant.tools.tool import Tool, tools_of

SHOWN = 10  # earlier tests
AGAIN = "This test has already been run: here is its result. To run it again, start with a dry run."


class TestingPage:
    """`methods` is the admin of methods, which says who may test which."""

    def __init__(self, methods: Scoped) -> None:
        self.methods = methods

    def urls(self) -> list[Any]:
        view = self.methods.admin_site.admin_view(self.view)
        return [path("<path:object_id>/test/", view, name="assistant_method_test")]

    def view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        method = self.methods.get_object(request, object_id)
        if not self.methods.may_operate(request, method):
            raise PermissionDenied
        tools = {tool.name: tool for tool in tools_of(method)}
        tool = tools.get(request.GET.get("tool", "")) or next(iter(tools.values()), None)
        if tool is None:
            raise Http404("This kind of method no longer exists.")
        entered: Any = request.POST if request.method == "POST" else {}
        result, really = None, "send" in entered
        if really:
            key = _key(request, tool)
            was_run = ToolCall.objects.filter(idempotency_key=key).exists()
            result = _run(request, tool, key)
            if row := method.calls.filter(idempotency_key=key, started_at__isnull=False).first():
                if was_run:
                    messages.info(request, AGAIN)
                return HttpResponseRedirect(_address_of(row, tool))
        elif request.method == "POST":
            result = _run(request, tool)
        elif row := _row(method, tool, request.GET.get("call", "")):
            entered, result, really = as_entered(row.arguments), recorded_result(row, tool), True
        return self._page(request, method, tools, tool, {"inputs": entered, "result": result, "really": really})

    def _page(
        self, request: HttpRequest, method: Method, tools: dict[str, Tool], tool: Tool, shown: dict[str, Any]
    ) -> HttpResponse:
        context = {
            **self.methods.admin_site.each_context(request),
            "opts": self.methods.opts,
            "original": method,
            "method": method,
            "title": f"Test {method.name}",
            "tools": tools,
            "tool": tool,
            "risk": Method.Risk(tool.operation.risk_of(method)),
            "asks_visitor": tool.operation.needs_confirmation(method),
            "history": method.calls.filter(initiator=ToolCall.Initiator.STAFF).order_by("-created_at")[:SHOWN],
            "run": secrets.token_urlsafe(12),
            **shown,
            "inputs": inputs_for(tool.schema, shown["inputs"]),
        }
        return TemplateResponse(request, "admin/assistant/method_test.html", context)


def _run(request: HttpRequest, tool: Tool, key: str = "") -> ToolResult:
    """For real with a `key`, which the ledger holds once; else as a dry run."""
    arguments = given_arguments(tool.schema, request.POST)
    embed = embeddings.of_query
    return async_to_sync(try_out)(tool.method, arguments, name=tool.name, dry_run=not key, embed=embed, key=key)


def _key(request: HttpRequest, tool: Tool) -> str:
    """Names what one press of the button means: by the page that it was on, and by what was entered there."""
    page = request.POST.get("run") or secrets.token_urlsafe(12)
    entered = sorted(f"{name}={text}" for name, text in request.POST.items() if name.startswith("argument-"))
    means = "\0".join([f"{request.user.pk} {tool.method.pk} {tool.name} {page}", *entered])
    return f"test-{hashlib.sha256(means.encode(errors='replace')).hexdigest()[:48]}"


def _address_of(row: ToolCall, tool: Tool) -> str:
    page = reverse("admin:assistant_method_test", args=[tool.method.pk])
    return f"{page}?{urlencode({'tool': tool.name, 'call': row.pk})}"


def _row(method: Method, tool: Tool, named: str) -> ToolCall | None:
    """The test that the address names, if it was one of this tool, for real."""
    try:
        key = UUID(named)
    except ValueError:
        return None
    tests = method.calls.filter(initiator=ToolCall.Initiator.STAFF, dry_run=False, name=tool.name)
    return tests.filter(pk=key).first()
