"""The inbox's socket: who may open it, and what each member of staff hears of."""

from __future__ import annotations

import asyncio
import json

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from assistant.admin.inbox.socket import InboxConsumer
from assistant.async_db import in_db
from assistant.models import Conversation, Membership, Organization, PushSubscription, StaffEvent
from assistant.services.conversations import ratings
from assistant.services.conversations.inbox import mark_read
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.sessions import open_session
from assistant.services.conversations.state import change_state
from assistant.services.notifications import choices, push, queue
from assistant.services.organizations import members
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.services.notifications.test_push import Browser
from tests.widget.test_consumer import Socket

pytestmark = pytest.mark.django_db(transaction=True)


class Inbox:
    """An open page of a member of staff."""

    def __init__(self, cookie: str, origin: str = "https://chat.example.com") -> None:
        headers = [(b"host", b"chat.example.com"), (b"origin", origin.encode()), (b"cookie", cookie.encode())]
        self.wire = WebsocketCommunicator(InboxConsumer.as_asgi(), "/ws/v1/inbox", headers=headers)

    async def __aenter__(self) -> Inbox:
        assert (await self.wire.connect(5))[0]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.wire.disconnect()

    async def tell(self, **frame: object) -> None:
        await self.wire.send_to(text_data=json.dumps(frame))

    async def hear(self, type: str) -> dict:
        async with asyncio.timeout(8):
            while True:
                event = json.loads(await self.wire.receive_from(8))
                if event["type"] == type:
                    return event

    async def closed(self) -> int:
        async with asyncio.timeout(8):
            while True:
                message = await self.wire.receive_output(8)
                if message["type"] == "websocket.close":
                    return message["code"]


async def test_nobody_listens_without_the_second_factor_that_their_organization_requires():
    home = await in_db(make.organization)(require_two_factor=True)
    async with Inbox(await in_db(signed_in)(home, "editor")) as inbox:
        assert await inbox.closed() == 4401


def signed_in(of: Organization, role: str) -> str:
    client = Client()
    client.force_login(member(of, role, f"{role}-{of.slug}"))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def talks() -> tuple[Conversation, Conversation]:
    return make.conversation(), make.conversation(make.assistant(make.organization("Other")))


@pytest.mark.parametrize(
    ("origin", "cookie", "code"),
    [
        ("https://evil.example.com", True, 4403),
        ("", True, 4403),
        ("null", True, 4403),
        ("https://chat.example.com", False, 4401),
    ],
)
async def test_only_our_own_page_of_somebody_signed_in_may_open_it(origin, cookie, code):
    talk, _ = await in_db(talks)()
    mine = await in_db(signed_in)(talk.organization, "owner")
    async with Inbox(mine if cookie else "", origin) as inbox:
        assert await inbox.closed() == code


async def test_staff_receive_events_of_their_own_organizations_conversations_alone():
    talk, other = await in_db(talks)()
    async with Inbox(await in_db(signed_in)(talk.organization, "viewer")) as inbox:
        await inbox.hear("ready")
        await in_db(post_message)(other, "c-1", "Zanzibar")
        await in_db(post_message)(talk, "c-1", "Hello")
        assert (await inbox.hear("changed"))["conversation"] == str(talk.pk)


async def test_two_members_of_staff_see_each_other_look_and_type():
    talk, other = await in_db(talks)()
    one, two = [await in_db(signed_in)(talk.organization, role) for role in ("owner", "editor")]
    async with Inbox(one) as grace, Inbox(two) as alan:
        await grace.hear("ready")
        await alan.hear("ready")
        await grace.tell(type="watch", conversation=str(other.pk))  # not theirs: nothing happens
        await grace.tell(type="watch", conversation="nonsense")
        await grace.tell(type="watch", conversation=str(talk.pk))
        seen = await alan.hear("staff.here")
        assert (seen["conversation"], seen["name"]) == (str(talk.pk), "owner-bright-smile")
        await grace.tell(type="typing")
        assert (await alan.hear("staff.here"))["typing"] is True
        await grace.tell(type="watch", conversation="")
        assert (await alan.hear("staff.here"))["gone"] is True


async def test_a_visitor_and_a_member_of_staff_see_each_other_type_and_read():
    opened = await in_db(lambda: open_session(make.assistant(), make.ORIGIN))()
    talk = opened.conversation
    async with Inbox(await in_db(signed_in)(talk.organization, "owner")) as inbox, Socket() as widget:
        await inbox.hear("ready")
        await inbox.tell(type="watch", conversation=str(talk.pk))
        await inbox.hear("staff.here")
        await widget.tell("session.open", token=opened.token, after=0)
        await widget.hear("session.ready")
        await widget.tell("typing")
        assert await inbox.hear("visitor.typing") == {"type": "visitor.typing", "conversation": str(talk.pk)}
        await inbox.tell(type="typing")
        assert await widget.hear("staff.typing") == {"type": "staff.typing"}
        await in_db(change_state)(talk, Conversation.State.WAITING)
        await widget.hear("conversation.updated")
        await widget.tell("conversation.seen", seq=1)
        assert (await inbox.hear("seen"))["conversation"] == str(talk.pk)
        await in_db(lambda: mark_read(Conversation.objects.get(pk=talk.pk), User.objects.get(), 1))()
        assert await widget.hear("conversation.read") == {"type": "conversation.read", "upto": 1}


