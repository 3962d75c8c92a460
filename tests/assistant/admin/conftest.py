from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from assistant.models import Organization
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered


@pytest.fixture
def home(db: None) -> Organization:
    """An organization with a row of everything."""
    return fill("home", "Aardvark")


@pytest.fixture
def editor(home: Organization) -> Client:
    return entered(member(home, "editor"))


@pytest.fixture
def boss(db: None) -> Client:
    return entered(User.objects.create_superuser("boss"))
