"""No page, form, filter or action of the admin tells or changes anything of another organization's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from assistant.admin.relation_filter import VisibleRowsFilter
from assistant.admin.scoping import Rank, Scoped, SuperusersOnly
from assistant.models import Appointment, Assistant, Calendar, Delivery, Invitation, Membership, Method, Organization, Price
from tests.assistant.admin.filled import fill, member
from tests.sampling import part

pytestmark = pytest.mark.django_db
CANARY = "Zanzibar"
ROOT = get_resolver().url_patterns


class Two:
    """A member of one organization, and everything that is not theirs."""

    def __init__(self) -> None:
        self.mine = fill("mine", "Aardvark")
        self.theirs = fill("theirs", CANARY)
        member(self.theirs, "owner", f"{CANARY.lower()}-owner")


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Two]:
    """Both organizations, made once; what a test changes of them is rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Two()
        transaction.set_rollback(True)


@pytest.fixture
def two(made: Two, db: None) -> Two:
    return deepcopy(made)


def entered(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def owner(two: Two) -> Client:
    return entered(member(two.mine, "owner"))


@pytest.fixture
def viewer(two: Two) -> Client:
    return entered(member(two.mine, "viewer"))


def paths(patterns: list[Any], prefix: str = "/admin/") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern)


def admins() -> list[tuple[type[models.Model], Any]]:
    return list(admin.site._registry.items())


def addresses_with_object() -> list[tuple[type[models.Model], str]]:
    found = []
    for model, model_admin in admins():
        prefix = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        found += [(model, path) for path in paths(model_admin.get_urls(), prefix) if "<" in path]
    return found


def plain_addresses() -> list[str]:
    """Of the admin site, and of what else lies below its address: the pages of an account."""
    everything = {*paths(admin.site.get_urls()), *(path for path in paths(ROOT, "/") if path.startswith("/admin/"))}
    return sorted(path for path in everything if "<" not in path and "(?P" not in path and "logout" not in path)


def row_of(model: type[models.Model], organization: Organization) -> Any:
    model_admin = admin.site.get_model_admin(model)
    if model is User:
        return User.objects.get(memberships__organization=organization, username__startswith=CANARY.lower())
    rows = model._default_manager.filter(**{model_admin.organization_path: organization.pk})
    return rows.first() if model is Membership else rows.get()


def row_of_mine(model: type[models.Model], organization: Organization) -> Any:
    model_admin = admin.site.get_model_admin(model)
    return model._default_manager.filter(**{model_admin.organization_path: organization.pk}).first()


def with_object(path: str, pk: Any) -> str:
    """The pattern's address for that row. Fails for a placeholder that nobody told this test of."""
    filled = re.sub(r"<(?:\w+:)?(?:object_id|id)>", str(pk), path)
    filled = filled.replace("<str:token>", "nobodys-token")  # of an import's drafts, which are one user's alone
    filled = filled.replace("<uuid:file_id>", str(pk))  # of a conversation's files, which test_inbox_files.py opens
    assert "<" not in filled, f"{path} has a placeholder of its own: say here what to put in it"
    return filled


def tells(response: Any) -> bool:
    return CANARY.lower() in response.content.decode(errors="replace").lower()


# --- Every admin and every address ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "model_admin"), admins(), ids=lambda value: getattr(value, "__name__", ""))
def test_every_admin_is_scoped_or_for_superusers_only(model, model_admin):
    assert isinstance(model_admin, (Scoped, SuperusersOnly)), f"{model.__name__} is open to all staff"


@pytest.mark.parametrize(("model", "path"), addresses_with_object(), ids=lambda value: str(value))
def test_the_url_of_another_organizations_row_answers_like_an_unknown_one(two, owner, model, path):
    row = row_of(model, two.theirs)
    for query in part(("", "?_popup=1&_to_field=id"), 2, of=path):
        address = with_object(path, row.pk) + query
        for response in (owner.get(address, follow=True), owner.post(address, {"post": "yes"}, follow=True)):
            # An import whose drafts are gone, or another's, leads back to where one begins.
            assert response.status_code in (403, 404, 405) or "token" in path, address
            assert not tells(response), address
            assert model._default_manager.filter(pk=row.pk).exists(), address


