from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "assistant"
    verbose_name = "Interworky"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, secrets, voice  # noqa: F401 - the first registers the start-up checks
        from .services import account_log, audit
        from .services.notifications import push

        audit.watch()
        account_log.watch()
        push.watch()
        voice.watch()
        secrets.known_keys()  # no process starts with a FIELD_KEYS that is none
