"""Code runs in the product as in `manage.py shell`, each time as if it were the first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import servers
from tests.shell import Shell


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with Shell(servers.environment(DATA_DIR=str(tmp_path_factory.mktemp("data")))) as shell:
        yield shell


def test_it_prints_what_it_reads_of_the_product_and_of_what_is_typed(shell: Shell) -> None:
    code = "import sys; from django.conf import settings; print(settings.ROOT_URLCONF, sys.stdin.read())"
    assert shell.run(code, "Grüße\n") == "interworky.urls Grüße\n\n"


def test_what_one_run_leaves_in_memory_the_next_does_not_find(shell: Shell) -> None:
    remember = "from django.conf import settings; print(hasattr(settings, 'LEFT')); settings.LEFT = 1"
    assert [shell.run(remember), shell.run(remember)] == ["False\n", "False\n"]


def test_a_failure_is_raised_with_its_traceback_and_the_next_run_goes_on(shell: Shell) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        shell.run("1 / 0")
    assert shell.run("print(1)") == "1\n"


def test_what_writes_past_python_is_printed_too(shell: Shell) -> None:
    assert shell.run("import os; os.write(1, b'low')") == "low"
