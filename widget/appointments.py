"""The page of one appointment, opened by its link: view, move, cancel, or add to a calendar.

The link is the credential. No cookie grants anything here, so a forged form has nothing to ride on, and a mail scanner
that follows the link only reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from assistant.errors import InterworkyError, NotFound, TooMuch
from assistant.models import Appointment
from assistant.sentences import catalogue, label, language
from assistant.services.booking import appointments, invitations, slots
from assistant.services.organizations import networks, rate_limits
from widget import pages

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",  # the address is the credential
    "X-Robots-Tag": "noindex",
}

WORDS = (
    "your_appointment", "is_cancelled", "is_over", "with", "reference", "ask_cancel", "cancel", "keep", "other_time",
    "from_day", "show", "nothing_then", "nothing_free", "back", "add_to_calendar", "cancel_it",
)  # fmt: skip


def holder_of(token: str) -> str:
    """Whom the requests of a link are counted for: the counter keeps no token."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def of_link(view: Callable[[HttpRequest, Appointment], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of the appointment that a link names, within the link's rate limit."""

    @wraps(view)
    def checked(request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            rate_limits.hit("appointment", visitor=holder_of(token), network=networks.network_of_request(request.META))
            appointment = appointments.for_token(token)
        except TooMuch as error:
            return _hardened(pages.refused(request, error, 429))
        except NotFound as error:
            return _hardened(pages.refused(request, error, 404))
        return view(request, appointment)

    return checked


@csrf_exempt
@require_http_methods(["GET", "POST"])
@of_link
def page(request: HttpRequest, appointment: Appointment) -> HttpResponseBase:
    """The appointment, and what can still be done with it; POST does that and redirects back here."""
    refused = ""
    if request.method == "POST":
        try:
            if request.POST.get("do") == "cancel":
                appointments.cancel(appointment)
            else:
                appointments.reschedule(appointment, request.POST.get("slot", ""))
            return _hardened(HttpResponseRedirect(request.path))
        except InterworkyError as error:
            # What the error says is for a model; whether it is cancelled or over, the page says itself.
            locale = invitations.locale_of(appointment)
            gone = error.code in ("slot_taken", "slot_gone")
            refused = label("just_taken" if gone else "no_more_changes", locale)
            appointment.refresh_from_db()
    return _hardened(render(request, "widget/appointment.html", _shown(request, appointment, refused)))


def _shown(request: HttpRequest, appointment: Appointment, refused: str) -> dict[str, Any]:
    locale = invitations.locale_of(appointment)
    confirmed = appointment.state == Appointment.State.CONFIRMED
    ahead = confirmed and appointment.start_at > timezone.now()
    shown: dict[str, Any] = {
        "appointment": appointment,
        "language": language(locale),
        "direction": catalogue(locale).direction,
        "say": {name: label(name, locale) for name in WORDS},
        "lines": invitations.lines(appointment),
        "ahead": ahead,
        "cancelled": not confirmed,
        "refused": refused,
        "invitation_url": invitations.ics_url(appointment),
        "asks": request.GET.get("do", "") if ahead else "",
    }
    if shown["asks"] == "move":
        zone = appointment.visitor_timezone
        day = request.GET.get("day", "")
        try:
            offer = slots.offer(appointment.calendar, from_day=day, visitor_timezone=zone, moving=appointment)
        except InterworkyError:
            offer = slots.offer(appointment.calendar, visitor_timezone=zone, moving=appointment)
        shown["offer"] = offer
        shown["days"] = [
            (slots.day_label(on, offer.today, locale), [(slot.id, slot.label_in(locale)) for slot in free])
            for on, free in offer.days
        ]
        shown["times_in"] = label("times_in", locale, zone=offer.timezone)
        shown["day"] = day
    return shown


@require_GET
@of_link
def invitation(request: HttpRequest, appointment: Appointment) -> HttpResponseBase:
    """The appointment as a file for a calendar; once cancelled, the file that takes it out again."""
    cancelled = appointment.state == Appointment.State.CANCELLED
    method: invitations.Method = "CANCEL" if cancelled else "PUBLISH"
    body = invitations.ics(appointment, method)
    response = HttpResponse(body, content_type=f"text/calendar; charset=utf-8; method={method}")
    response["Content-Disposition"] = f'attachment; filename="appointment-{appointment.reference}.ics"'
    return _hardened(response)


def _hardened(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response[name] = value
    return response
