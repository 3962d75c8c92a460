"""The demonstration's pages: a dentist's website with the widget, its small API, and the mailbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin

from assistant.models import Assistant
from interworky.demo import mailbox
from interworky.demo.seed import PUBLIC_KEY, machine_timezone
from interworky.demo.treatments import TREATMENTS

View = Callable[..., HttpResponseBase]

KEY_COOKIE = "mailbox"

# The policy that a careful site owner would set; the widget has to work under it. The second is for voice calls.
SITE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' https://api.openai.com; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
MAILBOX_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: {logos}; base-uri 'none'; sandbox allow-popups"


def reading(view: View) -> View:
    """Allows only GET and HEAD."""

    @wraps(view)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return view(request, **arguments)

    return guarded


def of_the_site(view: View) -> View:
    """Answers 404 unless the demonstration site is on."""

    @wraps(view)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if not settings.DEMO_SITE:
            raise Http404
        return view(request, **arguments)

    return reading(guarded)


def _page(request: HttpRequest, template: str, policy: str, **context: Any) -> HttpResponse:
    response = render(request, f"demo/{template}.html", context)
    response["Content-Security-Policy"] = policy
    response["Cache-Control"] = "no-store"
    return response


# --- The site --------------------------------------------------------------------------------------------------------


@reading
def root(request: HttpRequest) -> HttpResponseBase:
    return home(request) if settings.DEMO_SITE else redirect("admin:index")


@of_the_site
def home(request: HttpRequest) -> HttpResponse:
    return _site(request, "home", "Home")


@of_the_site
def treatments(request: HttpRequest) -> HttpResponse:
    return _site(request, "treatments", "Treatments")


def _site(request: HttpRequest, template: str, here: str) -> HttpResponse:
    return _page(
        request,
        template,
        SITE_POLICY,
        here=here,
        treatments=TREATMENTS,
        # On the host that the visitor used, so that localhost and 127.0.0.1 both work.
        widget_url=request.build_absolute_uri("/widget.js"),
        key=PUBLIC_KEY if Assistant.objects.filter(public_key=PUBLIC_KEY, enabled=True).exists() else "",
        mailbox=mailbox.in_use(),
    )


# --- The API ---------------------------------------------------------------------------------------------------------


@of_the_site
def price_list(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {"treatments": [{"treatment": key, "name": t.name, "price": t.price} for key, t in TREATMENTS.items()]}
    )


@of_the_site
def price(request: HttpRequest, treatment: str) -> JsonResponse:
    found = TREATMENTS.get(treatment)
    if found is None:
        return JsonResponse({"error": f"We do not offer “{treatment[:60]}”.", "known": list(TREATMENTS)}, status=404)
    answer = {"treatment": treatment, "name": found.name, "price": found.price, "duration": found.duration}
    return JsonResponse({**answer, "summary": found.summary})


# --- The mailbox -----------------------------------------------------------------------------------------------------


def of_the_mailbox(view: View) -> View:
    """Open to staff, and to anyone who has opened the link that `manage.py up` prints. Answers 404 unless e-mails go into
    the mailbox.

    The e-mails are the visitors'. A request from this machine without proxy headers proves nothing: it may come through
    a proxy that adds none, or from this server itself when somebody makes it fetch a page.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if not mailbox.in_use():
            raise Http404
        if mailbox.is_key(request.GET.get("key", "")):
            opened = HttpResponseRedirect(request.path)
            opened.set_cookie(
                KEY_COOKIE, mailbox.key(), max_age=timedelta(days=30), path=reverse("demo-mailbox"), httponly=True,
                secure=settings.SESSION_COOKIE_SECURE, samesite="Lax",
            )  # fmt: skip
            return opened
        has_key = mailbox.is_key(request.COOKIES.get(KEY_COOKIE, ""))
        if not (has_key or (request.user.is_active and request.user.is_staff)):
            return redirect_to_login(request.get_full_path())
        with timezone.override(machine_timezone()):
            return view(request, **arguments)

    return reading(guarded)


@of_the_mailbox
def mails(request: HttpRequest) -> HttpResponse:
    return _page(request, "mailbox", MAILBOX_POLICY, mails=mailbox.newest())


@of_the_mailbox
def mail(request: HttpRequest, id: str) -> HttpResponse:
    return _page(request, "mail", MAILBOX_POLICY, mail=_mail(id))


@xframe_options_sameorigin
@of_the_mailbox
def mail_html(request: HttpRequest, id: str) -> HttpResponse:
    """The e-mail's HTML, for the sandboxed frame: no scripts, no requests but for our logos, and links open in a new tab."""
    response = HttpResponse('<!doctype html><base target="_blank">' + _mail(id).html)
    response["Content-Security-Policy"] = MAIL_POLICY.format(logos=f"{settings.PUBLIC_URL}/pictures/")
    return response


@of_the_mailbox
def attachment(request: HttpRequest, id: str, number: int) -> HttpResponse:
    found = _mail(id).attachments
    if not 0 < number <= len(found):
        raise Http404
    file = found[number - 1]
    response = HttpResponse(file.content, content_type=file.type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    response["Content-Security-Policy"] = "sandbox"
    return response


def _mail(id: str) -> mailbox.Mail:
    found = mailbox.get(id)
    if found is None:
        raise Http404
    return found
