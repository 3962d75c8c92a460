from typing import Any

from django.core.management.base import BaseCommand

from interworky.generated_keys import fresh_keys


class Command(BaseCommand):
    help = "Print a new SECRET_KEY and new FIELD_KEYS, as lines for .env."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        keys = fresh_keys()
        self.stdout.write(f"SECRET_KEY={keys['SECRET_KEY']}\nFIELD_KEYS={','.join(keys['FIELD_KEYS'])}")
