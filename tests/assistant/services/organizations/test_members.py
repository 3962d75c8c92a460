"""Invitations, roles and removal: links that work once, and no organization without an owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from assistant.errors import InputError, NotFound, ToolError, TooMuch
from assistant.models import Delivery, Invitation, Membership, Organization
from assistant.services.deliveries import staff_links
from assistant.services.organizations import members, rate_limits
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.rates import spend

pytestmark = pytest.mark.django_db
PASSWORD = "several words in a row"


@pytest.fixture(autouse=True)
def fresh(queued_tasks: list[Any]) -> None:
    rate_limits.reset()


@pytest.fixture
def home() -> Organization:
    return make.organization()


@pytest.fixture
def owner(home: Organization) -> User:
    return member(home, "owner", "owner")


def link(invitation: Invitation) -> str:
    return f"/admin/invitation/{members.token_of(invitation.pk, invitation.number)}/"


def given(**more: str) -> dict[str, str]:
    return {"first_name": "Ada", "last_name": "L", "password": PASSWORD, "again": PASSWORD, **more}


def test_an_invited_colleague_chooses_a_password_and_is_in(home, owner):
    invitation = members.invite(home, "Ada@Example.com", "agent", owner)
    client = Client()
    assert "Join Bright Smile" in client.get(link(invitation)).content.decode()
    assert client.post(link(invitation), given()).headers["Location"] == "/admin/"
    user = User.objects.get(username="ada@example.com")
    assert (user.email, user.first_name, user.is_staff, user.is_superuser) == ("ada@example.com", "Ada", True, False)
    assert Membership.objects.get(user=user).role == "agent"
    assert client.get("/admin/").status_code == 200
    invitation.refresh_from_db()
    assert invitation.state == Invitation.State.ACCEPTED and invitation.accepted_by == user


def test_the_link_is_in_the_mail_that_is_sent_and_in_no_column(home, owner):
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    row = Delivery.objects.get()
    token = members.token_of(invitation.pk, invitation.number)
    text, html = staff_links.completed(row, row.text, row.html)
    assert token in text and token in html
    stored = str([list(model.objects.values()) for model in (Delivery, Invitation)])
    assert token not in stored and token.rpartition("-")[2] not in stored


def test_a_link_works_once(home, owner):
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    Client().post(link(invitation), given())
    assert Client().get(link(invitation)).status_code == 404
    assert entered(User.objects.create_user("late")).post(link(invitation)).status_code == 404
    assert Membership.objects.count() == 2


def test_following_the_link_changes_nothing(home, owner):
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    for client in (Client(), entered(User.objects.create_user("someone"))):
        assert client.get(link(invitation)).status_code == client.head(link(invitation)).status_code == 200
    assert Membership.objects.count() == 1 and Invitation.objects.open().count() == 1


@pytest.mark.parametrize("end", ["resend", "withdraw", "expire", "close"])
def test_a_link_ends(home, owner, end):
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    former = link(invitation)
    if end == "resend":
        members.resend(invitation)
        assert Client().get(link(invitation)).status_code == 200
    elif end == "withdraw":
        members.withdraw(Invitation.objects.filter(pk=invitation.pk))
        assert Delivery.objects.get().state == Delivery.State.WITHDRAWN
        with pytest.raises(InputError):
            members.resend(invitation)
    elif end == "expire":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        Organization.objects.update(active=False)
    assert Client().get(former).status_code == 404
    assert Client().post(former, given()).status_code == 404
    assert not User.objects.filter(email="ada@example.com").exists()


NIL = "0" * 32


@pytest.mark.parametrize("token", ["", "x", "a-b-c", f"{NIL}-1-{'0' * 40}", f"{NIL}-{'9' * 5000}-x", "é-1-é"])
def test_a_forged_link_opens_nothing(token):
    with pytest.raises(NotFound):
        members.for_token(token)


def test_a_link_of_another_invitation_has_another_signature(home, owner):
    one, other = (members.invite(home, f"{name}@example.com", "owner", owner) for name in ("one", "other"))
    forged = f"{one.pk.hex}-1-{members.token_of(other.pk, 1).rpartition('-')[2]}"
    with pytest.raises(NotFound):
        members.for_token(forged)


def test_somebody_with_an_account_joins_by_the_same_link_after_logging_in(home, owner):
    elsewhere = make.organization("Elsewhere")
    user = member(elsewhere, "owner", "ada")
    User.objects.filter(pk=user.pk).update(email="Ada@example.com")
    invitation = members.invite(home, "ada@example.com", "viewer", owner)
    page = Client().get(link(invitation)).content.decode()
    assert "has an account here" in page and "/admin/login/?next=%2Fadmin%2Finvitation%2F" in page
    Client().post(link(invitation), given())
    assert User.objects.filter(email__iexact="ada@example.com").count() == 1
    assert entered(user).post(link(invitation)).status_code == 302
    assert set(user.memberships.values_list("organization__name", "role")) == {
        ("Bright Smile", "viewer"),
        ("Elsewhere", "owner"),
    }


def test_an_invitation_does_not_change_the_role_of_a_member(home, owner):
    invitation = members.invite(home, "other@example.com", "viewer", owner)
    entered(owner).post(link(invitation))
    assert Membership.objects.get(user=owner).role == "owner"


@pytest.mark.parametrize(
    "wrong", [{"password": "short", "again": "short"}, {"again": "another one entirely"}, {"first_name": ""},
              {"password": "ada@example.com", "again": "ada@example.com"}]
)  # fmt: skip
def test_a_weak_or_mistyped_password_is_refused_and_the_link_still_works(home, owner, wrong):
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    answer = Client().post(link(invitation), given(**wrong))
    assert answer.status_code == 200 and answer.context["form"].errors
    assert Client().get(link(invitation)).status_code == 200


def test_inviting_again_replaces_the_open_invitation(home, owner):
    first = members.invite(home, "ada@example.com", "owner", owner)
    second = members.invite(home, "ADA@example.com", "viewer", owner)
    assert first.pk == second.pk and Invitation.objects.get().role == "viewer"
    assert Client().get(link(first)).status_code == 404


ENDS = {
    "used": "works only once",
    "withdrawn": "was withdrawn",
    "replaced": "the latest e-mail",
    "too old": "older than seven days",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_link_that_has_ended_says_why_and_what_to_do(home, owner, end):
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    former = link(invitation)
    if end == "used":
        Client().post(former, given())
    elif end == "withdrawn":
        members.withdraw(Invitation.objects.all())
    elif end == "replaced":
        members.resend(invitation)
    else:
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for client in (Client(), entered(owner)):
        said = client.get(former)
        assert said.status_code == 404 and ENDS[end] in said.content.decode()
    assert "works only once" not in Client().get(former[:-3] + "00/").content.decode()  # forged, and told nothing


def test_a_former_member_is_invited_again_and_comes_back_in_the_new_role(home, owner):
    first = members.invite(home, "ada@example.com", "editor", owner)
    Client().post(link(first), given())
    ada = User.objects.get(username="ada@example.com")
    members.remove(Membership.objects.get(user=ada))
    again = members.invite(home, "Ada@Example.com", "viewer", owner)
    assert again.pk != first.pk and Client().get(link(first)).status_code == 404
    client = Client()
    page = client.get(link(again)).content.decode()
    assert "has an account here" in page and "Forgotten password" in page
    client.post("/admin/login/", {"username": "ADA@example.com", "password": PASSWORD}, query_params={"next": link(again)})
    assert client.post(link(again)).headers["Location"] == "/admin/"
    assert Membership.objects.get(user=ada).role == "viewer"
    assert client.get("/admin/").status_code == 200


def test_an_account_that_never_was_staffs_can_log_in_to_join(home, owner):
    User.objects.create_user("ada", "ada@example.com", PASSWORD)
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    client, log_in = Client(), {"username": "ada", "password": PASSWORD}
    client.get(link(invitation))
    assert client.post("/admin/login/", log_in).status_code == 200  # following the link has changed nothing
    leads = client.post(link(invitation)).headers["Location"]
    assert client.post(leads, log_in).headers["Location"] == link(invitation)
    client.post(link(invitation))
    assert Membership.objects.filter(organization=home, user__username="ada", role="agent").exists()


def test_an_account_that_is_switched_off_is_not_sent_to_a_log_in_that_refuses_it(home, owner):
    User.objects.create_user("ada", "ada@example.com", PASSWORD, is_active=False)
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    for answer in (Client().get(link(invitation)), Client().post(link(invitation))):
        assert "is switched off" in answer.content.decode() and "/admin/login/" not in answer.content.decode()
    assert not User.objects.get(username="ada").is_staff


def test_somebody_who_is_logged_in_reads_whom_the_invitation_was_for(home, owner):
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    other = member(make.organization("Elsewhere"), "owner", "eve")
    assert "was sent to ada@example.com" in entered(other).get(link(invitation)).content.decode()
    User.objects.filter(pk=other.pk).update(email="Ada@Example.com")
    assert "was sent to" not in entered(other).get(link(invitation)).content.decode()


def test_a_member_who_opens_an_invitation_reads_that_they_are_one_and_keeps_it_open(home, owner):
    invitation = members.invite(home, "ada@example.com", "viewer", owner)
    said = entered(owner).get(link(invitation)).content.decode()
    assert "a member already, as owner" in said and "<button" not in said.partition("<main")[2]
    assert Invitation.objects.open().filter(pk=invitation.pk).exists()


def test_members_and_addresses_that_are_none_are_not_invited(home, owner):
    User.objects.filter(pk=owner.pk).update(email="boss@example.com")
    with pytest.raises(InputError):
        members.invite(home, "Boss@example.com", "viewer", owner)
    User.objects.filter(pk=owner.pk).update(email="", username="boss@example.com")  # as accounts by invitation are called
    with pytest.raises(InputError):
        members.invite(home, "Boss@example.com", "viewer", owner)
    for address in ("", "nobody", "a@b, c@d", "a@b\nBcc: c@d", "-oX@example.com"):
        with pytest.raises(ToolError):
            members.invite(home, address, "viewer", owner)


def test_an_organization_invites_only_so_many_an_hour(home, owner):
    spend("invitation", visitor=str(home.pk), left=1)
    members.invite(home, "one@example.com", "viewer", owner)
    with pytest.raises(TooMuch):
        members.invite(home, "two@example.com", "viewer", owner)
    members.invite(make.organization("Elsewhere"), "two@example.com", "viewer", owner)


def test_a_network_that_guesses_links_is_refused(home, owner):
    invitation = members.invite(home, "ada@example.com", "agent", owner)
    answers = [Client().get(f"/admin/invitation/{number}/").status_code for number in range(21)]
    assert answers == [404] * 20 + [429]
    assert Client().get(link(invitation)).status_code == 429


# --- Roles and removal ------------------------------------------------------------------------------------------------


def test_the_last_owner_is_neither_demoted_nor_removed(home, owner):
    membership = Membership.objects.get(user=owner)
    gone = member(home, "owner", "gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)  # who cannot log in is no owner to rely on
    for act in (lambda: members.change_role(membership, "editor"), lambda: members.remove(membership)):
        with pytest.raises(members.LastOwner):
            act()
    assert Membership.objects.get(user=owner).role == "owner"
    member(home, "owner", "second")
    members.change_role(membership, "editor")
    assert Membership.objects.get(user=owner).role == "editor"


def test_a_removed_member_is_out_at_once_everywhere(home, owner):
    user = member(home, "agent")
    here, there, others = entered(user), entered(user), entered(owner)
    assert here.get("/admin/assistant/conversation/").status_code == 200
    members.remove(Membership.objects.get(user=user))
    for client in (here, there):
        assert client.get("/admin/assistant/conversation/").status_code == 302
    assert others.get("/admin/assistant/conversation/").status_code == 200
    assert entered(user).get("/admin/assistant/conversation/").status_code == 403


def test_a_member_of_two_organizations_stays_in_the_other(home, owner):
    user = member(home, "agent")
    Membership.objects.create(user=user, organization=make.organization("Elsewhere"), role="viewer")
    members.remove(Membership.objects.get(user=user, organization=home))
    assert not Session.objects.exists()
    user.refresh_from_db()
    assert user.is_staff and entered(user).get("/admin/").status_code == 200


@pytest.mark.parametrize("how", ["removed", "demoted"])
def test_the_open_invitations_of_somebody_who_may_invite_no_more_end(home, owner, how):
    second = member(home, "owner", "second")
    invitation = members.invite(home, "accomplice@example.com", "owner", second)
    mine = members.invite(home, "ada@example.com", "agent", owner)
    membership = Membership.objects.get(user=second)
    members.remove(membership) if how == "removed" else members.change_role(membership, "viewer")
    assert Client().get(link(invitation)).status_code == 404
    assert Client().get(link(mine)).status_code == 200


def test_sessions_of_one_user_end_but_for_the_one_at_hand(home, owner):
    clients = [entered(owner) for _ in range(3)]
    kept = clients[0].cookies["sessionid"].value
    assert members.end_sessions(owner, but=kept) == 2
    assert [client.get("/admin/").status_code for client in clients] == [200, 302, 302]
