from typing import Any

from django.core.management.base import BaseCommand
from django.core.management.utils import get_random_secret_key

from assistant.secrets import new_key


class Command(BaseCommand):
    help = "Print a fresh SECRET_KEY and a fresh FIELD_KEYS, as lines for .env."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        # Quoted: the alphabet holds #, $ and =.
        self.stdout.write(f"SECRET_KEY='{get_random_secret_key()}'\nFIELD_KEYS={new_key()}")
