"""An assistant with knowledge, and the sweep for passages that lack vectors."""

from __future__ import annotations

from typing import Any

import pytest

from assistant import jobs
from assistant.models import Assistant
from tests import make


@pytest.fixture
def mia() -> Assistant:
    return make.assistant()


@pytest.fixture
def sweep(queued_tasks: list[tuple[str, str]], django_capture_on_commit_callbacks: Any) -> Any:
    def run() -> list[str]:
        """The organizations that are handed over."""
        queued_tasks.clear()
        with django_capture_on_commit_callbacks(execute=True):
            jobs.embed()
        return [organization for _, organization in queued_tasks]

    return run
