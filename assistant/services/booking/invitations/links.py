"""Links to an appointment: for its visitor, whose token is the credential, and for staff."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature
from django.urls import reverse

from assistant import signatures
from assistant.errors import NotFound
from assistant.models import Appointment

SALT, FEEDBACK_SALT = "assistant.appointment", "assistant.feedback"


def token_of(appointment: Appointment) -> str:
    """The credential to view, move and cancel this one appointment, in the links that its visitor is given."""
    return signatures.signer(SALT).sign(appointment.pk.hex)


def id_in(token: str) -> str:
    """The appointment's id. Raises `NotFound` for what we did not sign."""
    try:
        return signatures.signer(SALT).unsign(token)
    except BadSignature as error:
        raise NotFound("No such appointment.") from error


def manage_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("appointment", args=[token_of(appointment)])


def feedback_token(appointment: Appointment) -> str:
    """The credential to say how it was, and for nothing else: the link above is for more."""
    return signatures.signer(FEEDBACK_SALT).sign(appointment.pk.hex)


def id_in_feedback_token(token: str) -> str:
    """Raises `NotFound` as `id_in` does."""
    try:
        return signatures.signer(FEEDBACK_SALT).unsign(token)
    except BadSignature as error:
        raise NotFound("No such appointment.") from error


def feedback_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("feedback", args=[feedback_token(appointment)])


def ics_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("appointment-invitation", args=[token_of(appointment)])


def admin_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("admin:assistant_appointment_change", args=[appointment.pk])
