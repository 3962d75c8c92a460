"""Children that read what strangers have written use no more memory and processor time than they are given."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.servers import ROOT, environment

pytest.importorskip("resource")
DAY = "2030-01-08T00:00:00+00:00"
CHILDREN = {
    "assistant.services.files.images": [],
    "assistant.services.booking.calendar_sync.busy_expansion": ["Europe/London", DAY, DAY],
    "assistant.services.knowledge.extraction": ["note.txt", "", ""],
}


def child(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(), input="", capture_output=True, text=True, check=False)


def test_what_needs_more_memory_than_that_ends_the_child():
    code = "from assistant.child_limits import bound_this_process as bound; bound(2 ** 28, 60); bytearray(2 ** 29)"
    ended = child(code)
    assert ended.returncode == 1 and "MemoryError" in ended.stderr


@pytest.mark.parametrize("module", CHILDREN)
def test_every_reader_in_a_child_bounds_itself_first(module: str):
    code = (
        f"import resource, sys, {module} as reader; reader.main(); limits = resource.getrlimit;"
        " given = reader.MEMORY_BYTES, reader.SECONDS;"
        " sys.exit((limits(resource.RLIMIT_AS)[0], limits(resource.RLIMIT_CPU)[0]) != given)"
    )
    ended = child(code, *CHILDREN[module])
    assert ended.returncode == 0, ended.stderr
