"""Installation of an assistant: its script tag, and whether a page has loaded the widget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.forms.widgets import Script
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from assistant.admin.scoping import rank_in
from assistant.models import Assistant, RefusedOrigin
from assistant.services import pinned_loader
from assistant.services.organizations import access
from assistant.services.organizations.roles import Act

COPY_SCRIPT = Script("admin-extra/copy.js", defer=True)  # for the button beside a script tag


@dataclass(frozen=True)
class InstallSteps:
    assistant: Assistant
    tag: str
    pinned_tag: str
    preview_url: str  # "" where this installation has no hosted page
    is_installed: bool
    asking: list[RefusedOrigin]  # sites that may not show it
    may_allow: bool


def install_steps(assistant: Assistant, asking: Iterable[RefusedOrigin], *, may_allow: bool) -> InstallSteps:
    """`asking`: the refused sites of all assistants of the organization."""
    return InstallSteps(
        assistant,
        script_tag(assistant),
        script_tag(assistant, pinned=True),
        preview_url(assistant),
        access.is_installed(assistant),
        [row for row in asking if row.assistant_id == assistant.pk],
        may_allow,
    )


def may_allow(request: HttpRequest, organization_id: int) -> bool:
    """Whether the user may change the organization, and with it the sites that may show the widget."""
    return rank_in(request, organization_id) >= Act.GOVERN.rank


def script_tag(assistant: Assistant, *, pinned: bool = False) -> str:
    """What the owner pastes. It carries the look, so that the launcher's first frame needs no request of its own, and
    says whether there is more to ask for before anybody opens the chat. A pinned one runs this loader and no other."""
    look = f"{assistant.accent} {assistant.position}{' more' if assistant.is_seen_outside else ''}"
    source = f"{settings.PUBLIC_URL}/widget.js"
    if pinned:
        loader = pinned_loader.pin()
        source += f'?v={loader.version}" integrity="{loader.integrity}" crossorigin="anonymous'
    return f'<script async src="{source}" data-key="{assistant.public_key}" data-look="{look}"></script>'


def preview_url(assistant: Assistant) -> str:
    path = f"/chat/{assistant.public_key}"
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path
