"""E-mail methods: recipients, contents, limits and receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.utils import timezone

from assistant.models import Card, Conversation, Delivery, Method
from assistant.models import ToolCall as Row
from assistant.services.deliveries import outbox
from assistant.tools import email
from assistant.tools.executor import try_out

from .acts import called

Make = Callable[..., Method]
pytestmark = pytest.mark.django_db
ASKED = {
    "type": "object",
    "properties": {"name": {"type": "string", "title": "Name"}, "message": {"type": "string", "title": "Message"}},
    "required": ["message"],
}
TEAM = {"to": "team@example.com", "subject": "From {{ name }}"}


def an_email(make_method: Make, talk: Conversation, **config: Any) -> Method:
    return make_method(talk.assistant, kind="email", parameters=ASKED, config={**TEAM, **config})


async def test_a_message_to_the_team_is_queued_with_its_receipt(method: Make, talk: Conversation) -> None:
    await sync_to_async(an_email)(method, talk)
    result = await called(talk, name="Ann", message="Running late <b>&</b>")
    assert (result.outcome, result.effects) == ("done", frozenset({"sent"}))
    delivery, row = await Delivery.objects.aget(), await Row.objects.aget()
    assert (delivery.to, delivery.subject, delivery.reply_to) == ("team@example.com", "From Ann", "")
    assert "Message: Running late <b>&</b>" in delivery.text
    assert "Running late &lt;b&gt;&amp;&lt;/b&gt;" in delivery.html and "<b>" not in delivery.html
    card = await Card.objects.aget()
    assert card.kind == Card.Kind.RECEIPT and card.call_id == row.pk and row.receipt == card.content["reference"]
    assert card.content["status"] == "sending" and card.content["lines"] == [
        ["Name", "Ann"],
        ["Message", "Running late <b>&</b>"],
    ]
    assert "team@example.com" not in str(card.content) + result.text


async def test_the_receipt_follows_what_becomes_of_the_delivery(method: Make, talk: Conversation) -> None:
    await sync_to_async(an_email)(method, talk)
    await called(talk, message="x")

    def deliver() -> None:
        claimed = outbox.claim(Delivery.objects.get().pk)
        assert claimed is not None
        outbox.sent(claimed)

    await sync_to_async(deliver)()
    assert (await Card.objects.aget()).content["status"] == "done"


INJECTIONS = ["a\r\nBcc: evil@example.com", "a\nb", "a\x0bb", "a\u2028b", "a\x00b", "=?utf-8?q?x?=", "a" * 500]


@pytest.mark.parametrize("name", INJECTIONS)
async def test_no_value_adds_a_header(name: str, method: Make, talk: Conversation) -> None:
    await sync_to_async(an_email)(method, talk)
    await called(talk, name=name, message="x")
    async for delivery in Delivery.objects.all():
        assert len(delivery.subject) <= 200
        assert not any(char in delivery.subject for char in "\r\n\x0b\x00\u2028")


@pytest.mark.parametrize("value", ["{{ message }}", "{{name}}", "{name}", "%(name)s", "{% debug %}", "{{ 7*7 }}", "${HOME}"])
async def test_what_a_visitor_writes_is_never_a_template(value: str, method: Make, talk: Conversation) -> None:
    await sync_to_async(an_email)(method, talk, body="Hello: {{name}} / {{ message }}")
    await called(talk, name=value, message="the message")
    delivery = await Delivery.objects.aget()
    assert delivery.subject == f"From {value}" and f"Hello: {value} / the message" in delivery.text


async def test_the_visitor_is_written_to_at_a_verified_address_only(method: Make, talk: Conversation) -> None:
    await sync_to_async(an_email)(method, talk, recipient="visitor", subject="Your summary", body="{{ message }}")
    visitor = talk.visitor
    visitor.email = "ann@example.com"
    await visitor.asave()
    assert (await called(talk, message="x")).outcome == "waiting"
    assert not await Delivery.objects.aexists()
    visitor.email_verified_at = timezone.now()
    await visitor.asave()
    assert (await called(talk, message="x")).outcome == "done"
    assert (await Delivery.objects.aget()).to == "ann@example.com"


async def test_the_visitors_e_mail_is_in_their_language_and_the_teams_in_english(method: Make, talk: Conversation) -> None:
    talk.visitor.email, talk.visitor.email_verified_at, talk.visitor.locale = "ann@example.com", timezone.now(), "fr-CA"
    await talk.visitor.asave()
    made = await sync_to_async(an_email)(method, talk)
    await called(talk, at=1, message="x")
    made.config |= {"recipient": "visitor"}
    await made.asave()
    await called(talk, at=2, message="x")
    team, own = [delivery.text async for delivery in Delivery.objects.order_by("created_at")]
    assert "Sent from the website of" in team and "Envoyé depuis le site de" in own
    receipts = [card.content["title"] async for card in Card.objects.order_by("created_at")]
    assert receipts[0].startswith("Message à ")


async def test_replies_go_to_the_visitor_if_their_address_is_verified(method: Make, talk: Conversation) -> None:
    await sync_to_async(an_email)(method, talk, to="a@example.com, b@example.com\na@example.com", layout="detailed")
    talk.visitor.email, talk.visitor.email_verified_at = "ann@example.com", timezone.now()
    await talk.visitor.asave()
    await called(talk, message="x")
    sent = [delivery async for delivery in Delivery.objects.order_by("to")]
    assert [(d.to, d.reply_to) for d in sent] == [("a@example.com", "ann@example.com"), ("b@example.com", "ann@example.com")]
    assert await Card.objects.acount() == 1


@pytest.mark.parametrize("argument", ["to", "recipient", "To", "cc", "bcc", "reply_to", "subject"])
async def test_a_model_chooses_no_recipient(argument: str, method: Make, talk: Conversation) -> None:
    await sync_to_async(an_email)(method, talk)
    assert (await called(talk, message="x", **{argument: "evil@example.com"})).outcome == "failed"
    assert not await Delivery.objects.aexists()


async def test_a_recipient_is_written_to_so_often_a_day_and_no_more(method: Make, talk: Conversation) -> None:
    await sync_to_async(an_email)(method, talk, per_recipient_per_day=2)
    results = await asyncio.gather(*(called(talk, at=n, message=f"x{n}") for n in range(5)))
    assert sorted(result.outcome for result in results) == ["done", "done", "refused", "refused", "refused"]
    assert await Delivery.objects.acount() == 2


async def test_a_second_run_of_the_same_call_promises_nothing_new(method: Make, talk: Conversation) -> None:
    made = await sync_to_async(an_email)(method, talk)
    await called(talk, message="x")
    row = await Row.objects.select_related("organization", "conversation__visitor").aget()
    context = email.Context(row.organization, made, row, row.conversation)
    await email.run(context, row.arguments)
    assert (await Delivery.objects.acount(), await Card.objects.acount()) == (1, 1)


async def test_a_dry_run_shows_the_e_mail_and_queues_nothing(method: Make, talk: Conversation) -> None:
    made = await sync_to_async(an_email)(method, talk)
    result = await try_out(made, {"name": "Ann", "message": "Hello"})
    assert "team@example.com" in result.text and "Subject: From Ann" in result.text and "Message: Hello" in result.text
    assert not await Delivery.objects.aexists()


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"to": ""}, "to", "recipients"),
        ({"to": " ".join(f"a{n}@example.com" for n in range(6))}, "to", "recipients"),
        ({"to": "no address"}, "to", "address"),
        ({"to": "-oX@b.co"}, "to", "address"),
        ({"to": "a@[127.0.0.1]"}, "to", "address"),
        ({"subject": ""}, "subject", "required"),
        ({"layout": "fancy"}, "layout", "invalid_choice"),
        ({"per_recipient_per_day": 0}, "per_recipient_per_day", "min_value"),
    ],
)
def test_a_bad_setting_has_a_named_error(change: dict[str, Any], field: str, code: str) -> None:
    form = email.Config({**TEAM, "per_recipient_per_day": 5, **change})
    assert not form.is_valid()
    assert code in {error.code for error in form.errors[field].as_data()}


def test_a_template_may_name_only_what_is_there(method: Make, talk: Conversation) -> None:
    email.check(an_email(method, talk, body="{{message}} {{ organization }} {{visitor_name}}"))
    with pytest.raises(ValidationError) as raised:
        email.check(an_email(lambda of, **fields: method(of, "other", **fields), talk, body="{{ missing }}"))
    assert raised.value.code == "placeholder_unknown"
