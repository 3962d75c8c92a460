from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from interworky.up import Refused, bind, owning, serve


class Command(BaseCommand):
    help = "Run the whole product on this machine, ready to be tried: database, demonstration, server, worker and clock."

    def handle(self, **options: Any) -> None:
        try:
            with owning(settings.DATA_DIR, settings.PUBLIC_URL):
                listening = bind(settings.HOST, settings.PORT)
                try:
                    call_command("migrate", interactive=False, verbosity=0)
                except OperationalError as error:
                    raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
                welcome = self.welcome()
                serve(listening, ready=lambda: self.say(welcome))
        except Refused as refused:
            raise CommandError(str(refused)) from refused

    def welcome(self) -> str:
        try:
            from interworky.demo.seed import seed
        except ModuleNotFoundError:
            return "  up at " + settings.PUBLIC_URL + "\n"
        here = settings.PUBLIC_URL
        seeded = seed()
        staff = f"user {seeded.admin_user}, password " + (
            seeded.password or f"as before (anew: python3 manage.py changepassword {seeded.admin_user})"
        )
        rows = {
            "Demo page": here + seeded.demo_url,
            "Admin": f"{here}/admin/",
            "": staff,
            "Sent mail": f"{here}/demo/mailbox/",
            "Answered by": "x",
            "Data": str(settings.DATA_DIR),
        }
        lines = [f"  {self.style.SUCCESS(f'{name:12}')}{text}" for name, text in rows.items()]
        return "\n".join(
            ["", self.style.SUCCESS("  Interworky is up.") + " Ctrl-C stops it; nothing is lost.", "", *lines, ""]
        )

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
