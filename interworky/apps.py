from django.apps import AppConfig
from django.core.signals import request_finished


class InterworkyConfig(AppConfig):
    name = "interworky"

    def ready(self) -> None:
        from assistant.async_db import close_connections

        request_finished.connect(close_connections)
