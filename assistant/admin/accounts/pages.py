"""What the pages of an account share: the look of the login page, and headers for addresses that are credentials."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.views import ListUserSessionsView
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.widgets import INPUT_CLASSES

from assistant.errors import TooMuch
from assistant.services import account_log
from assistant.services.organizations import networks, rate_limits

NARROW = "account/narrow.html"


def page(request: HttpRequest, title: str, *, template: str = NARROW, status: int = 200, **context: Any) -> HttpResponse:
    """A page outside the admin's navigation. Its address may be a credential, so that no other site may learn it; our own
    has to, since browsers that send no referrer send no origin either, and Django refuses such forms."""
    about = {**admin.site.each_context(request), "title": title, **context}
    response = render(request, template, about, status=status)
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response


def counted(request: HttpRequest) -> HttpResponse | None:
    """None, or the page for a network that has followed too many links."""
    try:
        rate_limits.hit("staff-link", network=networks.network_of_request(request.META))
    except TooMuch as error:
        text = "Too many links were opened from your network. Try again later."
        refused = page(request, "Too many attempts", text=text, status=429)
        refused["Retry-After"] = str(error.retry_after_seconds)
        return refused
    return None


def dressed(form: forms.BaseForm) -> forms.BaseForm:
    """The form with the classes of the admin's inputs."""
    for field in form.fields.values():
        if not isinstance(field.widget, (forms.CheckboxInput, forms.HiddenInput)):
            field.widget.attrs.setdefault("class", " ".join(INPUT_CLASSES))
    return form


class SessionsView(ListUserSessionsView):
    """django-allauth's list of one's sessions, whose button ends all but this one."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        assert isinstance(self.request.user, User)
        account_log.record_other_sessions_ended(self.request.user)
        return response
