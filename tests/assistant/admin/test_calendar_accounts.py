"""Calendar accounts and OAuth clients in the admin: connected, chosen from, disconnected, and shown with what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from assistant.models import CalendarAccount, OAuthClient, OutsideCalendar
from assistant.services.booking.calendar_sync import accounts
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.services.booking.calendar_sync.clouds import CLIENT, Google, behind

pytestmark = pytest.mark.django_db
LIST = "/admin/assistant/calendaraccount/"
ADD_OUTSIDE = "/admin/assistant/outsidecalendar/add/"


@pytest.fixture
def cloud(settings) -> Iterator[Google]:
    settings.CALENDAR_CLIENTS = {"google": (*CLIENT, ""), "microsoft": ("", "", "common")}
    made = Google()
    with behind(made):
        yield made


@pytest.fixture
def account(db) -> CalendarAccount:
    return CalendarAccount.objects.create(organization=make.organization(), name="Mira")


def act(client, account, action, **more):
    return client.post(LIST, {"action": action, "_selected_action": [str(account.pk)], **more}, follow=True)


def connect(client, account, cloud, **changes):
    """Press Connect, agree at the provider, and come back."""
    back = cloud.consent(act(client, account, "connect").context["address"])
    return client.get(f"{LIST}callback/", {**back, **changes}, follow=True)


def said(page) -> str:
    return " ".join(map(str, page.context["messages"]))


def chosen(account, calendar, **fields):
    return {
        "organization": calendar.organization_id, "calendar": calendar.pk, "name": "Mira's own", "kind": "google",
        "enabled": "on", "reads_busy": "on", "their_calendar": f"{account.pk}:mira@example.com", **fields,
    }  # fmt: skip


def test_an_account_is_connected_and_one_of_its_calendars_used(boss, account, cloud):
    page = connect(boss, account, cloud)
    account.refresh_from_db()
    assert account.state == "connected" and account.connected_by.username == "boss" and "Choose below" in said(page)
    body = page.content.decode()
    assert "mira@example.com" in body and "Holidays" in body and "access-1" not in body and "refresh-1" not in body
    calendar = make.calendar(account.organization)
    boss.post(ADD_OUTSIDE, chosen(account, calendar, writes_bookings="on"))
    outside = OutsideCalendar.objects.get()
    assert (outside.account, outside.remote_id, outside.writes_bookings) == (account, "mira@example.com", True)
    assert "used" in boss.get(f"{LIST}{account.pk}/change/").content.decode()


def test_the_link_beside_a_calendar_fills_in_the_form(boss, account, cloud):
    page = connect(boss, account, cloud).content.decode()
    link = next(part.partition('"')[0] for part in page.split('href="') if part.startswith(ADD_OUTSIDE))
    form = boss.get(link.replace("&amp;", "&")).context["adminform"].form
    assert form["kind"].value() == "google" and form["their_calendar"].value() == f"{account.pk}:mira@example.com"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"their_calendar": ""}, "Connect an account under Calendar accounts first"),
        ({"kind": "microsoft"}, "This calendar belongs to Google Calendar"),
        ({"their_calendar": "{pk}:holidays", "writes_bookings": "on"}, "The account can only read this calendar"),
        ({"their_calendar": "{pk}:somebody-elses"}, "Select a valid choice"),
    ],
)
def test_a_choice_that_cannot_work_is_refused_with_the_reason(boss, account, cloud, fields, why):
    connect(boss, account, cloud)
    fields = {name: value.replace("{pk}", str(account.pk)) for name, value in fields.items()}
    answer = boss.post(ADD_OUTSIDE, chosen(account, make.calendar(account.organization), **fields)).content.decode()
    assert why in answer and not OutsideCalendar.objects.exists()


def test_another_organizations_account_is_neither_offered_nor_taken(boss, account, cloud):
    connect(boss, account, cloud)
    foreign = make.calendar(make.organization("Other House"))
    answer = boss.post(ADD_OUTSIDE, chosen(account, foreign)).content.decode()
    assert "belongs to another organization" in answer
    editor = entered(member(foreign.organization, "editor"))
    assert str(account.pk) not in editor.get(ADD_OUTSIDE).content.decode()
    editor.post(ADD_OUTSIDE, chosen(account, foreign))
    assert not OutsideCalendar.objects.exists()


def test_only_editors_of_the_organization_connect_and_disconnect(account, cloud, boss):
    connect(boss, account, cloud)
    for client in (
        entered(member(account.organization, "viewer")),
        entered(member(make.organization("Other House"), "owner")),
    ):
        for action in ("connect", "disconnect", "load_calendars"):
            act(client, account, action, confirmed="1")
    account.refresh_from_db()
    assert account.state == "connected" and account.pending == ""


def test_a_consent_that_somebody_else_began_is_not_finished_by_another(boss, account, cloud):
    """Else a member of staff could be made to connect the account of the person who sent them the address."""
    back = cloud.consent(act(boss, account, "connect").context["address"])
    other = entered(member(account.organization, "editor"))
    assert "another session" in said(other.get(f"{LIST}callback/", back, follow=True))
    account.refresh_from_db()
    assert account.state == "new" and not cloud.seen


def test_a_consent_is_not_finished_once_the_rank_is_gone(account, cloud):
    user = member(account.organization, "editor")
    client = entered(user)
    back = cloud.consent(act(client, account, "connect").context["address"])
    user.memberships.update(role="viewer")
    assert client.get(f"{LIST}callback/", back).status_code == 403
    account.refresh_from_db()
    assert account.state == "new"


@pytest.mark.parametrize(
    ("error", "words"),
    [("access_denied", "it was refused there"), ("server_error", "server_error"), ("<b>x</b>", "an unknown error")],
)
def test_a_person_who_declines_consent_reads_so(boss, account, cloud, error, words):
    assert words in said(connect(boss, account, cloud, error=error))
    account.refresh_from_db()
    assert account.state == "new"


def test_a_code_that_the_provider_does_not_know_changes_nothing(boss, account, cloud):
    connect(boss, account, cloud)
    cloud.code = "code-2"
    assert "Connect the account again" in said(connect(boss, account, cloud, code="x"))
    account.refresh_from_db()
    assert account.state == "connected" and account.refresh_token() == "refresh-1"


def test_without_a_client_the_page_says_how_to_get_one(boss, account, cloud):
    CalendarAccount.objects.update(provider="microsoft")
    assert "Add one under OAuth clients" in said(act(boss, account, "connect"))


def test_disconnecting_asks_first_and_names_what_uses_the_account(boss, account, cloud):
    connect(boss, account, cloud)
    boss.post(ADD_OUTSIDE, chosen(account, make.calendar(account.organization)))
    question = act(boss, account, "disconnect")
    account.refresh_from_db()
    assert "Mira&#x27;s own" in question.content.decode() and account.state == "connected"
    assert "revoked" in said(act(boss, account, "disconnect", confirmed="1"))
    account.refresh_from_db()
    assert account.state == "new" and not account.sealed_refresh and not cloud.refresh_tokens
    answer = boss.post(f"{LIST}{account.pk}/delete/", {"post": "yes"}).content.decode()
    assert CalendarAccount.objects.exists() and "outside calendar" in answer.lower(), "it is used"


def test_an_account_is_disconnected_before_it_is_deleted(boss, account, cloud):
    connect(boss, account, cloud)
    boss.post(f"{LIST}{account.pk}/delete/", {"post": "yes"})
    assert not CalendarAccount.objects.exists() and not cloud.refresh_tokens


def test_a_withdrawn_account_is_on_the_first_page_and_on_its_own(boss, account):
    CalendarAccount.objects.update(state="withdrawn", problem="Google Calendar no longer accepts the access.")
    for page in ("/admin/", f"{LIST}{account.pk}/change/"):
        assert "no longer accepts the access" in boss.get(page).content.decode()


def test_a_client_secret_goes_in_and_never_comes_out(boss):
    home = make.organization()
    form = {"organization": home.pk, "provider": "microsoft", "client_id": "app-1", "tenant": "common", "secret": "hush-1"}
    boss.post("/admin/assistant/oauthclient/add/", form)
    client = OAuthClient.objects.get()
    page = boss.get(f"/admin/assistant/oauthclient/{client.pk}/change/").content.decode()
    assert client.secret() == "hush-1" and "hush-1" not in page and accounts.redirect_uri() in page
    assert urlsplit(accounts.redirect_uri()).path == f"{LIST}callback/"
    address = f"/admin/assistant/oauthclient/{client.pk}/change/"
    changed = {**form, "secret": "", "client_id": "app-2"}
    assert "Enter the secret of this client ID" in boss.post(address, changed).content.decode()
    assert "directory (tenant) ID" in boss.post(address, {**form, "tenant": "../x"}).content.decode()
    client.refresh_from_db()
    assert (client.client_id, client.tenant) == ("app-1", "common")
