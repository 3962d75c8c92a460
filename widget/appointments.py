"""The page of one appointment, opened by its link: view, move, cancel, or add to a calendar.

The link is the credential. No cookie grants anything here, so a forged form has nothing to ride on, and a mail scanner
that follows the link only reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from assistant.errors import InputError, InterworkyError, NotFound, ToolError, TooMuch
from assistant.models import Appointment, Service
from assistant.sentences import catalogue, label, language, sentence
from assistant.services.booking.appointments import appointments, lookup
from assistant.services.booking.availability import browsing, offers, slot_ids, wording, zone_names
from assistant.services.booking.invitations import calendar_files, descriptions
from assistant.services.organizations import networks, rate_limits
from assistant.services.organizations.looks import look_of_appointment
from widget import pages

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",  # the address is the credential
    "X-Robots-Tag": "noindex",
}

WORDS = (
    "reference", "ask_cancel", "cancel", "keep", "other_time", "from_day", "show", "nothing_then", "nothing_free", "back",
    "add_to_calendar", "cancel_it", "later", "ask_move", "move", "new_time", "cancel_reason", "new_time_saved", "earlier",
    "will_be_told", "call_us",
)  # fmt: skip
TITLES = {
    Appointment.State.REQUESTED: "is_requested",
    Appointment.State.CONFIRMED: "your_appointment",
    Appointment.State.CANCELLED: "is_cancelled",
    Appointment.State.DECLINED: "is_declined",
}
# What an error says is for a model; whether the appointment is cancelled or over, the page says itself.
REFUSALS = {
    "slot_taken": "just_taken", "slot_gone": "just_taken", "unknown_slot": "choose_time", "busy": "busy_now",
    "reason_too_long": "too_long",
}  # fmt: skip


def holder_of(token: str) -> str:
    """Whom the requests of a link are counted for: the counter keeps no token."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def of_link(view: Callable[[HttpRequest, Appointment], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of the appointment that a link names, within the link's rate limit."""

    @wraps(view)
    def checked(request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            rate_limits.hit("appointment", visitor=holder_of(token), network=networks.network_of_request(request.META))
            appointment = lookup.for_token(token)
        except (NotFound, TooMuch) as error:
            return hardened(pages.refused(request, error))
        return view(request, appointment)

    return checked


@csrf_exempt
@require_http_methods(["GET", "POST"])
@of_link
def page(request: HttpRequest, appointment: Appointment) -> HttpResponseBase:
    """The appointment, and what can still be done with it; POST does that and redirects back here."""
    refused, status = "", 200
    if request.method == "POST":
        try:
            return hardened(HttpResponseRedirect(f"{request.path}{_done(request, appointment)}"))
        except InputError as error:  # no form of ours sends it
            refused, status = sentence(error.code, descriptions.locale_of(appointment)), 400
        except InterworkyError as error:
            refused = refusal(error, descriptions.locale_of(appointment))
            appointment.refresh_from_db()
    return hardened(render(request, "widget/appointment.html", _shown(request, appointment, refused), status=status))


def _done(request: HttpRequest, appointment: Appointment) -> str:
    """Do what the form asks for; returns the query of the page that says so. Raises `InputError` for anything else."""
    # A page that was open while we were upgraded names the time alone.
    do = request.POST.get("do", "move" if "slot" in request.POST else "")
    if do == "cancel":
        appointments.cancel(appointment, reason=request.POST.get("reason", ""))
        return ""
    if do == "move":
        try:
            pick = _picked(appointment, request.POST.get("slot", ""))
        except ToolError:
            appointments.check_changeable(appointment)  # else another time would not help
            raise
        appointments.reschedule(appointment, pick)
        return "?done=move"
    raise InputError("An appointment is cancelled or moved.")


def refusal(error: InterworkyError, locale: str) -> str:
    return label(REFUSALS.get(error.code, "no_more_changes"), locale, max=appointments.REASON_CHARS)


def _picked(appointment: Appointment, slot: str) -> slot_ids.Pick:
    """Raises `ToolError`."""
    return slot_ids.read(slot, Service.objects.filter(pk=appointment.service_id))


def _shown(request: HttpRequest, appointment: Appointment, refused: str) -> dict[str, Any]:
    locale = descriptions.locale_of(appointment)
    ended = appointment.state in (Appointment.State.CANCELLED, Appointment.State.DECLINED)
    begun = not ended and appointment.start_at <= timezone.now()
    changeable = appointments.may_change(appointment)
    too_late = not ended and not begun and not changeable
    title = "is_over" if begun else TITLES.get(Appointment.State(appointment.state), "is_over")
    return {
        "appointment": appointment,
        "look": look_of_appointment(appointment),
        "until": label("changes_possible_until", locale, until=_until(appointment, locale)) if changeable else "",
        "language": language(locale),
        "direction": catalogue(locale).direction,
        "say": {name: label(name, locale) for name in WORDS},
        "title": label(title, locale),
        "lines": descriptions.lines(appointment),
        "changeable": changeable,
        "cancelled": ended,
        "note": label("awaits_answer", locale) if title == "is_requested" else "",
        "moved": request.GET.get("done") == "move" and changeable,
        "refused": refused,
        "too_late": label("changes_until", locale, hours=appointment.service.cancel_hours) if too_late else "",
        "calendars": [] if ended or begun else descriptions.calendar_links(appointment),
        **(_asked(request, appointment, locale) if changeable else {"asks": ""}),
    }


def _until(appointment: Appointment, locale: str) -> str:
    return wording.moment(appointments.latest_change(appointment), appointment.timezone, locale)


def _asked(request: HttpRequest, appointment: Appointment, locale: str) -> dict[str, Any]:
    """What the page asks for: to cancel, to choose another time, or to say yes to the one that was chosen."""
    asks = request.POST.get("do", "") or request.GET.get("do", "") or ("move" if "slot" in request.POST else "")
    if asks != "move":
        return {"asks": asks if asks == "cancel" else "", "reason": request.POST.get("reason", "")}
    if slot := request.GET.get("slot", ""):
        try:
            chosen = offers.describe(_picked(appointment, slot), appointment.visitor_timezone, locale)
            return {"asks": "move_to", "slot": slot, "chosen": chosen}
        except InterworkyError:
            pass  # the times below are the answer
    return {"asks": "move", **_times(request, appointment, locale)}


def _times(request: HttpRequest, appointment: Appointment, locale: str) -> dict[str, Any]:
    service, zone = appointment.service, appointment.visitor_timezone
    # By the same person or in the same room, as it was booked.
    ask = partial(offers.offer, service, appointment.calendar, visitor_timezone=zone, moving=appointment)
    search = offers.Search(service, appointment.calendar, zone, timezone.now(), appointment)
    day, way = request.GET.get("day", ""), request.GET.get("from")
    until = day if way != "later" else "9999-12-31"
    try:
        offer = ask(from_day=day, to_day=until)
        if way == "earlier" and (before := browsing.days_before(search, offers.parse_day(day, search.today))):
            offer = search.offer(before)
    except InterworkyError:
        offer = ask()
    days = [
        (wording.day_label(on, offer.today, locale), [(slot.id, slot.label_in(locale)) for slot in free])
        for on, free in offer.days
    ]
    later = (offer.days[-1][0] + timedelta(days=1)).isoformat() if offer.days else ""
    is_first = not offer.days or not browsing.days_before(search, offer.days[0][0])
    earlier = "" if is_first else offer.days[0][0].isoformat()
    times_in = label("times_in", locale, zone=zone_names.current(offer.timezone))
    return {"offer": offer, "days": days, "times_in": times_in, "day": day, "later": later, "earlier": earlier}


@require_GET
@of_link
def invitation(request: HttpRequest, appointment: Appointment) -> HttpResponseBase:
    """The appointment as a file for a calendar; once cancelled, the file that takes it out again."""
    cancelled = appointment.state in (Appointment.State.CANCELLED, Appointment.State.DECLINED)
    method: calendar_files.Method = "CANCEL" if cancelled else "PUBLISH"
    body = calendar_files.ics(appointment, method)
    response = HttpResponse(body, content_type=f"text/calendar; charset=utf-8; method={method}")
    response["Content-Disposition"] = f'attachment; filename="appointment-{appointment.reference}.ics"'
    return hardened(response)


def hardened(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response[name] = value
    return response
