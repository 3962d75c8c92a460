import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from assistant.providers import configuration
from interworky.demo import mailbox
from interworky.demo.seed import seed
from interworky.up import Refused, bind, owning, serve


class Command(BaseCommand):
    help = "Run the whole product on this machine, ready to try: database, demonstration, web server, workers and beat."

    def handle(self, **options: Any) -> None:
        os.umask(0o077)  # other users of this machine must not read conversations, e-mails and keys
        try:
            with owning(settings.DATA_DIR, settings.PUBLIC_URL):
                listening = bind(settings.HOST, settings.PORT)
                try:
                    call_command("migrate", interactive=False, verbosity=0)
                except OperationalError as error:
                    raise CommandError(f"The database cannot be used: {str(error).strip().splitlines()[0]}") from error
                welcome = self.welcome()
                serve(listening, ready=lambda: self.say(welcome))
        except Refused as refused:
            raise CommandError(str(refused)) from refused

    def welcome(self) -> str:
        here = settings.PUBLIC_URL
        seeded = seed()
        staff = f"user {seeded.admin_user}, password " + (
            seeded.password or f"unchanged (to reset it: python3 manage.py changepassword {seeded.admin_user})"
        )
        rows = {
            "Demo page": here + seeded.demo_url,
            "Admin": f"{here}/admin/",
            "": staff,
            **({"Sent mail": f"{here}/demo/mailbox/?key={mailbox.key()}"} if mailbox.in_use() else {}),
            "Answered by": self.answering(),
            "Data": str(settings.DATA_DIR),
        }
        lines = [f"  {self.style.SUCCESS(f'{name:12}')}{text}" for name, text in rows.items()]
        return "\n".join(
            ["", self.style.SUCCESS("  Interworky is up.") + " Press Ctrl-C to stop it; nothing is lost.", "", *lines, ""]
        )

    def answering(self) -> str:
        providers = configuration.load(settings.AI_ENVIRONMENT).usable
        if providers:
            return ", ".join(f"{provider.smart or 'no model'} at {provider.name}" for provider in providers)
        return "the built-in demonstration model; set AI_API_KEY (and AI_BASE_URL, AI_MODEL) to use a real one"

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