async def test_a_viewer_who_types_is_shown_to_nobody():
    talk, _ = await in_db(talks)()
    one, two = [await in_db(signed_in)(talk.organization, role) for role in ("viewer", "owner")]
    async with Inbox(one) as viewer, Inbox(two) as owner:
        await owner.hear("ready")
        await viewer.hear("ready")
        await viewer.tell(type="watch", conversation=str(talk.pk))
        await owner.hear("staff.here")
        await viewer.tell(type="typing")
        await viewer.tell(type="here")
        assert "typing" not in await owner.hear("staff.here")


async def test_a_user_without_a_login_or_who_sends_nonsense_is_disconnected():
    talk, _ = await in_db(talks)()
    mine = await in_db(signed_in)(talk.organization, "owner")
    async with Inbox(mine) as inbox:
        await inbox.hear("ready")
        await in_db(lambda: Membership.objects.get().user.delete())()
        await inbox.tell(type="here")
        assert await inbox.closed() == 4401
    other = await in_db(signed_in)(talk.organization, "editor")
    async with Inbox(other) as inbox:
        await inbox.hear("ready")
        await inbox.wire.send_to(text_data="[]")
        assert await inbox.closed() == 4400


async def test_a_rating_reaches_the_page_of_staff_who_have_the_conversation_open():
    home = await in_db(make.organization)()
    talk = await in_db(lambda: make.conversation(make.assistant(home)))()
    async with Inbox(await in_db(signed_in)(home, "editor")) as inbox:
        await inbox.hear("ready")
        await in_db(ratings.rate_conversation)(talk, 4, "Quick.")
        assert (await inbox.hear("changed"))["conversation"] == str(talk.pk)


# --- The socket of any other page -------------------------------------------------------------------------------------


class Desk(Inbox):
    """Any page of the admin, which is told of what its person has chosen."""

    def __init__(self, cookie: str) -> None:
        super().__init__(cookie)
        self.wire.scope["query_string"] = b"only=notices"


def asks(talk: Conversation, key: str, **about: object) -> None:
    queue.notify(talk.organization, StaffEvent.WAITING, f"Notice {key}", key=key, conversation=talk, **about)


async def test_any_page_is_told_of_what_its_person_has_chosen_and_of_nothing_else():
    talk, other = await in_db(talks)()
    mine = await in_db(signed_in)(talk.organization, "viewer")
    owner = await in_db(member)(talk.organization, "owner")
    async with Desk(mine) as desk:
        await desk.hear("ready")
        await in_db(post_message)(talk, "c-1", "Hello")  # that something has changed is for the inbox
        await in_db(asks)(other, "theirs")
        await in_db(asks)(talk, "the owner's", only=owner)
        await in_db(queue.notify)(talk.organization, StaffEvent.BUDGET, "Not chosen", key="budget")
        await in_db(asks)(talk, "mine", link="https://chat.example.com/admin/x/")
        heard = json.loads(await desk.wire.receive_from(8))
        assert (heard["type"], heard["id"], heard["title"]) == ("notice", "mine", "Notice mine")
        assert (heard["conversation"], heard["link"]) == (str(talk.pk), "https://chat.example.com/admin/x/")
        choose = {StaffEvent.WAITING: choices.Choice(), StaffEvent.BUDGET: choices.Choice(in_page=True)}
        await in_db(choices.keep)(await in_db(User.objects.get)(username__startswith="viewer"), choose)
        await in_db(asks)(talk, "not any more")
        await in_db(queue.notify)(talk.organization, StaffEvent.BUDGET, "Chosen", key="budget 2")
        assert (await desk.hear("notice"))["title"] == "Chosen"


async def test_a_page_whose_person_was_removed_or_logged_out_is_told_of_nothing_more():
    talk, other = await in_db(talks)()
    mine = await in_db(signed_in)(talk.organization, "viewer")
    person = await in_db(User.objects.get)(memberships__role="viewer")
    await in_db(Membership.objects.create)(user=person, organization=other.organization, role="viewer")
    async with Desk(mine) as desk:
        await desk.hear("ready")
        await in_db(Membership.objects.filter(organization=talk.organization).delete)()
        await in_db(asks)(talk, "theirs no more")
        await in_db(asks)(other, "still theirs")
        assert (await desk.hear("notice"))["id"] == "still theirs"
        await in_db(members.end_sessions)(person)
        await in_db(asks)(other, "nobody's")
        assert await desk.closed() == 4401


async def test_an_inbox_leaves_notices_to_the_script_of_every_page():
    talk, _ = await in_db(talks)()
    async with Inbox(await in_db(signed_in)(talk.organization, "viewer")) as inbox:
        await inbox.hear("ready")
        await in_db(asks)(talk, "mine")
        await in_db(post_message)(talk, "c-1", "Hello")
        heard = [""]
        while heard[-1] != "changed":
            heard.append(json.loads(await inbox.wire.receive_from(8))["type"])
        assert set(heard) <= {"", "missed", "changed"}  # missed, where a connection to Redis has begun meanwhile


async def test_a_page_learns_whether_notifications_are_on_in_its_browser():
    talk, _ = await in_db(talks)()
    mine = await in_db(signed_in)(talk.organization, "viewer")
    person = await in_db(User.objects.get)(memberships__role="viewer")
    row = await in_db(Browser().added_by)(person)
    for is_on in (False, True):  # on elsewhere, and here
        async with Desk(mine) as desk:
            assert (await desk.hear("ready"))["push"] is is_on
        await in_db(turn_on)(mine, row)


def turn_on(cookie: str, row: PushSubscription) -> None:
    session = SessionStore(cookie.partition("=")[2])
    push.keep_in_session(session, row)
    session.save()
