"""How an assistant gets onto a site: its script tag, and whether a page there has asked for the widget."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.urls import Resolver404, resolve

from assistant.models import Assistant


@dataclass(frozen=True)
class InstallSteps:
    assistant: Assistant
    tag: str
    preview_url: str  # "" where this installation has no hosted page


def install_steps(assistant: Assistant) -> InstallSteps:
    return InstallSteps(assistant, script_tag(assistant), preview_url(assistant))


def script_tag(assistant: Assistant) -> str:
    return f'<script async src="{settings.PUBLIC_URL}/widget.js" data-key="{assistant.public_key}"></script>'


def preview_url(assistant: Assistant) -> str:
    path = f"/chat/{assistant.public_key}"
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path
