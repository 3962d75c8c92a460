"""Logging in: the admin's form checks the password, then django-allauth asks for the second factor where there is one."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache


class StaffLoginView(LoginView):
    """As `AdminSite.login` shows it."""

    template_name = "admin/login.html"

    def get_form_class(self) -> Any:
        return admin.site.login_form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        about = {**admin.site.each_context(self.request), "title": "Log in", "app_path": self.request.get_full_path()}
        return {**super().get_context_data(**kwargs), **about, "username": self.request.user.get_username()}

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        # The password has just been given: the pages that want it confirmed need not ask for it again.
        record_authentication(self.request, user, "password", reauthenticated=True)
        return perform_login(self.request, Login(user=user, redirect_url=self.get_success_url()))


@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    if request.method == "GET" and admin.site.has_permission(request):
        return HttpResponseRedirect(reverse("admin:index"))
    extra = {} if REDIRECT_FIELD_NAME in {**request.GET, **request.POST} else {"next_page": "admin:index"}
    return StaffLoginView.as_view(**extra)(request)  # type: ignore[return-value]
