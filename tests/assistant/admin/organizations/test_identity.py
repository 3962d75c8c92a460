"""Identity keys in the admin: a secret goes in and never comes out, and only owners decide who signs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assistant.models import IdentityKey, Organization
from tests.assistant.admin.filled import fill, member
from tests.assistant.services.organizations.test_identity import PUBLIC, SECRET

pytestmark = pytest.mark.django_db
ADD = "admin:assistant_identitykey_add"


@pytest.fixture
def home() -> Organization:
    made = fill("mine", "Aardvark")
    IdentityKey.objects.all().delete()
    return made


def entered(home: Organization, role: str) -> Client:
    client = Client()
    client.force_login(member(home, role))
    return client


def add(client: Client, home: Organization, **fields: Any) -> Any:
    return client.post(reverse(ADD), {"organization": home.pk, "name": "Shop", "algorithm": "HS256", **fields})


def test_an_owner_enters_a_secret_that_no_page_shows_again(home):
    client = entered(home, "owner")
    assert add(client, home, secret=SECRET).status_code == 302
    key = IdentityKey.objects.get()
    assert key.secret() == SECRET and SECRET not in key.sealed_secret
    page = client.get(reverse("admin:assistant_identitykey_change", args=[key.pk])).content.decode()
    assert str(key.pk) in page and SECRET not in page


def test_an_owner_enters_a_public_key(home):
    assert add(entered(home, "owner"), home, algorithm="RS256", public_key=PUBLIC).status_code == 302
    assert IdentityKey.objects.get().public_key.strip() == PUBLIC.strip()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"secret": "short"}, "at least 32"),
        ({"secret": PUBLIC}, "Choose RS256"),
        ({"secret": SECRET, "public_key": PUBLIC}, "does not use it"),
        ({"algorithm": "RS256", "public_key": "ssh-rsa AAAA"}, "BEGIN PUBLIC KEY"),
        ({"algorithm": "RS256", "public_key": "-----BEGIN PRIVATE KEY-----"}, "private key"),
    ],
)
def test_a_key_that_could_not_verify_anything_is_refused_and_its_secret_is_not_shown(home, fields, why):
    answer = add(entered(home, "owner"), home, **fields)
    assert answer.status_code == 200 and why in answer.content.decode()
    assert SECRET not in answer.content.decode() and not IdentityKey.objects.exists()


def test_a_sixth_key_is_refused(home):
    client = entered(home, "owner")
    for number in range(5):
        assert add(client, home, secret=SECRET, name=f"Shop {number}").status_code == 302
    assert "at most 5 keys" in add(client, home, secret=SECRET).content.decode()


def test_editors_read_keys_and_add_none(home):
    client = entered(home, "editor")
    assert add(client, home, secret=SECRET).status_code == 403
    assert client.get(reverse("admin:assistant_identitykey_changelist")).status_code == 200
