from django.contrib import admin
from django.urls import include, path

from widget import appointments

urlpatterns = [
    path("", include("widget.urls")),
    path("appointments/<str:token>/", appointments.page, name="appointment"),
    path("appointments/<str:token>/invitation.ics", appointments.invitation, name="appointment-invitation"),
    path("admin/", admin.site.urls),
    path("demo-llm/", include("assistant.providers.demo.wire")),
    path("", include("interworky.demo.urls")),
]
