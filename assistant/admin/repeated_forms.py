"""Forms that are submitted twice: one row is added, and the second request is redirected to it with a message."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, get_content_type_for_model
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from assistant.services.submissions import Submission

# Which button was pressed, and the token of the page that it was on, make no other row.
BUTTONS = ("_save", "_continue", "_addanother", "csrfmiddlewaretoken")


def submission_of(request: HttpRequest) -> Submission:
    fields = [f"{name}={value}" for name, values in request.POST.lists() if name not in BUTTONS for value in values]
    return Submission(request.user.pk, request.get_full_path(), *sorted(fields), *map(_digest, _files(request)))


def _files(request: HttpRequest) -> list[tuple[str, Any]]:
    return [(name, file) for name, files in request.FILES.lists() for file in files]


def _digest(named: tuple[str, Any]) -> str:
    name, file = named
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return f"{name}={file.name} {digest.hexdigest()}"


class AddedOnce:
    """For an admin: adds a row once, however often its form arrives. Two at once take turns."""

    opts: Any

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        def view() -> HttpResponse:
            answer: HttpResponse = super(AddedOnce, self).changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
            return answer

        if object_id is not None or request.method != "POST":
            return view()
        submission = submission_of(request)
        with transaction.atomic():
            submission.lock()
            added = self._added(request, submission)
            if added is not None:
                return self._response_to_repetition(request, added)
            request.submission = submission  # type: ignore[attr-defined]
            return view()

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        submission = getattr(request, "submission", None)
        if submission is not None:
            submission.record(obj.pk)
            del request.submission  # type: ignore[attr-defined]  # of several rows, the first stands for all
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def is_as_added(self, obj: Any) -> bool:
        """Whether the row is still what its form has made of it; else the same form makes another."""
        entries = LogEntry.objects.filter(content_type=get_content_type_for_model(obj), object_id=str(obj.pk))
        return not entries.filter(action_flag=CHANGE).exclude(change_message="[]").exists()

    def _added(self, request: HttpRequest, submission: Submission) -> Any:
        if not (key := submission.added()):
            return None
        obj = self.get_queryset(request).filter(pk=key).first()  # type: ignore[attr-defined]
        return obj if obj is not None and self.is_as_added(obj) else None

    def _response_to_repetition(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if IS_POPUP_VAR in request.POST:  # closes, and leaves the row chosen
            answer: HttpResponse = self.response_add(request, obj)  # type: ignore[attr-defined]
            return answer
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
        text = (
            "{} has been added already. The same form arrived again, and was not saved a second time. To add another like "
            "it, change something in the form, such as the name."
        )
        messages.info(request, format_html(text, f"The {self.opts.verbose_name} “{obj}”"))
        return HttpResponseRedirect(page)
