"""What the environment may say, and what it is told when it says something else: the variable's name, never its value."""

from __future__ import annotations

import ast
import gc
import json
import os
import re
import runpy
import subprocess
import sys
from email.utils import parseaddr
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import ERROR, WARNING, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured

from assistant import checks, secrets
from assistant.models import Provider
from assistant.secrets import new_key
from interworky.environment import read_dotenv
from tests import make
from tests.servers import ROOT, environment

KEY = "aW50ZXJ3b3JreS1maWVsZC1rZXktMzItYnl0ZXMtISE="
SECRET = "hunter2-not-to-be-seen"
PRODUCTION = {
    "DATABASE_URL": "postgres://interworky:pw@db.example.com/interworky",
    "REDIS_URL": "redis://redis.example.com/0",
    "EMAIL_URL": "smtp+tls://user:pw@smtp.example.com:587",
    "PUBLIC_URL": "https://chat.example.com",
    "SECRET_KEY": "x3" * 12 + "Kp9_-" * 6,
    "FIELD_KEYS": KEY,
}


@pytest.fixture
def settings_with(monkeypatch, tmp_path):
    """`settings_with(NAME="value", …)` is what the settings would be in that environment, without a process for each."""

    def load(**values: str) -> dict[str, Any]:
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in environment(DATA_DIR=str(tmp_path), **values).items():
            monkeypatch.setenv(name, value)
        found = runpy.run_path(str(ROOT / "interworky" / "settings.py"))
        return {name: value for name, value in found.items() if name.isupper()}

    return load