@pytest.mark.parametrize("path", plain_addresses())
def test_no_list_or_form_tells_of_another_organization(two, owner, path):
    for query in part(("", "?_popup=1&q=theirs&_facets=True"), 2, of=path):
        assert not tells(owner.get(path + query, follow=True)), query


@pytest.mark.parametrize("path", plain_addresses())
def test_no_page_fails_for_a_viewer_or_for_somebody_without_an_organization(two, viewer, path):
    nobody = entered(User.objects.create_user("nobody", is_staff=True))
    for client in part((viewer, nobody), 2, of=path):
        response = client.get(path, follow=True)
        assert response.status_code < 500, path
        assert not tells(response)
        assert client is viewer or "aardvark" not in response.content.decode().lower()


def relations() -> list[tuple[str, str, str]]:
    return [
        (model._meta.app_label, model._meta.model_name, field.name)
        for model, _ in admins()
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if field.is_relation
    ]


@pytest.mark.parametrize("relation", relations(), ids="-".join)
def test_autocomplete_offers_only_rows_of_the_members_organizations(two, owner, relation):
    app, model, field = relation
    query = {"app_label": app, "model_name": model, "field_name": field, "term": "zanzibar"}
    response = owner.get("/admin/autocomplete/", query)
    assert response.status_code == 403 or response.json()["results"] == []


def test_filters_over_relations_are_scoped_in_every_admin(two, rf):
    request = rf.get("/")
    request.user = member(two.mine, "editor")
    for model, model_admin in admins():
        if not isinstance(model_admin, Scoped):
            continue
        for item in model_admin.get_list_filter(request):
            name = item if isinstance(item, str) else item[0] if isinstance(item, tuple) else None
            if name and model._meta.get_field(name).is_relation:
                assert issubclass(item[1], VisibleRowsFilter), f"{model.__name__}.{name}"


def test_a_query_string_cannot_ask_about_what_is_not_in_the_list(two, owner):
    for lookup in ("staff__password__startswith=p", "organization__memberships__user__password__startswith=p"):
        response = owner.get(f"/admin/assistant/conversation/?{lookup}")
        assert response.status_code == 400 or "e=1" in response.headers.get("Location", "")


# --- Forged forms -----------------------------------------------------------------------------------------------------


