"""E-mails to visitors wait until a mailed code has verified their address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from assistant import tasks
from assistant.async_db import in_db
from assistant.errors import InputError
from assistant.models import Card, Conversation, Delivery, Method, Turn, Visitor
from assistant.models import ToolCall as Row
from assistant.services.conversations import card_answers
from assistant.services.conversations.leases import claim_turn
from assistant.services.conversations.sessions import update_visitor
from assistant.services.deliveries import outbox, verification
from assistant.services.methods import ledger
from assistant.services.organizations import rate_limits
from assistant.services.privacy import erasure
from assistant.tools.executor import Executor
from tests import make

from .acts import call

Make = Callable[..., Method]
pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(method: Make, talk: Conversation) -> Callable[[], Any]:
    """The model asks for an e-mail to the visitor; returns the result and the card that it waits on."""
    config = {"recipient": "visitor", "subject": "Your summary", "body": "{{ message }}"}
    parameters = {"type": "object", "properties": {"message": {"type": "string", "title": "Message"}}}
    method(talk.assistant, kind="email", parameters=parameters, config=config)

    async def ask() -> tuple[Any, Card]:
        executor = await Executor.for_conversation(talk)
        result = await executor.execute(call(message="As discussed."), round=1, ordinal=0)
        return result, await Card.objects.select_related("call").alatest("created_at")

    return ask


def click(talk: Conversation, choice: str, **fields: str) -> Turn | None:
    card = Card.objects.filter(kind=Card.Kind.VERIFY).latest("created_at")
    return card_answers.answer(talk, str(card.pk), choice, fields)


def mailed(number: int = -1) -> str:
    """The code as the mailbox gets it."""
    for row in Delivery.objects.filter(state=Delivery.State.QUEUED, key__startswith="code:").order_by("created_at"):
        tasks.deliver(str(row.pk))
    found = re.search(r"\b\d{6}\b", str(mail.outbox[number].body))
    assert found and found[0] in str(mail.outbox[number].alternatives[0][0])
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def finish(turn: Turn) -> Any:
    claimed = await in_db(claim_turn)(turn.pk)
    executor = await Executor.for_turn(claimed)
    assert claimed.opening_call
    return await executor.execute_opening_call(claimed.opening_call)


async def test_nothing_is_mailed_before_the_visitors_own_click(asked, talk):
    result, card = await asked()
    assert (result.outcome, result.effects) == ("waiting", frozenset())
    assert (card.kind, card.state, card.content["lines"]) == ("verify", "open", [["Message", "As discussed."]])
    assert [field["name"] for field in card.content["fields"]] == ["email"]
    assert not await Delivery.objects.aexists()


async def test_the_right_code_proves_the_address_and_sends_what_waited(asked, talk):
    await asked()
    assert await in_db(click)(talk, "confirm", email=" Ann@Example.com ") is None
    code = await in_db(mailed)()
    turn = await in_db(click)(talk, "confirm", code=f" {code[:3]} {code[3:]} ")
    visitor = await Visitor.objects.aget(pk=talk.visitor_id)
    assert visitor.email == mail.outbox[0].to[0] == "Ann@example.com" and visitor.email_verified_at
    result = await finish(turn)
    assert (result.outcome, result.effects) == ("done", frozenset({"sent"}))
    letter = await Delivery.objects.exclude(key__startswith="code:").aget()
    assert (letter.to, "As discussed." in letter.text) == ("Ann@example.com", True)
    # Neither model nor page nor table has seen the code.
    texts = [message.text async for message in talk.messages.all()]
    rows = [str(card.content) + str(card.action) + str(card.choice) async for card in talk.cards.all()]
    calls = [str(row.arguments) + row.result async for row in Row.objects.all()]
    letters = [delivery.text + delivery.html async for delivery in Delivery.objects.all()]
    assert not any(code in text for text in [*texts, *rows, *calls, *letters])


async def test_a_verified_visitor_is_not_asked_for_an_address_again(asked, talk):
    talk.visitor.email, talk.visitor.email_verified_at = "ann@example.com", timezone.now()
    await talk.visitor.asave()
    result, card = await asked()
    assert (result.outcome, card.kind) == ("done", "receipt")


async def test_another_address_is_nobodys_until_it_is_proven_too(asked, talk):
    talk.visitor.email, talk.visitor.email_verified_at = "ann@example.com", timezone.now()
    await talk.visitor.asave()
    await in_db(update_visitor)(talk, email="ann@example.com", name="Ann")
    assert (await Visitor.objects.aget(pk=talk.visitor_id)).email_verified_at
    await in_db(update_visitor)(talk, email="bob@example.com")
    result, card = await asked()
    assert (result.outcome, card.kind) == ("waiting", "verify")
    assert card.content["fields"][0]["value"] == "bob@example.com"


async def test_five_wrong_codes_end_it(asked, talk):
    await asked()
    await in_db(click)(talk, "confirm", email="ann@example.com")
    code = await in_db(mailed)()
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        assert await in_db(click)(talk, "confirm", code=wrong(code)) is None
        card = await talk.cards.aget()
        assert f"You have {left} left." in card.content["problem"] and card.state == "open"
    await in_db(click)(talk, "confirm", code=wrong(code))
    assert await in_db(click)(talk, "confirm", code=code) is None
    await in_db(ledger.give_up_waiting)()
    assert (await talk.cards.aget()).state == "expired" and (await Row.objects.aget()).state == Row.State.REFUSED
    assert not (await Visitor.objects.aget(pk=talk.visitor_id)).email_verified_at


@pytest.mark.parametrize("zero", [0x660, 0x6F0, 0x966, 0xFF10])
async def test_a_code_is_right_in_the_digits_of_any_script(asked, talk, zero):
    await asked()
    await in_db(click)(talk, "confirm", email="ann@example.com")
    code = await in_db(mailed)()
    typed = "".join(chr(zero + int(digit)) for digit in code)
    assert await in_db(click)(talk, "confirm", code=f"\u200f{typed[:3]}\u00a0{typed[3:]}") is not None
    card = await talk.cards.aget()
    assert card.state == "answered" and "wrong" not in card.action


async def test_only_the_newest_code_counts_and_only_on_its_card(asked, talk):
    await asked()
    await in_db(click)(talk, "confirm", email="ann@example.com")
    old = await in_db(mailed)()
    await in_db(click)(talk, "again")
    assert (await talk.cards.aget()).content["fields"][0]["value"] == "ann@example.com"
    await in_db(click)(talk, "confirm", email="bob@example.com")
    await in_db(mailed)()
    assert await in_db(click)(talk, "confirm", code=old) is None
    other = await in_db(make.conversation)(talk.assistant)
    card = await talk.cards.aget()
    with pytest.raises(Exception, match="No such card"):
        await in_db(card_answers.answer)(other, str(card.pk), "confirm", {"code": old})
    assert not await Visitor.objects.filter(email_verified_at__isnull=False).aexists()


async def test_a_code_cannot_be_given_before_one_was_sent(asked, talk):
    await asked()
    for choice, fields in (("confirm", {}), ("again", {}), ("send", {"email": "a@example.com"}), ("confirm", {"code": "1"})):
        with pytest.raises(InputError):
            await in_db(click)(talk, choice, **fields)
    assert not await Delivery.objects.aexists()


async def test_an_invalid_address_is_reported_on_the_card(asked, talk):
    await asked()
    await in_db(click)(talk, "confirm", email="ann@example.com\r\nBcc: x@example.com")
    card = await talk.cards.aget()
    assert "such as ada@example.com" in card.content["problem"] and card.content["fields"][0]["name"] == "email"
    await in_db(click)(talk, "confirm", email="ann@example.com")
    assert "problem" not in (await talk.cards.aget()).content


async def test_a_visitor_gets_so_many_codes_a_day_and_an_address_no_flood(asked, talk):
    await asked()
    for number in range(verification.CODES_PER_VISITOR + 2):
        if number:
            await in_db(click)(talk, "again")
        await in_db(click)(talk, "confirm", email=f"ann{number}@example.com")
    assert await Delivery.objects.acount() == verification.CODES_PER_VISITOR
    assert "No more codes" in (await talk.cards.aget()).content["problem"]
    neighbour = await in_db(make.conversation)(talk.assistant)
    for one in (talk, neighbour):
        one.network = "the same office"
        await one.asave()
    assert not await in_db(verification._too_many)(neighbour)
    for number in range(verification.CODES_PER_VISITOR, verification.CODES_PER_NETWORK):  # to others who share it
        await Delivery.objects.acreate(
            organization=talk.organization, conversation=talk, key=f"{verification.KEY}{number}", to="x@example.com"
        )
    assert await in_db(verification._too_many)(neighbour)


def test_erasing_oneself_gives_a_network_no_further_codes(queued_tasks):
    rate_limits.reset()
    here = make.assistant()

    def asks() -> bool:
        talk = make.conversation(here, network="the same office")
        refused = verification._too_many(talk)
        make.email(here.organization, to="x@example.com", subject="", text="", key=f"code:{talk.pk}:1", conversation=talk)
        erasure.erase(here.organization, talk.visitor_id)
        return not refused

    assert [asks() for _ in range(verification.CODES_PER_NETWORK + 1)].count(True) == verification.CODES_PER_NETWORK
    rate_limits.reset()


async def test_declining_a_code_ends_the_call(asked, talk):
    await asked()
    turn = await in_db(click)(talk, "cancel")
    assert (await finish(turn)).outcome == "refused"
    assert not await Delivery.objects.aexists()


async def test_the_card_says_when_the_code_could_not_be_sent(asked, talk):
    await asked()
    await in_db(click)(talk, "confirm", email="ann@example.com")

    def refuse() -> None:
        delivery = outbox.claim(Delivery.objects.get().pk)
        assert delivery is not None
        outbox.failed(delivery, "550", for_good=True)
        verification.follow(delivery)

    await in_db(refuse)()
    card = await Card.objects.aget()
    assert card.content["problem"] == "The e-mail with the code could not be sent to ann@example.com."
    assert (card.state, [field["name"] for field in card.content["fields"]]) == ("open", ["code"])


async def test_the_card_says_when_the_code_has_not_left_this_machine(asked, talk, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.DATA_DIR = "interworky.demo.mailbox.MailboxBackend", tmp_path
    await asked()
    await in_db(click)(talk, "confirm", email="ann@example.com")
    await in_db(lambda: tasks.deliver(str(Delivery.objects.get().pk)))()
    assert "was not sent to ann@example.com" in (await Card.objects.aget()).content["text"]
