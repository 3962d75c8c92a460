"""Nothing that a visitor reads is written in code: of a language whose texts are in brackets, no word stands outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import AsyncClient, Client
from django.utils.dates import MONTHS, WEEKDAYS

from assistant import tasks
from assistant.async_db import in_db
from assistant.llm import ToolCallRequest
from assistant.models import Card, Conversation, Delivery, Method, ToolCall, Turn
from assistant.sentences import CATALOGUES, Text
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.invitations import calendar_files, links
from assistant.services.conversations import card_answers, handoffs
from assistant.services.conversations.events import render_card
from assistant.services.conversations.messages import post_message
from assistant.services.organizations import rate_limits
from assistant.tools.executor import Executor
from assistant.turns import outcome
from tests import make
from widget.views import api_view as views

pytestmark = pytest.mark.django_db

ANN = "ann@example.com"
# What is not ours to translate: names that staff gave, addresses, and what Django has no translation of for this language.
DATA = ["Bright Smile", "Check-up", "High Street", ANN, "Ann", "Asia/Tokyo", "Tokyo", "UTC"]
DATA += ["Google Calendar", "Outlook.com", "Microsoft"]  # names are the same in every language
DATES = [str(name) for name in (*WEEKDAYS.values(), *MONTHS.values())]
# Of a card, what the page does not show.
HIDDEN = {
    "id",
    "kind",
    "name",
    "type",
    "state",
    "status",
    "at",
    "start_at",
    "reference",
    "ics_url",
    "manage_url",
    "value",
    "choice",
}
SETTINGS = {
    "appointment": {},
    "handoff": {},
    "email": {"recipient": "visitor", "subject": "Check-up", "body": "High Street", "layout": "detailed"},
}


def bracketed(text: Text) -> Text:
    return f"⟦{text}⟧" if isinstance(text, str) else [f"⟦{form}⟧" for form in text]


@pytest.fixture(autouse=True)
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    english = CATALOGUES["en"]
    sentences = {code: f"⟦{text}⟧" for code, text in english.sentences.items()}
    labels = {name: bracketed(text) for name, text in english.labels.items()}
    monkeypatch.setitem(CATALOGUES, "qps", replace(english, sentences=sentences, labels=labels))
    rate_limits.reset()


@pytest.fixture
def talk() -> Conversation:
    talk = make.conversation(make.assistant(make.organization(team_email="team@example.com")))
    talk.visitor.locale, talk.visitor.timezone = "qps-XX", "Asia/Tokyo"
    talk.visitor.save()
    calendar = make.calendar(talk.organization, name="Check-up", location="High Street")
    for kind, config in SETTINGS.items():
        settings = {**config, **({"calendar": calendar.pk} if kind == "appointment" else {})}
        method = Method.objects.create(
            organization=talk.organization, name=kind, kind=kind, config=settings, description="x", confirm="never"
        )
        talk.assistant.methods.add(method)
    return talk


def words(text: str) -> list[str]:
    """The words of ours that a text has outside the brackets."""
    text = re.sub(r"(?s)<style>.*?</style>|<[^>]*>", " ", text)
    text = re.sub(r"https?://\S+|\b[A-Z0-9]{6}\b|\bM-[0-9A-F]{6}\b", " ", unescape(text))
    while text != (text := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)):
        pass
    for one in [*DATA, *DATES]:
        text = text.replace(one, " ")
    return re.findall(r"[^\W\d_]{2,}", text)


def shown(value: Any) -> Iterator[str]:
    """The texts of a card as the widget shows it."""
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from shown(one)
        case dict():
            for name, one in value.items():
                if name not in HIDDEN:
                    yield from shown(one)


async def run(talk: Conversation, tool: str, **arguments: Any) -> str:
    posted = await in_db(post_message)(talk, f"m{await Turn.objects.acount()}", "⟦…⟧")
    executor = await Executor.for_turn(await loaded(posted.turn))
    return (await executor.execute(ToolCallRequest("c", tool, arguments), round=1, ordinal=0)).text


async def loaded(turn: Turn | None) -> Turn:
    assert turn is not None
    related = ("conversation__assistant__organization", "conversation__visitor", "message", "opening_call")
    return await Turn.objects.select_related(*related).aget(pk=turn.pk)


async def begin(turn: Turn | None) -> None:
    begun = await loaded(turn)
    assert begun.opening_call
    await (await Executor.for_turn(begun)).execute_opening_call(
        await ToolCall.objects.select_related("conversation").aget(pk=begun.opening_call.pk)
    )


async def click(talk: Conversation, choice: str, **fields: str) -> None:
    card = await Card.objects.filter(state=Card.State.OPEN).exclude(kind=Card.Kind.SLOTS).alatest("created_at")
    turn = await in_db(card_answers.answer)(talk, str(card.pk), choice, fields)
    if turn:
        await begin(turn)


async def everything(talk: Conversation) -> dict[str, str]:
    """What the visitor has been shown and sent so far."""
    await in_db(deliver)()
    texts: dict[str, str] = {}
    async for card in talk.cards.all():
        texts[f"card {card.kind} {card.pk}"] = "\n".join(shown(render_card(card)))
    async for message in talk.messages.all():
        texts[f"message {message.pk}"] = message.text
    async for delivery in Delivery.objects.filter(to=ANN):
        texts[f"e-mail {delivery.subject}"] = f"{delivery.subject}\n{delivery.text}\n{delivery.html}"
    return texts


def deliver() -> None:
    for pk in list(Delivery.objects.filter(state=Delivery.State.QUEUED).values_list("pk", flat=True)):
        tasks.deliver(str(pk))


async def test_everything_about_an_appointment_is_in_the_visitors_language(talk: Conversation) -> None:
    slot = r"\[slot (\S+)\]"
    found = re.findall(slot, await run(talk, "appointment_find_times"))
    await run(talk, "appointment_book", slot=found[0])
    await click(talk, "confirm", name="Ann", email=ANN)
    [reference] = [card.content["reference"] async for card in talk.cards.filter(kind=Card.Kind.RECEIPT)]
    await run(talk, "appointment_reschedule", reference=reference, slot=found[1])
    await click(talk, "confirm")
    await run(talk, "appointment_cancel", reference=reference)
    await click(talk, "confirm")
    texts = await everything(talk)
    assert {name.split()[1] for name in texts if name.startswith("card")} == {"slots", "confirm", "receipt"}
    assert len([name for name in texts if name.startswith("e-mail")]) == 3
    assert {name: found for name, text in texts.items() if (found := words(text))} == {}


async def test_everything_about_a_handoff_and_a_code_is_in_the_visitors_language(talk: Conversation) -> None:
    await begin(await in_db(handoffs.request_human)(talk, "⟦…⟧"))
    await click(talk, "send", name="Ann", email=ANN, message="⟦…⟧")
    await run(talk, "email")
    for email in ("nobody", ANN):
        await click(talk, "confirm", email=email)
    await in_db(deliver)()
    await click(talk, "confirm", code="0")
    await click(talk, "again")
    await click(talk, "cancel")
    texts = await everything(talk)
    assert {name.split()[1] for name in texts if name.startswith("card")} == {"contact", "receipt", "verify"}
    assert {name: found for name, text in texts.items() if (found := words(text))} == {}


async def test_tool_labels_and_the_servers_own_sentences_are_in_the_visitors_language(talk: Conversation) -> None:
    executor = await Executor.for_conversation(talk)
    labels = {spec.name: executor.label(spec.name) for spec in executor.specs()}
    assert len(labels) >= 8 and {name: words(text) for name, text in labels.items() if words(text)} == {}
    assert words(outcome.describe_receipts((), "qps")) == []


def test_pages_and_calendar_files_are_in_the_visitors_language(talk: Conversation) -> None:
    calendar = talk.organization.calendars.get()
    held = holds.hold(make.pick(calendar, make.offer(calendar).slots[0].start_at), conversation=talk)
    appointment = appointments.confirm(held, name="Ann", email=ANN)
    address, visitor = f"/appointments/{links.token_of(appointment)}/", Client()
    pages = {query: visitor.get(address + query).content.decode() for query in ("", "?do=cancel", "?do=move")}
    pages["taken"] = visitor.post(address, {"do": "move", "slot": "x-y"}).content.decode()
    visitor.post(address, {"do": "cancel"})
    pages["cancelled"] = visitor.get(address).content.decode()
    unknown = visitor.get("/appointments/unknown/", headers={"accept-language": "tlh, qps;q=0.5, de;q=0.2"})
    assert unknown.status_code == 404
    pages["unknown"] = unknown.content.decode()
    assert all("⟦" in page for page in pages.values())
    assert {name: found for name, page in pages.items() if (found := words(page))} == {}
    [description] = re.findall(
        r"(?ms)^DESCRIPTION:(.*?)^\S", calendar_files.ics(appointment, "REQUEST").replace("\r\n ", "")
    )
    assert words(description.replace("\\n", " ")) == []


@pytest.mark.parametrize("path", ["/chat/pk_unknown", "/api/v1/widget/config/pk_unknown", "/api/v1/widget/sessions"])
async def test_refusals_before_there_is_a_conversation_are_in_the_browsers_language(path: str) -> None:
    asked = {"accept-language": "tlh, qps-XX;q=0.8, en;q=0.2", "origin": make.ORIGIN}
    refused = await AsyncClient().get(path, headers=asked)
    text = refused.json()["title"] if "json" in refused["Content-Type"] else refused.content.decode()
    assert refused.status_code >= 400 and text.startswith("⟦") and words(text) == []
    assert "Accept-Language" in refused["Vary"]


@pytest.mark.django_db(transaction=True)
async def test_refusals_of_a_conversation_are_in_its_language() -> None:
    assistant = await in_db(make.assistant)()
    client, origin = AsyncClient(), {"origin": make.ORIGIN}
    asked = {"key": assistant.public_key, "locale": "qps-XX"}
    opened = await client.post("/api/v1/widget/sessions", asked, content_type="application/json", headers=origin)
    authorised = {**origin, "authorization": f"Bearer {opened.json()['token']}", "accept-language": "de"}
    refused = await client.post("/api/v1/widget/messages", {}, content_type="application/json", headers=authorised)
    assert (refused.status_code, words(refused.json()["title"])) == (400, [])
    assert refused.json()["title"].startswith("⟦")


@pytest.mark.parametrize("code", [*views.STATUS, *(kind.code for kind in views.KINDS)])
def test_every_refusal_has_a_sentence(code: str) -> None:
    assert code in CATALOGUES["en"].sentences or views.STATUS.get(code) == 415
