"""The pages of a provider: what it needs before it is saved, what was learnt about it, and how that is forgotten."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from django.test import Client

from assistant import outbound
from assistant.models import Organization, Provider
from assistant.providers import measuring, router
from assistant.services.providers import health
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
KEY = "sk-proj-0123456789abcdef"
FORM = {"name": "Own", "enabled": "on", "weight": 1, "headers": "{}"}
OURS = {"base_url": "https://llm.example.com/v1", "smart": "m"}
ADD = "/admin/assistant/provider/add/"


@pytest.fixture
def home() -> Organization:
    return make.organization()


def own(home: Organization, key: str = KEY, **fields: Any) -> Provider:
    row = Provider(organization=home, **{"name": "Own", **OURS, **fields})
    row.set_key(key, row.base_url or "https://api.openai.com/v1")
    row.save()
    return row


def change(row: Provider, page: str = "change") -> str:
    return f"/admin/assistant/provider/{row.pk}/{page}/"


def errors(response: Any) -> dict[str, str]:
    """What the form says of each field; {} once it has saved."""
    if response.status_code == 302:
        return {}
    return {name: " ".join(said) for name, said in response.context["adminform"].form.errors.items()}


# --- What it needs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"preset": "openai"}, "key"),
        ({"preset": "groq"}, "key"),
        ({"base_url": "https://api.anthropic.com/v1", "smart": "m"}, "key"),
        ({"preset": "azure", "base_url": "https://acme.openai.azure.com", "smart": "deployment"}, "key"),
        ({"preset": "openai", "key": "Bearer sk-0123456789"}, "key"),
        ({"preset": "openai", "key": "sk-…cdef"}, "key"),
    ],
)
def test_a_provider_that_could_not_answer_cannot_be_saved_as_enabled(
    boss: Client, home: Organization, form: dict[str, str], field: str
) -> None:
    said = errors(boss.post(ADD, {**FORM, "organization": home.pk, **form}))
    assert list(said) == [field], said
    assert not Provider.objects.exists()


def test_the_form_links_to_the_page_where_a_key_is_issued(boss: Client, home: Organization) -> None:
    said = errors(boss.post(ADD, {**FORM, "organization": home.pk, "preset": "groq"}))
    assert "Groq needs a key" in said["key"] and "console.groq.com" in said["key"]


@pytest.mark.parametrize("form", [OURS, {**OURS, "auth": "none"}, {"preset": "openai", "key": KEY}])
def test_a_server_that_wants_no_key_is_saved_without_one(boss: Client, home: Organization, form: dict[str, str]) -> None:
    assert errors(boss.post(ADD, {**FORM, "organization": home.pk, **form})) == {}
    assert router.from_row(Provider.objects.get())


def test_a_disabled_provider_may_be_incomplete(boss: Client, home: Organization) -> None:
    form = {name: value for name, value in FORM.items() if name != "enabled"}
    response = boss.post(ADD, {**form, "organization": home.pk, "preset": "openai"}, follow=True)
    assert not Provider.objects.get().enabled
    assert "Key is not set, and OpenAI needs a key" in response.content.decode()


@pytest.mark.parametrize("url", ["https://llm.example.com/v1", "https://api.openai.com/v1"])
def test_a_key_entered_beside_an_error_has_to_be_entered_again_and_the_form_says_so(
    boss: Client, home: Organization, url: str
) -> None:
    form = {**FORM, "organization": home.pk, "base_url": url, "smart": "m"}
    wrong = boss.post(ADD, {**form, "key": KEY, "weight": "a lot"})
    page = wrong.content.decode()
    assert errors(wrong).keys() == {"weight", "key"} and "Enter the key again" in page
    assert KEY not in page
    again = dict(re.findall(r'<input type="hidden" name="(key_again)" value="(\w+)"', page))
    assert again, "the page remembers that there was one"
    assert errors(boss.post(ADD, {**form, **again})).keys() == {"key"}
    assert not Provider.objects.exists()
    assert errors(boss.post(ADD, {**form, **again, "key": KEY})) == {}
    assert Provider.objects.get().key(url) == KEY


def test_a_changed_address_is_not_saved_without_a_key_for_it(boss: Client, home: Organization) -> None:
    row = own(home)
    moved = {**FORM, **OURS, "base_url": "https://evil.example.net/v1"}
    assert "belongs to another address" in errors(boss.post(change(row), moved))["key"]
    row.refresh_from_db()
    assert row.key(row.base_url) == KEY and row.base_url == OURS["base_url"]
    assert errors(boss.post(change(row), {**moved, "forget_key": "on"})) == {}
    row.refresh_from_db()
    assert (row.base_url, row.sealed_key) == (moved["base_url"], "")


def test_a_kept_key_stays_when_something_else_is_changed(boss: Client, home: Organization) -> None:
    row = own(home)
    assert errors(boss.post(change(row), {**FORM, **OURS, "weight": 5, "timeout_seconds": ""})) == {}
    row.refresh_from_db()
    assert (row.key(row.base_url), row.weight, row.timeout_seconds) == (KEY, 5, None)


# --- The first page ---------------------------------------------------------------------------------------------------


def test_the_first_page_names_a_provider_that_cannot_be_asked(boss: Client, home: Organization) -> None:
    row = Provider.objects.create(organization=home, name="Half", preset="openai")
    page = boss.get("/admin/").content.decode()
    assert "The provider Half is not used:" in page and "key is not set, and OpenAI needs a key" in page
    assert change(row) in page
    elsewhere = entered(member(make.organization("Elsewhere"), "owner"))
    assert "Half" not in elsewhere.get("/admin/").content.decode()


def test_the_first_page_says_that_the_demonstration_answers_only_while_it_does(
    boss: Client, home: Organization, settings: Any
) -> None:
    settings.AI_ENVIRONMENT, settings.DEMO_MODEL = {}, True
    Organization.objects.update(use_platform_providers="fallback")
    make.assistant(home)
    make.organization("Empty")
    assert "The demonstration model answers for Bright Smile." in boss.get("/admin/").content.decode()
    row = own(home)
    assert "The demonstration model answers" not in boss.get("/admin/").content.decode()
    Provider.objects.filter(pk=row.pk).update(sealed_key="", base_url="", preset="openai")
    assert "The demonstration model answers" in boss.get("/admin/").content.decode()


# --- What was learnt --------------------------------------------------------------------------------------------------


def taught(row: Provider, model: str, **facts: Any) -> None:
    provider = router.from_row(row)
    assert provider
    why = dict.fromkeys(facts, "refused in use: bad_request (400): no such parameter")
    key = measuring.health_key(provider, row)
    health.measured(key, model, facts, name=row.name, provider_id=row.pk, by="use", why=why)


def test_a_test_shows_what_it_learnt_on_the_providers_page(boss: Client, home: Organization) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if b"max_tokens" in request.content:
            return httpx.Response(400, json={"error": {"message": "Use 'max_completion_tokens' instead."}})
        return httpx.Response(200, json={"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]})

    row = own(home)
    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        boss.post(change(row, "test"))
    page = boss.get(change(row)).content.decode()
    for seen in ("token limit", "max_completion_tokens", "refused: bad_request (400)", "check: chat"):
        assert seen in page, seen
    assert KEY not in page


@pytest.mark.parametrize("page", ["add", "change"])
def test_save_and_test_saves_and_shows_what_the_server_can_do(
    boss: Client, home: Organization, page: str, django_capture_on_commit_callbacks: Any
) -> None:
    answer = httpx.Response(200, json={"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]})
    address = ADD if page == "add" else change(own(home, smart="before"))
    assert "Save and test" in boss.get(address).content.decode()
    form = {**FORM, **OURS, "organization": home.pk, "assistant_provider_save_and_test": ""}
    with (
        outbound.transport_for_tests(httpx.MockTransport(lambda _: answer)),
        django_capture_on_commit_callbacks(execute=True) as callbacks,
    ):
        response = boss.post(address, form)
    row = Provider.objects.get()
    assert (row.smart, len(callbacks)) == ("m", 1)
    assert response.headers["location"] == change(row, "test")
    assert "This model can hold a conversation" in boss.get(change(row, "test")).content.decode()


def test_what_was_learnt_is_forgotten_for_one_model_or_all_after_a_question(boss: Client, home: Organization) -> None:
    row, other = own(home), own(home, name="Other")
    for model in ("m", "a/b c"):
        taught(row, model, temperature=False)
    taught(other, "m", temperature=False)
    page = boss.get(change(row)).content.decode()
    assert "no such parameter" in page and change(row, "forget") in page
    link = re.search(r'href="([^"]+\?model=a[^"]+)"', page)
    assert link
    question = boss.get(link[1]).content.decode()
    assert "Delete what was learnt about a/b c?" in question
    assert [model for model, _ in known(row)] == ["a/b c", "m"], "asking forgets nothing"
    boss.post(change(row, "forget"), {"model": "a/b c"})
    assert [model for model, _ in known(row)] == ["m"]
    said = boss.post(change(row, "forget"), follow=True).content.decode()
    assert known(row) == [] and "Deleted what was learnt about Own." in said
    assert known(other), "another provider's stays"


def test_only_owners_can_clear_what_was_learnt_about_a_provider(home: Organization) -> None:
    row = own(home)
    taught(row, "m", tools=False)
    strangers = make.organization("Elsewhere")
    for user in (member(home, "viewer", "viewer"), member(home, "editor", "editor"), member(strangers, "owner", "stranger")):
        for answer in (entered(user).get(change(row, "forget")), entered(user).post(change(row, "forget"))):
            assert answer.status_code in (302, 403, 404) and known(row), user
    assert change(row, "forget") not in entered(member(home, "viewer", "v2")).get(change(row)).content.decode()
    entered(member(home, "owner", "mine")).post(change(row, "forget"))
    assert known(row) == []


def known(row: Provider) -> list[tuple[str, Any]]:
    rows = row.health.exclude(model="").order_by("model")
    return [(standing.model, facts) for standing in rows if (facts := health.learnt(standing))]


# --- A server of one's own --------------------------------------------------------------------------------------------

OLLAMA = {"base_url": "http://localhost:11434", "smart": "llama3.2"}


@pytest.fixture
def owner(home: Organization) -> Client:
    return entered(member(home, "owner"))


def test_an_operator_enters_a_server_on_the_machine_itself(
    boss: Client, owner: Client, home: Organization, settings: Any
) -> None:
    settings.EMBEDDED = True
    saved = boss.post(ADD, {**FORM, "organization": home.pk, **OLLAMA}, follow=True)
    assert "because you operate this installation" in saved.content.decode()
    row = Provider.objects.get()
    provider = router.from_row(row)
    assert provider and provider.reach is outbound.Reach.OPERATOR
    # Members keep it as it is, and reach no other private address through it.
    assert errors(owner.post(change(row), {**FORM, **OLLAMA, "name": "Renamed"})) == {}
    said = errors(owner.post(change(row), {**FORM, "base_url": "http://localhost:6006", "smart": "m"}))
    assert "OUTBOUND_ALLOWED_ORIGINS" in said["base_url"]
    Provider.objects.update(base_url="http://10.0.0.7:8000/v1")
    assert router.from_row(Provider.objects.get()).reach is outbound.Reach.TENANT  # type: ignore[union-attr]
    Provider.objects.update(base_url=OLLAMA["base_url"])
    settings.EMBEDDED = False
    assert router.from_row(Provider.objects.get()).reach is outbound.Reach.TENANT  # type: ignore[union-attr]


@pytest.mark.parametrize("embedded", [True, False])
def test_others_read_what_would_allow_a_private_address(
    boss: Client, owner: Client, home: Organization, settings: Any, embedded: bool
) -> None:
    settings.EMBEDDED = embedded
    said = errors((owner if embedded else boss).post(ADD, {**FORM, "organization": home.pk, **OLLAMA}))
    assert "OUTBOUND_ALLOWED_ORIGINS" in said["base_url"]
    assert not Provider.objects.exists()


@pytest.mark.parametrize("address", ["http://169.254.169.254/v1", "http://[fd00:ec2::254]/v1", "http://2130706433/v1"])
def test_not_even_an_operator_enters_an_address_of_a_clouds_metadata(
    boss: Client, home: Organization, settings: Any, address: str
) -> None:
    settings.EMBEDDED = True
    said = errors(boss.post(ADD, {**FORM, "organization": home.pk, "base_url": address, "smart": "m"}))
    assert "base_url" in said and "OUTBOUND" not in said["base_url"]


def test_not_even_an_operator_enters_the_address_of_interworky_itself(
    boss: Client, home: Organization, settings: Any
) -> None:
    settings.EMBEDDED, settings.PORT = True, 8123
    said = errors(boss.post(ADD, {**FORM, "organization": home.pk, "base_url": "http://localhost:8123/v1", "smart": "m"}))
    assert "Interworky itself" in said["base_url"]
