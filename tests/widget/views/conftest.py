"""A visitor's page and the assistant that it shows."""

from __future__ import annotations

import pytest

from assistant.models import Assistant
from assistant.services.organizations import rate_limits
from tests import make

from .visitor_page import Page


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    rate_limits.reset()


@pytest.fixture
def assistant() -> Assistant:
    return make.assistant()


@pytest.fixture
def page() -> Page:
    return Page()
