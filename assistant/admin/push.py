"""Notifications in browsers: what the page for them posts, and the service worker that shows them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from assistant.errors import InputError, TooMuch
from assistant.models import PushSubscription
from assistant.services.notifications import push, queue
from assistant.services.organizations import rate_limits

ROUTE = "notifications/push/"


def urls(model_admin: Any) -> list[Any]:
    def address(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
        return path(f"{ROUTE}{route}", model_admin.admin_site.admin_view(view), name=f"assistant_push_{name}")

    return [
        address("worker.js", require_GET(worker), "worker"),
        *(address(f"{name}/", require_POST(partial(posted, model_admin, act)), name) for name, act in ACTS.items()),
    ]


def config(request: HttpRequest) -> dict[str, Any]:
    """What the page's script needs to know."""
    return {
        "key": push.current_key().public_key,
        "worker": reverse("admin:assistant_push_worker"),
        "scope": reverse("admin:index"),
        "browsers": {row.digest: str(row.pk) for row in _rows(request)},
        **{name: reverse(f"admin:assistant_push_{name}") for name in ACTS},
    }


def browsers(request: HttpRequest) -> list[PushSubscription]:
    return list(_rows(request))


def _rows(request: HttpRequest) -> Any:
    return PushSubscription.objects.filter(user=request.user.pk)


def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: for all pages of the admin, although its own address is deeper, and never from a cache."""
    found = finders.find("admin-extra/push/worker.js")
    response = HttpResponse(Path(str(found)).read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = reverse("admin:index")
    return response


def posted(model_admin: Any, act: Callable[[HttpRequest], None], request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        rate_limits.hit("push", visitor=str(request.user.pk))
        act(request)
    except TooMuch:
        return JsonResponse({"error": "Too many attempts. Try again in a minute."}, status=429)
    except InputError as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"ok": True})


def subscribe(request: HttpRequest) -> None:
    given = {name: request.POST.get(name, "") for name in ("address", "p256dh", "auth", "key")}
    row = push.subscribe(request.user, **given, user_agent=request.headers.get("User-Agent", ""))  # type: ignore[arg-type]
    push.keep_in_session(request.session, row)


def remove(request: HttpRequest) -> None:
    _mine(request).delete()


def test(request: HttpRequest) -> None:
    if not queue.test_push(_mine(request)):
        raise InputError("You belong to no organization, so nothing is pushed to you.")


def _mine(request: HttpRequest) -> PushSubscription:
    try:
        row = _rows(request).filter(pk=UUID(request.POST.get("browser", ""))).first()
    except ValueError:
        row = None
    if row is None:
        raise InputError("Notifications have been turned off in this browser already. Reload the page.")
    return row


ACTS: dict[str, Callable[[HttpRequest], None]] = {"subscribe": subscribe, "remove": remove, "test": test}
