from django.apps import AppConfig


class WidgetConfig(AppConfig):
    name = "widget"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers the start-up checks
