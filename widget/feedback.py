"""The page on which a visitor says how an appointment was, opened by its link.

The link is the credential, as for the appointment's own page (widget.appointments); it is good for this alone.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from assistant.errors import InputError, NotFound, TooMuch
from assistant.models import Appointment, Feedback
from assistant.sentences import catalogue, label, language
from assistant.services.booking.appointments import feedback
from assistant.services.booking.invitations import descriptions
from assistant.services.organizations import networks, rate_limits
from assistant.services.organizations.looks import look_of_appointment
from widget import pages
from widget.appointments import hardened, holder_of

WORDS = ("follow_up", "feedback_scale", "feedback_comment", "feedback_send", "feedback_thanks", "what", "when", "call_us")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponseBase:
    """Asks from 1 to 5 and for a comment; POST saves them and redirects back here. Following the link saves nothing: mail
    scanners do."""
    try:
        rate_limits.hit("appointment", visitor=holder_of(token), network=networks.network_of_request(request.META))
        appointment = feedback.for_token(token)
    except (NotFound, TooMuch) as error:
        return hardened(pages.refused(request, error))
    problem = ""
    if request.method == "POST":
        try:
            feedback.give(appointment, request.POST.get("score", ""), request.POST.get("comment", ""))
            return hardened(HttpResponseRedirect(f"{request.path}?done=1"))
        except InputError as error:
            problem = label(error.code, descriptions.locale_of(appointment))
    return hardened(render(request, "widget/feedback.html", _shown(request, appointment, problem)))


def _shown(request: HttpRequest, appointment: Appointment, problem: str) -> dict[str, object]:
    locale = descriptions.locale_of(appointment)
    given = Feedback.objects.filter(appointment=appointment).first()
    score = given.score if given else request.GET.get("score", "")
    return {
        "appointment": appointment,
        "look": look_of_appointment(appointment),
        "language": language(locale),
        "direction": catalogue(locale).direction,
        "say": {name: label(name, locale) for name in WORDS},
        "lines": descriptions.lines(appointment)[:2],
        "scores": [(one, label("feedback_score", locale, score=one), str(one) == str(score)) for one in range(1, 6)],
        "comment": request.POST.get("comment", "") or (given.comment if given else ""),
        "thanks": bool(given) and "done" in request.GET,
        "problem": problem,
        "early": "" if feedback.may_give(appointment) else label("feedback_early", locale),
    }
