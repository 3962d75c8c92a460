"""docker-compose.yml without a Docker engine: its form, and every command of ours in it, really run against real servers."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
import yaml
from celery import Celery
from django.conf import settings

from assistant.services.deliveries import outbox
from assistant.services.knowledge import documents
from interworky.celery import app
from tests.conftest import needed
from tests.servers import ROOT, end, environment, free_port, launch, new_database, redis, until
from tests.test_settings import PRODUCTION

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
WORKERS = ("worker", "worker-mail", "worker-documents")
OURS = ("web", *WORKERS, "beat", "migrate")
# Of the Compose specification, what is used here: a misspelt key is refused by `docker compose config`.
KEYS = {
    "build", "image", "env_file", "environment", "restart", "init", "read_only", "tmpfs", "cap_drop", "security_opt",
    "depends_on", "command", "ports", "stop_grace_period", "healthcheck", "volumes",
}  # fmt: skip


def interpolated(text: str, values: dict[str, str]) -> str:
    """`${NAME:-default}` and `${NAME:?complaint}`, as Compose reads them."""

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        if values.get(name):
            return values[name]
        assert operator == ":-", f"{name} is missing: {rest}"
        return rest

    return re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, text)


def command(service: str) -> list[str]:
    """What the service runs, with the Python of these tests."""
    words = shlex.split(SERVICES[service]["command"])
    program = [sys.executable] if words[0] == "python" else [sys.executable, "-m", words[0]]
    return [*program, *words[1:]]


@pytest.fixture(scope="module")
def values(postgres_server: str) -> Iterator[dict[str, str]]:
    """The environment that Compose gives our services, with real servers behind it, once `migrate` has run."""
    with new_database(postgres_server) as database, needed(redis) as broker:
        given = {**PRODUCTION, "DATABASE_URL": database, "REDIS_URL": broker}
        set_here = {name: text for name, text in COMPOSE["x-app"]["environment"].items() if text is not None}
        values = environment(**{name: interpolated(text, given) for name, text in set_here.items()})
        done = subprocess.run(command("migrate"), cwd=ROOT, env=values, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        yield values


# --- The form --------------------------------------------------------------------------------------------------------


def test_the_file_uses_only_keys_that_compose_knows():
    assert set(COMPOSE) <= {"services", "volumes", "x-app"}
    assert {name: set(service) - KEYS for name, service in SERVICES.items() if set(service) - KEYS} == {}
    for service in SERVICES.values():
        assert set(service.get("healthcheck", {})) <= {"test", "interval", "timeout", "retries", "start_period"}
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in COMPOSE["volumes"]


# What has no meaning in containers: where `up` listens and keeps its files, and what shows the product on its own.
IN_ONE_PROCESS = {"PORT", "HOST", "DATA_DIR", "DEBUG", "DEMO_SITE", "DEMO_MODEL", "DEMO_MODEL_URL", "DEMO_MODEL_DELAY_MS"}


def documented(operations: str) -> set[str]:
    """The variables in the tables for production."""
    explained = operations.partition("## In production")[2].partition("## What it connects")[0]
    rows = "\n".join(row.rsplit(" | ", 1)[0] for row in explained.splitlines() if row.startswith("| `"))
    return set(re.findall(r"`([A-Z][A-Z_]+)`", rows))


def not_passed_on(operations: str = OPERATIONS) -> set[str]:
    return documented(operations) - IN_ONE_PROCESS - set(COMPOSE["x-app"]["environment"])


def test_every_variable_that_operations_knows_is_passed_on():
    assert "METRICS_TOKEN" in documented(OPERATIONS)
    assert not_passed_on() == set()


def test_a_new_setting_for_production_is_missed_until_it_is_passed_on():
    row = "| `VISITORS_AT_ONCE` | how many visitors may chat at once, 3 |\n"
    assert not_passed_on(OPERATIONS.replace("| `METRICS_TOKEN`", f"{row}| `METRICS_TOKEN`")) == {"VISITORS_AT_ONCE"}


def test_every_service_waits_for_what_exists_and_can_be_waited_for():
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, f"{name} waits for {other}"
            match how["condition"]:
                case "service_healthy":
                    assert "healthcheck" in SERVICES[other]
                case "service_completed_successfully":
                    assert SERVICES[other]["restart"] == "no"


def test_every_image_but_ours_is_pinned_and_listens_to_this_machine_alone():
    for name, service in SERVICES.items():
        if name not in OURS:
            assert re.fullmatch(r"[a-z/]+:v?\d[\w.-]*", service["image"])
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_it_does_not_start_without_keys():
    for name in ("SECRET_KEY", "FIELD_KEYS"):
        with pytest.raises(AssertionError, match=r"manage.py keys"):
            interpolated(COMPOSE["x-app"]["environment"][name], {})


def test_our_containers_may_do_no_more_than_they_need():
    for name in OURS:
        service = SERVICES[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER interworky"]


def test_the_image_is_made_of_locked_packages_and_files_that_exist():
    text = (ROOT / "Dockerfile").read_text()
    assert text.count("--require-hashes") == text.count("pip install") == 2
    copied = [
        words for line in text.splitlines() if line.startswith("COPY ") and "--from" not in (words := line.split()[1:])[0]
    ]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = {source for words in copied for source in words[:-1]}
    assert sources == kept
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_alone_serves_as_compose_does():
    cmd = json.loads((ROOT / "Dockerfile").read_text().partition("\nCMD ")[2].replace("\\\n", ""))
    assert cmd == shlex.split(SERVICES["web"]["command"])


# --- The commands ----------------------------------------------------------------------------------------------------


def test_web_serves_and_stops(values, tmp_path):
    port = str(free_port())
    words = [port if word == "8000" else word for word in command("web")]
    log = tmp_path / "log"
    web = launch(words, log, env=values)

    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    try:
        until(ready, 60, web, log)
    finally:
        code = end(web, signal.SIGTERM, 30)
    assert code in (0, -signal.SIGTERM), log.read_text()  # uvicorn ends by the signal that it was asked with


def test_beat_starts_and_stops(values, tmp_path):
    log = tmp_path / "log"
    beat = launch(command("beat"), log, env=values)
    try:
        until(lambda: "beat: Starting..." in log.read_text(), 60, beat, log)
    finally:
        code = end(beat, signal.SIGTERM, 30)
    assert code == 0, log.read_text()


def test_the_worker_receives_tasks_and_stops(values, tmp_path):
    log = tmp_path / "log"
    worker = launch(command("worker"), log, env=values)
    try:
        with Celery(broker=values["REDIS_URL"], set_as_current=False) as sending:
            sending.send_task("assistant.jobs.sweep")
        until(lambda: re.search(r"assistant\.jobs\.sweep\[.*succeeded", log.read_text()) is not None, 60, worker, log)
    finally:
        code = end(worker, signal.SIGTERM, 30)
    assert code == 0, log.read_text()


def test_every_queue_has_a_worker_and_mail_has_one_to_itself():
    taken = [SERVICES[name]["command"].split("--queues ")[1].split()[0].split(",") for name in WORKERS]
    assert {name for queues in taken for name in queues} == set(settings.CELERY_TASK_QUEUES)
    assert ["mail"] in taken and not any("documents" in queues and len(queues) > 1 for queues in taken)
    routed = {task: route["queue"] for task, route in settings.CELERY_TASK_ROUTES.items()}
    app.loader.import_default_modules()
    assert set(routed) <= set(app.tasks) and routed[outbox.TASK] == "mail" and routed[documents.TASK] == "documents"


def test_the_documented_commands_are_the_ones_that_run_here():
    documented = (ROOT / "docs" / "operations.md").read_text().replace("\\\n", "").split("\n")
    lines = [
        shlex.split(line) for line in documented if line.startswith("    ") and line.split()[0] in ("uvicorn", "celery")
    ]
    names = ("web", *WORKERS, "beat")
    composed = [shlex.split(SERVICES[name]["command"].replace("0.0.0.0", "127.0.0.1")) for name in names]
    assert lines == composed
