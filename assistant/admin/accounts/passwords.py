"""Pages for a forgotten password: ask for a link, and choose a new password with it."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods

from assistant.admin.accounts.pages import NARROW, counted, dressed, page
from assistant.errors import TooMuch
from assistant.services import account_log, passwords
from assistant.services.organizations import networks


class ForgottenForm(forms.Form):
    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput({"autocomplete": "email"}))

    def __init__(self, network: str, data: Any = None) -> None:
        super().__init__(data)
        self.network = network

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "email" in cleaned:
            try:
                passwords.request_reset(cleaned["email"], self.network)
            except TooMuch as error:
                minutes = math.ceil(error.retry_after_seconds / 60)
                raise ValidationError(f"Too many links were requested. Try again in {minutes} minutes.") from error
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    network = networks.network_of_request(request.META)
    form = ForgottenForm(network, request.POST if request.method == "POST" else None)
    links = [("Back to log-in", reverse_lazy("admin:login"))]
    if request.method == "POST" and form.is_valid():
        text = "If there is an account with that address, a link is on its way to it. It is valid for two hours."
        return page(request, "Check your e-mail", text=text, links=links)
    text = "Enter the e-mail address of your account. You will get a link for choosing a new password."
    about: dict[str, Any] = {"form": dressed(form), "submit": "Send the link", "is_form": True, "links": links}
    return page(request, "Forgotten password", text=text, **about)


class ChooseView(PasswordResetConfirmView):
    template_name = NARROW
    success_url = reverse_lazy("admin:login")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return counted(request) or super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}
        if context.get("validlink"):
            dressed(context["form"])
            return {**context, "title": "Choose a new password", "submit": "Save the password", "is_form": True}
        links = [("Ask for a new link", reverse_lazy("admin_password_reset"))]
        text = "It has been used already, or is older than two hours."
        return {**context, "title": "This link cannot be used", "text": text, "links": links, "form": None}

    def form_valid(self, form: Any) -> HttpResponse:
        assert isinstance(self.user, User)
        account_log.record_reset(self.user)
        response = super().form_valid(form)
        passwords.notify(self.user, "Your password was changed", "A new password was chosen with a link from an e-mail.")
        messages.success(self.request, "Your password was changed. Log in with it.")
        return response
