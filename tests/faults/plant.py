"""Puts secrets into a running installation, as its staff would. For a process of its own with the installation's
environment: what to plant comes as JSON on stdin, and what was planted goes back on stdout."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

import django


def main() -> None:
    asked: dict[str, Any] = json.load(sys.stdin)
    django.setup()
    from django.conf import settings
    from django.contrib import admin
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User

    from assistant.models import Assistant, Method, Organization, Provider

    if asked.get("pages"):
        found = {model._meta.label_lower: model.objects.values_list("pk", flat=True)[:20] for model in admin.site._registry}
        json.dump({name: [str(pk) for pk in pks] for name, pks in found.items()}, sys.stdout)
        return

    home = Organization.objects.get(slug="bright-smile-dental")  # of the demonstration
    home.team_email = "refused@brightsmile.example"
    home.save()
    home.methods.filter(name="message_team").update(config={"to": home.team_email, "subject": "A message"})
    assistant = home.assistants.get()
    provider = Provider(organization=home, name="Own", base_url=asked["provider_url"], smart="m", timeout_seconds=5)
    provider.set_key(asked["provider_key"], provider.base_url)
    provider.save()
    for one in asked["methods"]:
        method = Method(
            organization=home, name=one["name"], kind=one["kind"], description="Echo.", risk=Method.Risk.READ,
            config=one["config"], parameters={"type": "object", "properties": {}, "additionalProperties": False},
        )  # fmt: skip
        for name, secret in one["secrets"].items():
            method.set_secret(name, secret)
        method.save()
        assistant.methods.add(method)
    faulty = Organization.objects.create(
        name="Faulty", slug="faulty", allow_any_origin=True, team_email="refused@faulty.example"
    )
    public_key = Assistant.objects.create(organization=faulty, name="Max").public_key
    for one in asked["broken"]:
        row = Provider(organization=home, enabled=False, **{name: one[name] for name in ("name", "base_url")}, smart="m")
        row.set_key(one["key"], row.base_url)
        row.save()
    user = User.objects.create_superuser("boss", password=asked["password"])
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    json.dump({"session": session.session_key, "faulty": public_key}, sys.stdout)


main()
