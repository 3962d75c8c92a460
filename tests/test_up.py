"""The first five minutes: one command, from nothing, and one clear sentence where it cannot be."""

from __future__ import annotations

import ast
import asyncio
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from contextlib import closing
from pathlib import Path
from socket import create_server
from unittest.mock import Mock

import pytest
import uvicorn
import uvloop
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from interworky.demo.seed import PUBLIC_KEY
from interworky.up import Refused, Server, bind, owning
from tests.servers import ROOT, App, end, environment, launch, until

WITHOUT_VENV = "import sys; sys.modules['ensurepip'] = None"
BOOTSTRAP = ["manage.py", "requirements.lock", "requirements-dev.lock", "requirements-uv.lock"]


def here(app: App) -> str:
    return app.url.replace("localhost", "127.0.0.1")


def get(app: App, path: str) -> str:
    with urllib.request.urlopen(here(app) + path, timeout=10) as response:
        assert response.status == 200
        return response.read().decode()


def session(app: App) -> str:
    """A visitor's token, as the widget on the demonstration page gets it."""
    body = json.dumps({"key": PUBLIC_KEY}).encode()
    headers = {"Content-Type": "application/json", "Origin": app.url}
    request = urllib.request.Request(f"{here(app)}/api/v1/widget/sessions", body, headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return str(json.load(response)["token"])


def run_up(**values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up"], cwd=ROOT, capture_output=True, text=True, timeout=60, env=environment(**values)
    )


# --- Running ---------------------------------------------------------------------------------------------------------


def test_it_shows_where_everything_is_and_keeps_its_data_through_a_kill(app_server):
    said = app_server.log.read_text()
    for words in (
        f"{app_server.url}/",
        f"{app_server.url}/admin/",
        f"{app_server.url}/demo/mailbox/?key=",
        "user admin",
        "demonstration model",
    ):
        assert words in said
    password = re.search(r"password (\S+)", said)
    assert password and len(password[1]) >= 12
    for page in ("/", "/admin/login/", "/healthz", "/readyz", "/widget.js"):
        get(app_server, page)

    keys = (app_server.data_dir / "keys.json").read_text()
    app_server.kill()
    app_server.start()
    said_again = app_server.log.read_text()[len(said) :]
    assert "password unchanged" in said_again
    assert password[1] not in said_again
    assert (app_server.data_dir / "keys.json").read_text() == keys
    assert "Bright Smile" in get(app_server, "/")
    assert app_server.stop(signal.SIGINT) == 0


def test_it_stops_in_time_and_asks_clients_to_reconnect(start_app):
    app = start_app()
    token = session(app)
    said = app.log.read_text()
    page = {"Origin": app.url, "Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    events = urllib.request.Request(f"{here(app)}/api/v1/widget/events?after=0", headers=page)
    with (
        connect(f"ws://127.0.0.1:{app.port}/ws/v1/chat", origin=app.url, max_size=None) as socket,
        closing(urllib.request.urlopen(events, timeout=10)),
    ):
        socket.send(json.dumps({"type": "session.open", "token": token, "after": 0}))
        assert json.loads(socket.recv(10))["type"] == "session.ready"
        assert app.stop(signal.SIGTERM) == 0  # by itself: it is not waited for long
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(5)
    assert closed.value.rcvd and closed.value.rcvd.code == 1012
    assert app.log.read_text() == said


async def test_what_stops_the_server_wakes_it(monkeypatch):
    monkeypatch.setattr(threading, "Timer", Mock())  # it would end this process
    monkeypatch.setattr(logging.Logger, "setLevel", Mock())
    server = Server(lambda: None, tick_seconds=3600)
    running = asyncio.create_task(server.main_loop())
    await asyncio.sleep(0)
    assert not running.done()
    server.handle_exit(signal.SIGTERM, None)
    async with asyncio.timeout(30):
        await running


def test_the_loop_and_the_parser_of_http_are_those_that_cost_least():
    assert uvicorn.Config("interworky.asgi:application").get_loop_factory() is uvloop.new_event_loop
    assert AutoHTTPProtocol is HttpToolsProtocol


def test_a_second_one_on_the_same_data_says_where_the_first_is(tmp_path):
    with owning(tmp_path, "http://localhost:8123"):
        done = run_up(DATA_DIR=str(tmp_path), PORT="65000")
    assert done.returncode == 1
    assert f"already running on {tmp_path}" in done.stderr
    assert "http://localhost:8123" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_taken_port_is_explained_in_one_sentence_with_a_way_out():
    with closing(create_server(("127.0.0.1", 0))) as other, pytest.raises(Refused) as refused:
        port = other.getsockname()[1]
        bind("127.0.0.1", port)
    said = str(refused.value)  # which is printed as the one above is
    assert said.startswith(f"Port {port} on 127.0.0.1 cannot be used")
    assert said.endswith(f"PORT={port % 65_000 + 1} python3 manage.py up")
    assert len(said.splitlines()) == 1


def test_a_data_directory_that_cannot_be_written_is_explained_in_one_sentence(tmp_path):
    (tmp_path / "data").write_text("a file where a directory should be")
    done = run_up(DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 1
    assert done.stderr.startswith("Interworky cannot start: ")
    assert len(done.stderr.strip().splitlines()) == 1


# --- From a bare checkout --------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which nothing has been installed."""
    for name in BOOTSTRAP:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def bootstrap(checkout: Path, *arguments: str, before: str = "", **values: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` as the machine's own Python runs it; `before` is run first, to take something away from that Python."""
    run = "runpy.run_path('manage.py', run_name='__main__')"
    script = f"{before}\nimport sys, runpy; sys.argv = ['manage.py', *{arguments!r}]; {run}"
    return subprocess.run(
        [sys.executable, "-c", script], cwd=checkout, capture_output=True, text=True, timeout=120,
        env={**environment(**values), "NO_BOOTSTRAP": "", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull},
    )  # fmt: skip


def test_pythons_that_are_too_old_can_read_the_sentence_that_says_so(checkout):
    ast.parse((checkout / "manage.py").read_text(), feature_version=(3, 6))
    done = bootstrap(checkout, "up", before="import sys; sys.version_info = (3, 6, 9, 'final', 0)")
    assert done.returncode == 1
    assert done.stderr == "Interworky needs Python 3.11 or newer; this is Python 3.6.\n"


def test_a_python_without_venv_says_what_to_install(checkout):
    done = bootstrap(checkout, "up", before=WITHOUT_VENV)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("apt-get install python3-venv")
    assert not (checkout / ".venv").exists()


def test_every_other_command_prepares_its_environment_too(checkout):
    (checkout / ".venv").write_text("a file where a directory should be")
    done = bootstrap(checkout, "doctor", before="import sys; sys.modules['django'] = None")
    assert f"Cannot make a virtual environment in {checkout}" in done.stderr and done.stdout == ""


def test_a_directory_in_which_nothing_can_be_made_is_explained_in_one_sentence(checkout):
    (checkout / ".venv").write_text("a file where a directory should be")
    done = bootstrap(checkout, "up")
    assert done.returncode == 1
    begun, refused = done.stderr.strip().splitlines()
    assert refused.startswith(f"Cannot make a virtual environment in {checkout}")


def test_a_package_index_that_cannot_be_reached_is_explained_in_one_sentence(checkout):
    done = bootstrap(checkout, "up")
    assert done.returncode == 1
    begun, refused = done.stderr.strip().splitlines()
    assert begun.startswith("Installing what Interworky needs") and done.stdout == ""
    assert refused.startswith("Cannot install the packages of requirements.lock; is there a way to the package index?")
    assert not (checkout / ".venv" / ".stamp").exists()


def installed(checkout: Path, lock: str) -> None:
    """An environment that claims to hold `lock`, and whose Python says how it was called."""
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "in .venv: $@"\n')
    python.chmod(0o755)
    code = f"import sys; sys.path.insert(0, {str(checkout)!r}); import manage; print(manage.stamp_of({lock!r}))"
    stamp = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    (checkout / ".venv" / ".stamp").write_text(stamp.stdout)


def test_what_is_installed_is_not_installed_again(checkout):
    installed(checkout, "requirements.lock")
    done = bootstrap(checkout, "up", "--traceback")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"in .venv: {checkout / 'manage.py'} up --traceback\n"


@pytest.mark.parametrize(("command", "changed"), [("test", None), ("up", "requirements.lock")])
def test_what_is_missing_or_has_changed_since_is_installed(checkout, command, changed):
    installed(checkout, "requirements.lock")
    if changed:
        (checkout / changed).write_text((checkout / changed).read_text() + "# newer\n")
    done = bootstrap(checkout, command, before=WITHOUT_VENV)  # as far as it needs to go to show that it set out
    assert "cannot make virtual environments" in done.stderr


EVERY_TASK = """
import django
django.setup()
from interworky.up import Worker, app
Worker("mail", 1)
print(*sorted({entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks)))
"""


def test_all_tasks_are_defined_before_the_first_worker_starts(tmp_path):
    values = environment(DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="interworky.settings")
    found = subprocess.run(
        [sys.executable, "-c", EVERY_TASK], cwd=ROOT, env=values, capture_output=True, text=True, timeout=60
    )
    assert (found.stdout.strip(), found.returncode) == ("", 0), found.stderr


# The product, and behind it what threads other than the first one have imported of Celery's.
LATE_IMPORTS = """
import runpy, sys, threading
from celery.signals import task_postrun
task_postrun.connect(lambda **_: print("a task ran", flush=True), weak=False)
def hook(event, args):
    if event == "import" and args[0].split(".")[0] in ("celery", "kombu"):
        if threading.current_thread() is not threading.main_thread():
            print("imported late:", args[0], flush=True)
sys.addaudithook(hook)
sys.argv = ["manage.py", "up"]
runpy.run_path("manage.py", run_name="__main__")
"""


def test_no_thread_of_the_product_imports_what_another_may_be_importing(tmp_path):
    app = App(tmp_path / "data")
    app.data_dir.mkdir()
    process = launch([sys.executable, "-c", LATE_IMPORTS], app.log, env=app.environment)
    try:
        until(lambda: "a task ran" in app.log.read_text(), 120, process, app.log)
    finally:
        end(process, signal.SIGTERM)
    assert "imported late" not in app.log.read_text(), app.log.read_text()
