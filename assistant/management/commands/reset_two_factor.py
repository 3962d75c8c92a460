"""`manage.py reset_two_factor USER`: for somebody who has lost their telephone and their recovery codes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from assistant.services import logins


class Command(BaseCommand):
    help = "Delete a user's second factors and recovery codes, so that they log in with their password and add new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user name, as it is typed to log in")

    def handle(self, **options: Any) -> None:
        try:
            user = User.objects.get(username=options["user"])
        except User.DoesNotExist as error:
            raise CommandError(f"There is no user {options['user']!r}.") from error
        if deleted := logins.reset_two_factor(user):
            self.stdout.write(f"{user} logs in with the password alone now; factors and recovery codes deleted: {deleted}.")
        else:
            self.stdout.write(f"{user} has no second factor. A new password: manage.py changepassword {user}")
