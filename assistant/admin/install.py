"""How an assistant gets onto a site: its script tag, and whether a visitor has been met there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import Resolver404, resolve

from assistant.models import Assistant


@dataclass(frozen=True)
class InstallSteps:
    assistant: Assistant
    tag: str
    preview_url: str  # "" where this installation has no hosted page
    seen_at: datetime | None
    seen_origin: str


def install_steps(assistant: Assistant) -> InstallSteps:
    seen = assistant.conversations.exclude(origin="").order_by("-created_at").values_list("created_at", "origin").first()
    seen_at, origin = seen or (None, "")
    return InstallSteps(assistant, script_tag(assistant), preview_url(assistant), seen_at, origin)


def script_tag(assistant: Assistant) -> str:
    return f'<script async src="{settings.PUBLIC_URL}/widget.js" data-key="{assistant.public_key}"></script>'


def preview_url(assistant: Assistant) -> str:
    path = f"/chat/{assistant.public_key}"
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path
