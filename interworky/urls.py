from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("widget.urls")),
    path("admin/", admin.site.urls),
    path("demo-llm/", include("assistant.providers.demo.wire")),
    path("", include("interworky.demo.urls")),
]
