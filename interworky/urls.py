from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import include, path

from widget import appointments, calendar_feeds, feedback


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it unasked."""
    return HttpResponseRedirect(static("admin-extra/icon.svg"))


def web_app_manifest(request: HttpRequest) -> HttpResponse:
    """The admin as an app on a home screen: where iPhones and iPads show notifications, and nowhere else."""
    icons = [{"src": static(f"admin-extra/push/icon-{size}.png"), "sizes": f"{size}x{size}"} for size in (192, 512)]
    about = {
        "name": "Interworky",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0f766e",
        "icons": icons,
    }
    return JsonResponse(about, content_type="application/manifest+json")


def no_page(request: HttpRequest, path: str) -> HttpResponse:
    """The admin's redirect to an object's public page: nothing here has one, and it fails for ids of the wrong kind."""
    raise Http404


handler400 = "interworky.refusals.bad_request"

urlpatterns = [
    path("favicon.ico", favicon),
    path("", include("widget.urls")),
    path("appointments/<str:token>/", appointments.page, name="appointment"),
    path("appointments/<str:token>/invitation.ics", appointments.invitation, name="appointment-invitation"),
    path("calendars/<str:token>.ics", calendar_feeds.feed, name="calendar-feed"),
    path("feedback/<str:token>/", feedback.page, name="feedback"),
    path("admin/app.webmanifest", web_app_manifest, name="web-app-manifest"),
    path("admin/r/<path:path>", no_page),
    path("admin/", include("assistant.admin.accounts.urls")),
    path("admin/", admin.site.urls),
    path("demo-llm/", include("interworky.demo.model.wire")),
    path("", include("interworky.demo.urls")),
]
