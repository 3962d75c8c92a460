"""The middleware of the audit log: every request to the admin runs as an actor, and what no model's signal sees is recorded
from the response: looks at rows about visitors, files that were downloaded, and other acts that led on to a page."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import DatabaseError, models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware

from assistant.admin.scoping import Scoped, may_be_a_pk, ranks
from assistant.services import audit
from assistant.services.audit import Act, Actor
from assistant.services.organizations import networks

log = logging.getLogger(__name__)
SAFE = ("GET", "HEAD", "OPTIONS")
MOST_ROWS = 200  # of one action that have entries of their own


def _address(request: HttpRequest) -> str:
    lines = [request.META.get("HTTP_X_FORWARDED_FOR", "")]
    return networks.client_address(lines, request.META.get("REMOTE_ADDR", ""), settings.TRUSTED_PROXY_COUNT)


def _record(request: HttpRequest, response: HttpResponse, actor: Actor) -> None:
    match = request.resolver_match
    if match is None or actor.user is None or response.status_code >= 400:
        return
    try:
        if "attachment" in response.headers.get("Content-Disposition", ""):
            _record_act(request, Act.EXPORTED)
        elif request.method in SAFE:
            _record_look(request, response)
        elif response.status_code in (301, 302, 303) and not actor.recorded and match.namespace == "admin":
            _record_act(request, Act.DONE)
    except DatabaseError:
        log.exception("An entry of the audit log could not be written.")


def _record_look(request: HttpRequest, response: HttpResponse) -> None:
    name = request.resolver_match.url_name or ""  # type: ignore[union-attr]
    model = _model(request)
    if name.endswith("_change") and response.status_code == 200 and model and audit.is_about_visitors(model):
        for row in _rows(request, model):
            audit.record_look(row)


def _record_act(request: HttpRequest, act: Act) -> None:
    """An entry for each row that the request names, or one for the list, in the organization where the user has but one."""
    match = request.resolver_match
    assert match is not None
    model = _model(request)
    action = request.POST.get("action", "")
    prefix = f"{model._meta.app_label}_{model._meta.model_name}_" if model else "assistant_"
    detail = (action or (match.url_name or "").removeprefix(prefix)).replace("_", " ")
    rows = _rows(request, model) if model else []
    for row in rows:
        audit.record(act, row, detail=detail)
    if not rows:
        held = list(ranks(request))
        audit.record_in(held[0] if len(held) == 1 else None, act, None, detail=detail, whole=model)


def _model(request: HttpRequest) -> type[models.Model] | None:
    parts = (request.resolver_match.url_name or "").split("_") if request.resolver_match else []
    try:
        return apps.get_model(parts[0], parts[1])
    except (LookupError, IndexError):
        return None


def _rows(request: HttpRequest, model: type[models.Model]) -> list[models.Model]:
    """The rows that the request names, of those that its user may see."""
    model_admin = admin.site._registry.get(model)
    named = [request.resolver_match.kwargs.get("object_id")] if request.resolver_match else []
    sent = [str(key) for key in (*named, *request.POST.getlist("_selected_action")) if key]
    keys = [key for key in sent if may_be_a_pk(model, key)][:MOST_ROWS]
    if not keys or not isinstance(model_admin, Scoped):
        return []
    return list(model_admin.get_queryset(request).filter(pk__in=keys))


@sync_and_async_middleware
def audit_trail(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    def is_admin(request: HttpRequest) -> bool:
        return request.path_info.startswith(reverse("admin:index"))

    def user_of(request: HttpRequest) -> User | None:
        return request.user if isinstance(request.user, User) else None

    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponse:
            if not is_admin(request):
                return await get_response(request)
            with audit.acting(await sync_to_async(user_of)(request), _address(request)) as actor:
                response = await get_response(request)
                await sync_to_async(_record)(request, response, actor)
                return response

        return later

    def now(request: HttpRequest) -> HttpResponse:
        if not is_admin(request):
            return get_response(request)
        with audit.acting(user_of(request), _address(request)) as actor:
            response = get_response(request)
            _record(request, response, actor)
            return response

    return now
