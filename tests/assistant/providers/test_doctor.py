"""`manage.py doctor` on set-ups as people have them: healthy, sloppy and broken."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from assistant import secrets
from assistant.management import doctor
from assistant.models import OutsideEntry, ProviderHealth
from assistant.providers.configuration import load
from assistant.providers.probe import Report
from assistant.services.booking.appointments import appointments, holds
from tests import make
from tests.assistant.services.booking.calendar_sync import outside_calendars

from .probe_server import Server

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
KEY = "sk-canary-abcdefgh1d2c"


@pytest.fixture(autouse=True)
def for_trying(settings):
    """Whatever these tests run on, the set-up under the doctor's eyes is one for trying unless a test says otherwise."""
    settings.EMBEDDED = True


def run(*arguments: str) -> tuple[str, int]:
    """What it prints, and its exit code."""
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as left:
        return out.getvalue(), int(left.code or 0)
    return out.getvalue(), 0


def examined(*arguments: str) -> tuple[dict[str, Any], int]:
    text, code = run("--json", *arguments)
    return json.loads(text), code


def said(seen: dict[str, Any], level: str) -> str:
    return "\n".join(f"{f['about']}: {f['text']} {f['remedy']}" for f in seen["findings"] if f["level"] == level)


@contextmanager
def serving(**lacks: Any) -> Iterator[Server]:
    """A model server in a thread of its own, as the command runs a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = Server(**lacks)
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(5)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def test_nothing_configured_is_healthy_where_the_demonstration_model_may_answer(settings):
    settings.AI_ENVIRONMENT, settings.DEMO_MODEL = {}, True
    seen, code = examined()
    assert code == 0 and seen["healthy"]
    assert "demonstration model" in seen["answers"]
    assert "AI_API_KEY" in said(seen, "hint")


def test_a_missing_provider_is_reported_with_the_documented_words_and_remedies(settings):
    settings.AI_ENVIRONMENT, settings.DEMO_MODEL = {}, False
    seen, code = examined()
    assert code == 1
    wrong = said(seen, "error")
    assert "No available AI providers" in wrong
    assert "AI_<NAME>_KEY" in wrong and "AI_<NAME>_ENABLED=true" in wrong


def test_the_doctor_prints_each_provider_with_its_source_and_order(settings):
    settings.AI_ENVIRONMENT = {
        "AI_GROQ_KEY": "gsk_abcdefgh5678", "AI_GROQ_SMART": "a", "AI_GROQ_FAST": "b", "AI_GROQ_WEIGHT": "3",
        "OPENAI_API_KEY": KEY,
    }  # fmt: skip
    text, code = run()
    assert code == 0
    assert "groq/a (quick tasks: b)" in text
    order = [
        "organizations' own",
        "AI_<NAME>_*: used",
        "AI_API_KEY: empty",
        "OPENAI_COMPAT_*: empty",
        "platform keys: shadowed",
        "demonstration model",
    ]
    places = [text.index(step) for step in order]
    assert places == sorted(places)
    assert "key …5678" in text and "https://api.groq.com/openai/v1" in text and "weight 3" in text


def test_no_key_is_ever_printed(settings):
    settings.AI_ENVIRONMENT = {
        "AI_OPENAI_KEY": KEY,
        "AI_X_KEY": f"Bearer {KEY}",
        "AI_X_URL": f"http://u:{KEY}@h",
        "AI_X_WEIGHT": KEY,
    }
    for arguments in ((), ("--json",)):
        text, code = run(*arguments)
        assert "canary" not in text
        assert code == 1


def test_each_problem_is_reported_with_its_variable_and_remedy(settings):
    settings.AI_ENVIRONMENT = {
        "AI_GROQ_KEY": "gsk_abcdefgh5678",
        "AI_GROQ_WEIGHT": "two",
        "AI_MODLE": "x",
        "AI_ROTATION": "bogus",
    }
    seen, code = examined()
    assert code == 1
    assert said(seen, "error").count("AI_GROQ_WEIGHT") == 1
    assert "AI_GROQ_WEIGHT: is not a whole number" in said(seen, "error")
    assert "Did you mean AI_MODEL?" in said(seen, "warning")
    assert "AI_ROTATION" in said(seen, "warning") and "round-robin" in said(seen, "warning")


def test_an_outside_calendar_that_cannot_be_read_or_written_is_a_warning_with_its_reason():
    calendar = make.calendar(make.organization("Salon"))
    source = outside_calendars.source(calendar, name="Mira's own", writes_bookings=True)
    outside_calendars.read(source, body=outside_calendars.text())
    assert "Mira's own" not in said(examined()[0], "warning")
    outside_calendars.read(source, status=503)
    warned = said(examined()[0], "warning")
    assert "Salon: Mira's own" in warned and "503" in warned and "Check it in the admin under Outside calendars." in warned
    held = holds.hold(make.pick(calendar, make.offer(calendar).slots[0].start_at))
    booked = appointments.confirm(held, name="Ann", email="ann@example.com")
    OutsideEntry.objects.create(outside=source, appointment=booked, wanted=2, written=1, attempts=30, last_error="refused")
    assert "1 bookings could not be entered yet" in said(examined()[0], "warning")


def test_legacy_settings_are_shown_in_the_new_style(settings):
    settings.AI_ENVIRONMENT = {"OPENAI_API_KEY": KEY, "SMART_LLM": "gpt-4.1", "FAST_LLM": "gpt-4o-mini"}
    text, _ = run()
    for line in (
        "AI_OPENAI_URL=https://api.openai.com/v1",
        "AI_OPENAI_KEY=<your key>",
        "AI_OPENAI_SMART=gpt-4.1",
        "AI_OPENAI_FAST=gpt-4o-mini",
    ):
        assert line in text


def test_settings_of_today_need_no_translation(settings):
    settings.AI_ENVIRONMENT = {"AI_API_KEY": KEY}
    assert examined()[0]["new_style"] == {}


def test_voice_is_named_or_its_absence_explained(settings):
    settings.AI_ENVIRONMENT = {"AI_API_KEY": KEY, "AI_REALTIME_MODEL": "gpt-realtime-2"}
    assert examined()[0]["voice"] == "openai/gpt-realtime-2"
    settings.AI_ENVIRONMENT = {"AI_BASE_URL": "http://localhost:11434", "AI_MODEL": "llama3.1"}
    seen, code = examined()
    assert seen["voice"].startswith("Realtime sessions not available") and code == 0


def test_a_voice_model_that_has_ended_is_a_warning_that_names_the_variable(settings):
    ended = {"AI_REALTIME_MODEL": "gpt-4o-realtime-preview-2024-12-17"}
    settings.AI_ENVIRONMENT = {"AI_API_KEY": KEY, "AI_MODEL": "gpt-5.5", "AI_FAST_MODEL": "gpt-5.4-mini", **ended}
    seen, code = examined()
    assert "AI_REALTIME_MODEL=" in said(seen, "warning") and code == 0


def servers(*names: str) -> dict[str, str]:
    return {f"AI_{name}_URL": "http://localhost:1" for name in names} | {f"AI_{name}_SMART": "m" for name in names}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"AI_API_KEY": KEY}, "only one provider"),  # set up failover
        (servers("A", "B", "C", "D", "E"), "one or two"),
        ({**servers("A", "B"), "AI_RETRY_FAILED": "false"}, "not sent to the next"),
        ({**servers("A", "B"), "AI_ROTATION": "failover"}, "weights are equal"),
        ({**servers("A", "B"), "AI_A_WEIGHT": "3"}, "ignores the weights"),
        ({"AI_OPENROUTER1_KEY": "sk-or-v1-abcdefgh", "AI_OPENROUTER2_KEY": "sk-or-v1-abcdefgh"}, "share one key"),
        (servers("EXPERIMENTAL"), "AI_EXPERIMENTAL_ENABLED=false"),
        ({**servers("A"), "AI_A_MAX_TOKENS": "16000"}, "16000 tokens"),
        ({"AI_API_KEY": KEY}, "not a project key"),  # least privilege
        ({"AI_API_KEY": KEY, "AI_MODEL": "m", "AI_FAST_MODEL": "m"}, "smaller fast model"),  # match models to tasks
        ({"AI_API_KEY": KEY}, "Usage and Statistics"),  # monitor costs
        ({"AI_BASE_URL": "http://localhost:11434", "AI_MODEL": "m"}, "Qwen/Qwen2.5-72B-Instruct"),  # choosing a model
        (servers("A", "B"), "LOG_LEVEL=debug"),
    ],
)
def test_each_best_practice_is_a_hint_for_who_needs_it(environment: dict[str, str], words: str):
    found = load(environment)
    assert found.usable
    assert any(words in hint.text + hint.remedy for hint in doctor.hints(found))


def test_a_slow_server_gets_a_hint():
    found = load({"AI_API_KEY": KEY})
    (hint,) = [h for h in doctor.hints(found, [Report("openai", "m", first_token_ms=4200)]) if "4200 ms" in h.text]
    assert "Groq" in hint.remedy


def test_probing_asks_the_servers_and_keeps_what_it_measured(settings):
    with serving(tools_streaming=True) as server:
        settings.AI_ENVIRONMENT = {"AI_LOCAL_URL": server.url, "AI_LOCAL_KEY": KEY, "AI_LOCAL_SMART": "m"}
        text, code = run("--probe")
    assert code == 0
    assert "chat: yes" in text and "tools streaming: no" in text and "models on the server: m, other" in text
    assert f"curl {server.url}/chat/completions" in text
    assert "canary" not in text
    kept = ProviderHealth.objects.get(model="m")
    assert kept.capabilities["tools_streaming"] is False and kept.name == "local"


def test_without_probing_nothing_is_asked(settings):
    with serving() as server:
        settings.AI_ENVIRONMENT = {"AI_LOCAL_URL": server.url, "AI_LOCAL_SMART": "m"}
        assert run()[1] == 0
        assert server.requests == []


def test_a_server_that_fails_its_probe_fails_the_doctor(settings):
    with serving(chat=Server.whole("")) as server:
        settings.AI_ENVIRONMENT = {"AI_LOCAL_URL": server.url, "AI_LOCAL_SMART": "m"}
        seen, code = examined("--probe")
    assert code == 1 and "chat model" in said(seen, "error")
    settings.AI_ENVIRONMENT = {"AI_LOCAL_URL": server.url, "AI_LOCAL_SMART": "m"}  # nobody listens there any more
    seen, code = examined("--probe")
    assert code == 1 and "Start the server before Interworky" in said(seen, "error")


def test_an_organizations_own_provider_is_listed_probed_and_never_shown_its_key(settings):
    organization = make.organization("Acme")
    make.assistant(organization)
    with serving() as server:
        settings.AI_ENVIRONMENT = {}
        settings.OUTBOUND_ALLOWED_ORIGINS = [server.origin]
        row = organization.providers.create(name="Own", base_url=server.url, smart="m")
        row.set_key(KEY, server.url)
        row.save()
        seen, code = examined("--probe")
    assert code == 0
    assert seen["organizations"] == [
        {
            "name": "Acme",
            "providers": [{"name": "Own", "enabled": True, "usable": True}],
            "platform": "alone",
            "asks": ["Own/m"],
        }
    ]
    assert [report["provider"] for report in seen["probes"] if report["ok"]] == ["Own"]
    assert ProviderHealth.objects.get(model="m").provider == row
    assert "canary" not in json.dumps(seen)
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"


def test_an_incomplete_provider_of_an_organization_is_reported(settings):
    settings.AI_ENVIRONMENT = {"AI_API_KEY": KEY}
    make.organization("Acme").providers.create(name="Half", base_url="https://llm.example.com")
    assert "Acme: Half" in said(examined()[0], "warning")


def test_a_stored_key_that_can_no_longer_be_decrypted_is_an_error(settings):
    settings.AI_ENVIRONMENT = {"AI_API_KEY": KEY}
    row = make.organization("Acme").providers.create(name="Own", base_url="https://llm.example.com/v1", smart="m")
    row.set_key(KEY, row.base_url)
    row.sealed_key = row.sealed_key[:-8] + "AAAAAAA="
    row.save()
    seen, code = examined()
    assert code == 1 and "FIELD_KEYS" in said(seen, "error")


def test_the_doctor_checks_database_redis_broker_email_and_keys(settings):
    settings.AI_ENVIRONMENT = {"AI_API_KEY": KEY}
    assert {"database", "redis", "broker", "e-mail", "keys", "PUBLIC_URL"} <= {f["about"] for f in examined()[0]["findings"]}


def test_an_unreachable_redis_is_reported_without_its_password(settings):
    settings.AI_ENVIRONMENT, settings.REDIS_URL = {"AI_API_KEY": KEY}, "redis://:canary@127.0.0.1:1/0"
    settings.CELERY_BROKER_URL = settings.REDIS_URL
    text, code = run()
    assert code == 1 and "redis://127.0.0.1:1" in text and "canary" not in text


def test_an_assistant_without_allowed_sites_is_reported(settings):
    settings.AI_ENVIRONMENT = {"AI_API_KEY": KEY}
    make.assistant(make.organization("Acme", allowed_origins=""))
    assert "allowed origins" in said(examined()[0], "warning")


def test_with_database_redis_and_broker_gone_it_still_says_what_is_wrong_and_shows_no_password(tmp_path):
    gone = {
        "DATABASE_URL": "postgres://u:canary@127.0.0.1:1/x",
        "REDIS_URL": "redis://:canary@127.0.0.1:1/0",
        "CELERY_BROKER_URL": "amqp://u:canary@127.0.0.1:1//",
        "SECRET_KEY": "canary" * 10,
        "FIELD_KEYS": secrets.new_key(),
        "DATA_DIR": str(tmp_path),
        "AI_API_KEY": KEY,
    }
    path = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "manage.py", "doctor"]
    done = subprocess.run(command, cwd=ROOT, env=gone | path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    for name in ("database", "redis", "broker"):
        assert f"✗ {name}: " in done.stdout
    assert "canary" not in done.stdout + done.stderr