def fields_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send back of that form."""
    form = client.get(address).context["adminform"].form
    values: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if value is not None and value is not False and value != []:
            values[bound.html_name] = list(value) if isinstance(value, models.QuerySet) else value
    return values


def test_an_assistant_cannot_be_given_anothers_method(two, owner):
    assistant, method = Assistant.objects.get(organization=two.mine), Method.objects.get(organization=two.theirs)
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    response = owner.post(address, {**fields_of(owner, address), "methods": [str(method.pk)]})
    assert response.status_code == 200
    assert not assistant.methods.filter(pk=method.pk).exists()
    assert not tells(response)


def test_not_even_a_superuser_mixes_two_organizations(two):
    boss = entered(User.objects.create_superuser("boss"))
    assistant, method = Assistant.objects.get(organization=two.mine), Method.objects.get(organization=two.theirs)
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    assert boss.post(address, {**fields_of(boss, address), "methods": [str(method.pk)]}).status_code == 200
    new = {"organization": two.mine.pk, "name": "New", "greeting": "Hi", "disclosure": "AI", "accent": "#0f766e"}
    new |= {"position": "right", "locale": "en", "max_output_tokens": 100, "history_messages": 20, "methods": [method.pk]}
    new |= {"history_tokens": 6000, "reuse_answers_hours": 0}
    response = boss.post("/admin/assistant/assistant/add/", new)
    assert "another organization" in response.content.decode()
    assert not method.assistants.filter(organization=two.mine).exists()


def test_nothing_can_be_added_to_or_moved_into_another_organization(two, owner):
    before = Calendar.objects.filter(organization=two.theirs).count()
    inlines = {f"{name}-{total}_FORMS": 0 for name in ("closures", "special_hours") for total in ("TOTAL", "INITIAL")}
    minutes = {"hold_minutes": 10, "unproven_per_day": 50}
    new = {"organization": two.theirs.pk, "name": "Mole", "timezone": "UTC", **minutes, **inlines}
    assert owner.post("/admin/assistant/calendar/add/", new).status_code == 200
    mine = Calendar.objects.get(organization=two.mine)
    assert owner.post(f"/admin/assistant/calendar/{mine.pk}/change/", {**new, "_save": "1"}).status_code == 302
    mine.refresh_from_db()
    assert mine.name == "Mole"
    assert mine.organization == two.mine
    assert Calendar.objects.filter(organization=two.theirs).count() == before


def test_a_method_cannot_be_added_elsewhere_nor_given_to_others_assistants(two, owner):
    assert owner.get(f"/admin/assistant/method/add/?organization={two.theirs.pk}&kind=http").status_code == 404
    method, assistant = Method.objects.get(organization=two.mine), Assistant.objects.get(organization=two.theirs)
    address = f"/admin/assistant/method/{method.pk}/change/"
    owner.post(address, {**fields_of(owner, address), "assistants": [assistant.pk]})
    assert not method.assistants.filter(pk=assistant.pk).exists()


def test_a_member_sets_prices_for_their_organization_and_not_for_all(two, owner):
    price = {"model": "gpt-4.1", "prompt": "1", "completion": "1"}
    assert owner.post("/admin/assistant/price/add/", {**price, "organization": ""}).status_code == 200
    for_all = Price.objects.create(organization=None, **price)
    assert owner.get(f"/admin/assistant/price/{for_all.pk}/change/").status_code == 404
    assert owner.post("/admin/assistant/price/add/", {**price, "organization": two.mine.pk}).status_code == 302
    assert list(Price.objects.filter(organization=None)) == [for_all]


def test_members_cannot_manage_users(two, owner):
    me = User.objects.get(username="owner-mine")
    for address in (f"/admin/auth/user/{me.pk}/change/", "/admin/auth/user/add/", f"/admin/auth/user/{me.pk}/password/"):
        assert owner.post(address, {"username": "x", "is_superuser": "on"}).status_code in (403, 404)
    me.refresh_from_db()
    assert not me.is_superuser


def test_an_owner_sets_roles_and_removes_members_but_adds_nobody_and_stays(two, owner):
    colleague = member(two.mine, "viewer", "colleague")
    mine = Membership.objects.get(user__username="owner-mine")
    held = Membership.objects.get(user=colleague)
    page = "/admin/assistant/membership/{}/{}/"
    assert owner.post("/admin/assistant/membership/add/", {"user": colleague.pk, "role": "owner"}).status_code == 403
    assert owner.post(page.format(held.pk, "change"), {"role": "editor"}).status_code == 302
    held.refresh_from_db()
    assert held.role == Membership.Role.EDITOR
    for answer in (
        owner.post(page.format(mine.pk, "change"), {"role": "viewer"}),
        owner.post(page.format(mine.pk, "delete"), {"post": "yes"}, follow=True),
    ):
        assert "at least one owner" in answer.content.decode()
    mine.refresh_from_db()
    assert mine.role == Membership.Role.OWNER
    assert owner.post(page.format(held.pk, "delete"), {"post": "yes"}).status_code == 302
    assert not Membership.objects.filter(user=colleague).exists()


def test_a_colleague_is_invited_to_the_members_own_organization_alone(two, owner):
    address = "/admin/assistant/invitation/add/"
    new = {"email": "new@example.com", "role": "agent"}
    assert owner.post(address, {**new, "organization": two.theirs.pk}).status_code == 200
    assert not Invitation.objects.filter(email="new@example.com").exists()
    assert owner.post(address, {**new, "organization": two.mine.pk}).status_code == 302
    invitation = Invitation.objects.get(email="new@example.com")
    assert (invitation.organization, invitation.by.username, invitation.number) == (two.mine, "owner-mine", 1)
    assert (
        "is a member already"
        in owner.post(address, {**new, "organization": two.mine.pk, "email": with_address(invitation.by)}).content.decode()
    )


def with_address(user: User) -> str:
    User.objects.filter(pk=user.pk).update(email="owner@example.com")
    return "owner@example.com"


# --- Actions and roles ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "action"), [(Appointment, "cancel"), (Delivery, "send_again"), (Method, "delete_selected")], ids=str
)
def test_actions_affect_only_rows_of_the_members_organizations(two, owner, model, action):
    theirs = row_of(model, two.theirs)
    state = getattr(theirs, "state", None)
    address = f"/admin/assistant/{model._meta.model_name}/"
    for select in ({"_selected_action": [theirs.pk]}, {"_selected_action": [theirs.pk], "select_across": "1"}):
        response = owner.post(address, {"action": action, "post": "yes", "sure": "yes", **select}, follow=True)
        assert not tells(response)
    theirs.refresh_from_db()
    assert getattr(theirs, "state", None) == state


def test_a_viewer_reads_everything_of_their_organization_and_changes_nothing(two, viewer):
    for model, path in part(addresses_with_object(), 4, of=1):  # test_roles.py posts to each of them
        if model is User:
            continue
        row = row_of_mine(model, two.mine)
        address = with_object(path, row.pk)
        seen = viewer.get(address, follow=True)
        assert seen.status_code in (200, 403, 404, 405), address
        if "/change/" in path or "/history/" in path:
            may_read = getattr(admin.site.get_model_admin(model), "view_rank", Rank.VIEWER) == Rank.VIEWER
            assert seen.status_code in ((200,) if may_read else (403, 404)), address
        if "history" not in path and not path.endswith("<path:object_id>/"):  # the latter only redirects
            answer = viewer.post(address, {"post": "yes", "_save": "1"}, follow=True)
            # How far they have read themselves is theirs to say; what this post says is no such thing.
            assert answer.status_code in ((400,) if path.endswith("/read/") else (403, 404, 405)), address
        row.refresh_from_db()
    for model, action in ((Appointment, "cancel"), (Delivery, "send_again")):
        row = row_of_mine(model, two.mine)
        chosen = {"action": action, "sure": "yes", "_selected_action": [row.pk]}
        viewer.post(f"/admin/assistant/{model._meta.model_name}/", chosen)
        assert model.objects.get(pk=row.pk).state == row.state


def test_a_role_in_one_organization_gives_no_rights_in_another(two):
    both = member(two.mine, "editor", "both")
    Membership.objects.create(user=both, organization=two.theirs, role=Membership.Role.VIEWER)
    client = entered(both)
    here, there = row_of(Delivery, two.mine), row_of(Delivery, two.theirs)
    client.post("/admin/assistant/delivery/", {"action": "send_again", "_selected_action": [here.pk, there.pk]})
    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.state, there.state) == (Delivery.State.QUEUED, Delivery.State.DEAD)
    calendar = row_of(Calendar, two.theirs)
    assert client.get(f"/admin/assistant/calendar/{calendar.pk}/change/").status_code == 200
    assert client.post(f"/admin/assistant/calendar/{calendar.pk}/change/", {"name": "x"}).status_code == 403
    choices = client.get("/admin/assistant/calendar/add/").context["adminform"].form.fields["organization"].queryset
    assert list(choices) == [two.mine]


def test_an_editor_leaves_the_organization_itself_to_its_owners(two):
    editor = entered(member(two.mine, "editor", "ed"))
    address = f"/admin/assistant/organization/{two.mine.pk}/change/"
    assert editor.get(address).status_code == 200
    assert editor.post(address, {"name": "Mine now"}).status_code == 403


def test_names_stay_unique_within_an_organization_where_the_form_does_not_show_it(two, owner):
    Method.objects.create(organization=two.mine, name="taken", kind="gone", description="x")
    method = Method.objects.get(organization=two.mine, name="order_status")
    address = f"/admin/assistant/method/{method.pk}/change/"
    assert owner.post(address, {**fields_of(owner, address), "name": "taken"}).status_code == 200