def manage(tmp_path, *arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` in a process of its own, as its user runs it."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env=environment(DATA_DIR=str(tmp_path / "data"), **values), errors="surrogateescape",
    )  # fmt: skip


BAD = [
    ("PORT", "eighty"), ("PORT", "0"), ("PORT", "65536"), ("PORT", "-1"), ("PORT", "8e3"), ("PORT", "9" * 5000),
    ("PORT", "\udcff"), ("DEBUG", SECRET), ("DB_THREADS", "0"), ("ASSISTANT_TURN_SECONDS", "inf"),
    ("ASSISTANT_MAX_ROUNDS", "-3"), ("TIME_ZONE", "Mars/Olympus"), ("LOG_LEVEL", "loud"), ("TRUSTED_PROXY_COUNT", "99"),
    ("DATABASE_URL", f"mysql://u:{SECRET}@host/db"), ("DATABASE_URL", f"postgres://u:{SECRET}@host:99999/db"),
    ("DATABASE_URL", f"postgres://u:{SECRET}@[host/db"), ("DATABASE_URL", f"u:{SECRET}@host/db"),
    ("REDIS_URL", f"http://:{SECRET}@host"), ("REDIS_URL", "redis://"), ("CELERY_BROKER_URL", f"sqs://{SECRET}"),
    ("EMAIL_URL", f"smtp://u:{SECRET}@host:port"), ("EMAIL_URL", "smtp.example.com"), ("EMAIL_URL", f"smtp://u:1/{SECRET}@host"),
    ("EMAIL_URL", f"smtp://u:1#{SECRET}@host"), ("EMAIL_URL", f"smtp://u:1?{SECRET}@host"), ("EMAIL_URL", "smtp://host:25/x"),
    ("EMAIL_URL", "smtp://host?timeout=9"), ("EMAIL_URL", f"smtp://u:{SECRET}%C3%9F@host"), ("EMAIL_URL", f"smtp://:{SECRET}@host"),
    ("EMAIL_URL", f"smtp://u:{SECRET}%0D%0A@host"), ("EMAIL_URL", f"smtp://u:{SECRET}@{'ü' * 64}.example"),
    ("DEFAULT_FROM_EMAIL", "Front desk"), ("DEFAULT_FROM_EMAIL", "Front desk <>"),
    ("DEFAULT_FROM_EMAIL", "a@b.example, c@d.example"),
    ("DEFAULT_FROM_EMAIL", "Desk <müller@b.example>"), ("DEFAULT_FROM_EMAIL", "Desk <a@b.example> now"),
    ("INBOUND_EMAIL_ADDRESS", "in.example.com"),
    ("PUBLIC_URL", "chat.example.com"), ("PUBLIC_URL", "https://chat.example.com/prefix"), ("PUBLIC_URL", "ftp://example.com"),
    ("PUBLIC_URL", f"https://u:{SECRET}@example.com"), ("FILE_SCANNER", "tcp://clamd"), ("FILE_SCANNER", "ftp://scanner/scan"),
    ("FILE_SCANNER", f"https://u:{SECRET}@scanner/scan"), ("FILE_SCANNER", "https://"),
    ("FILE_SCANNER", "https://scanner/ -v"),
]  # fmt: skip


@pytest.mark.parametrize(("variable", "value"), BAD, ids=[f"{variable}-{n}" for n, (variable, _) in enumerate(BAD)])
def test_a_value_that_cannot_be_used_is_named_and_not_shown(settings_with, variable, value):
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_with(**{variable: value})
    assert str(refused.value).startswith(f"{variable} ")
    assert SECRET not in str(refused.value)
    assert len(value) < 9 or value not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", SECRET),
        ("FIELD_KEYS", f"{KEY},{SECRET}"),
        ("AI_BASE_URL", f"file:///{SECRET}"),
    ],
)
def test_nothing_starts_on_a_value_that_cannot_be_used(tmp_path, variable, value):
    done = manage(tmp_path, "check", **{variable: value})
    assert done.returncode == 1
    assert variable in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "host", "port", "user", "password", "encryption"),
    [
        ("smtp://mail.example.com", "mail.example.com", 25, "", "", ""),
        ("smtp://10.0.0.5:2525/", "10.0.0.5", 2525, "", "", ""),
        ("smtp://[2001:db8::5]:25", "2001:db8::5", 25, "", "", ""),
        ("SMTP+TLS://desk@example.com:a+b@mail.example.com", "mail.example.com", 587, "desk@example.com", "a+b", "TLS"),
        (
            "smtp+ssl://desk%40example.com:a%2Fb%23c@mail.example.com",
            "mail.example.com",
            465,
            "desk@example.com",
            "a/b#c",
            "SSL",
        ),
        ("smtps://desk:100%@mail.example.com", "mail.example.com", 465, "desk", "100%", "SSL"),
        ("smtp://fußball.example", "xn--fuball-cta.example", 25, "", "", ""),
    ],
)
def test_a_mail_server_is_connected_to_as_its_address_says(settings_with, address, host, port, user, password, encryption):
    found = settings_with(EMAIL_URL=address)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == (host, port)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == (user, password)
    assert {name for name in ("TLS", "SSL") if found[f"EMAIL_USE_{name}"]} == {encryption} - {""}


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("desk@example.com", "", "desk@example.com"),
        ("Front desk <desk@example.com>", "Front desk", "desk@example.com"),
        ("Dr. Grün, Kiel (Hafen) <desk@example.com>", "Dr. Grün, Kiel (Hafen)", "desk@example.com"),
        ('"Dr. Grün, Kiel" <desk@example.com>', "Dr. Grün, Kiel", "desk@example.com"),
        ('Kiel "am Hafen" <desk@example.com>', 'Kiel "am Hafen"', "desk@example.com"),
        ("A@B <desk@example.com>", "A@B", "desk@example.com"),
        ("Desk <desk@fußball.example>", "Desk", "desk@xn--fuball-cta.example"),
    ],
)
def test_a_sender_is_read_as_people_write_one(settings_with, written, name, address):
    assert parseaddr(settings_with(DEFAULT_FROM_EMAIL=written)["DEFAULT_FROM_EMAIL"]) == (name, address)
    assert settings_with(INBOUND_EMAIL_ADDRESS=written)["INBOUND_EMAIL_ADDRESS"] == address


def test_a_single_field_key_that_is_none_is_named_and_not_shown(settings):
    settings.FIELD_KEYS = [SECRET]
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS") as refused:
        secrets.known_keys()
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("value", ["8123", " 8123 ", "8123\n", '"8123"', "'8123'", "\ufeff8123"])
def test_what_an_editor_or_a_shell_left_around_a_value_is_not_part_of_it(settings_with, value):
    assert settings_with(PORT=value)["PORT"] == 8123


@pytest.mark.parametrize("value", ["", "  ", "\n", '""'])
def test_a_blank_value_is_no_value(settings_with, value):
    assert settings_with(PORT=value)["PORT"] == 8000


@pytest.mark.parametrize(
    ("text", "meaning"), [("False", False), ("0", False), ("off", False), ("TRUE", True), ("yes", True)]
)
def test_true_and_false_have_the_usual_spellings(settings_with, text, meaning):
    assert settings_with(DEBUG=text)["DEBUG"] is meaning


def test_a_secret_that_begins_like_another_variables_name_is_taken_as_it_is(settings_with):
    assert settings_with(SECRET_KEY="$HOME-and-more")["SECRET_KEY"] == "$HOME-and-more"


def kept_keys(tmp_path) -> tuple[str, list[str]]:
    code = "import json; from django.conf import settings as s; print(json.dumps([s.SECRET_KEY, s.FIELD_KEYS]))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env=environment(DATA_DIR=str(tmp_path / "data"), DJANGO_SETTINGS_MODULE="interworky.settings"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_with_nothing_set_it_starts_and_keeps_keys_of_its_own(tmp_path):
    keys = kept_keys(tmp_path)
    assert keys == kept_keys(tmp_path)
    assert (tmp_path / "data" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert keys != kept_keys(tmp_path / "other")


@pytest.mark.parametrize("missing", ["SECRET_KEY", "FIELD_KEYS"])
def test_production_makes_no_keys_of_its_own(tmp_path, missing):
    done = manage(tmp_path, "check", **{**PRODUCTION, missing: ""})
    assert done.returncode == 1
    assert "SECRET_KEY and FIELD_KEYS must be set" in done.stderr
    assert not (tmp_path / "data").exists()


def test_production_passes_the_deploy_check_with_keys_that_were_made_when_there_were_none(tmp_path):
    done = manage(tmp_path, "keys", **{**PRODUCTION, "SECRET_KEY": "", "FIELD_KEYS": ""})
    made = dict(line.split("=", 1) for line in done.stdout.splitlines())
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "INFO", **{**PRODUCTION, **made})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"DATABASE_URL": ""}, "E101"), ({"REDIS_URL": ""}, "E102"), ({"REDIS_URL": ""}, "E103"),
        ({"PUBLIC_URL": "http://chat.example.com"}, "E104"), ({"PUBLIC_URL": "https://localhost"}, "E104"),
        ({"ALLOWED_HOSTS": "*"}, "E105"), ({"EMAIL_URL": ""}, "E106"), ({"EMAIL_URL": "consolemail://"}, "E106"),
        ({"DEMO_MODEL": "true"}, "E107"), ({"DEMO_SITE": "true"}, "E107"), ({"SECRET_KEY": "short"}, "E108"),
    ],
)  # fmt: skip
def test_what_is_good_for_trying_fails_the_deploy_check(settings_with, change, finding):
    changed = SimpleNamespace(**settings_with(**{**PRODUCTION, **change}))
    found = {message.id: message for message in checks.embedded_pieces(None, changed)}
    assert found[f"assistant.{finding}"].level == ERROR
    assert found[f"assistant.{finding}"].hint


def test_a_misspelt_variable_is_pointed_out(settings_with, settings):
    found = settings_with(DATABSE_URL="postgres://db", ASSISTANT_MAX_ROUND="3", AI_API_KEY="sk-1")["MISSPELT_VARIABLES"]
    assert found == {"DATABSE_URL": "DATABASE_URL", "ASSISTANT_MAX_ROUND": "ASSISTANT_MAX_ROUNDS"}
    settings.MISSPELT_VARIABLES = found
    first, _ = checks.misspelt_variables(None)
    assert (first.msg, first.hint, first.level) == ("DATABSE_URL is not read.", "Did you mean DATABASE_URL?", WARNING)


@pytest.mark.django_db
def test_lost_field_keys_are_found_before_anything_is_served(settings):
    old, new = new_key(), new_key()
    settings.FIELD_KEYS = [old]
    provider = Provider(organization=make.organization(), name="p", base_url="https://api.example.com/v1")
    provider.set_key("sk-secret", provider.base_url)
    provider.save()
    settings.FIELD_KEYS = [new, old]
    assert run_checks(tags=[Tags.database], databases=["default"]) == []
    settings.FIELD_KEYS = [new]
    assert [message.id for message in run_checks(tags=[Tags.database], databases=["default"])] == ["assistant.E003"]


def test_a_line_in_dotenv_that_is_no_setting_is_named_by_number(tmp_path):
    path = tmp_path / ".env"
    path.write_text(f"# fine\nPORT=8000\n{SECRET}\n")
    with pytest.raises(ImproperlyConfigured, match=r"line 3 is neither") as refused:
        read_dotenv(path)
    assert SECRET not in str(refused.value)


def test_a_stopping_process_has_the_seconds_that_replies_are_given_and_some_to_hand_over(settings, settings_with):
    from interworky.asgi import application

    assert application.stop_seconds == settings.ASSISTANT_DRAIN_SECONDS + 5
    assert settings_with(ASSISTANT_DRAIN_SECONDS="60")["ASSISTANT_DRAIN_SECONDS"] == 60


def test_a_process_of_the_product_looks_for_garbage_after_ten_thousand_objects():
    assert gc.get_threshold() == (10_000, 20, 20)


# --- Where variables are described ------------------------------------------------------------------------------------


SETTINGS = (ROOT / "interworky" / "settings.py").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def variables(source: str = SETTINGS) -> set[str]:
    """Every variable that the settings read by its name."""
    return {
        call.args[0].value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "env"
        and call.args and isinstance(call.args[0], ast.Constant)
    }  # fmt: skip


def in_example(text: str = EXAMPLE) -> set[str]:
    return set(re.findall(r"^#?([A-Z0-9_]+)=", text, re.MULTILINE))


def in_operations(text: str = OPERATIONS) -> set[str]:
    return set(re.findall(r"`([A-Z][A-Z0-9_]+)`", text))


def test_every_variable_stands_in_the_example_file():
    assert len(variables()) > 30
    assert variables() - in_example() == set()


def test_every_variable_is_explained_to_operators():
    assert variables() - in_operations() == set()


def test_a_new_setting_needs_its_line_and_is_missed_wherever_it_is_not_described():
    new = variables(f'{SETTINGS}\nVISITORS_AT_ONCE = env.int("VISITORS_AT_ONCE", 3)\n')
    assert new - in_example() == new - in_operations() == {"VISITORS_AT_ONCE"}
    assert new - in_example(f"{EXAMPLE}\n#VISITORS_AT_ONCE=3\n") == set()
    assert new - in_operations(f"{OPERATIONS}\n| `VISITORS_AT_ONCE` | how many visitors may chat at once, 3 |\n") == set()


def test_the_example_file_names_no_variable_that_nothing_reads():
    models = (
        "AI_",
        "OPENAI_",
        "ANTHROPIC_",
        "GOOGLE_AI_",
        "CEREBRAS_",
        "GROQ_",
        "TOGETHER_",
        "EMBEDDING_",
        "SMART_",
        "FAST_",
    )
    assert {name for name in in_example() - variables() if not name.startswith(models)} == set()
