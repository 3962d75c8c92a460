"""Permissions: staff of one organization see and change only its rows.

They come from `Membership` alone, never from Django's permission rows: a role is a rank within one organization,
and each admin says which acts are done there; `services.organizations.roles` says who may. Rows are filtered where
Django asks for them (lists, forms, history, autocomplete, deletion all go through `get_queryset` and `get_object`), and so
are the choices of every relation.
Another organization's row answers 404, like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import smart_split
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from assistant.admin.counting import BoundedPaginator
from assistant.admin.deletion import KeepsWhatIsInUse
from assistant.admin.relation_filter import VisibleRowsFilter
from assistant.admin.repeated_forms import AddedOnce
from assistant.models import Membership, Organization
from assistant.models.organizations.organization import DEMONSTRATION, OrganizationQuerySet
from assistant.services.organizations.roles import RANKS, Act
from assistant.services.organizations.roles import Rank as Rank

MOST_WORDS = 100  # of a search: SQLite takes a thousand conditions in a statement


def ranks(request: HttpRequest) -> dict[int, Rank]:
    """The user's rank by organization id, read once per request. A superuser needs no membership: see `rank_in`."""
    found: dict[int, Rank] | None = getattr(request, "organization_ranks", None)
    if found is None:
        rows = Membership.objects.filter(user=request.user.pk).values_list("organization_id", "role")
        found = {organization: RANKS[role] for organization, role in rows}
        request.organization_ranks = found  # type: ignore[attr-defined]
    return found


def rank_in(request: HttpRequest, organization_id: int | None) -> Rank:
    """The user's rank in one organization; in any of them, the highest, where `organization_id` is None."""
    if not request.user.is_active:
        return Rank.NONE
    if request.user.is_superuser:
        return Rank.SUPERUSER
    held = ranks(request)
    if organization_id is None:
        return max(held.values(), default=Rank.NONE)
    return held.get(organization_id, Rank.NONE)


def organizations(request: HttpRequest, rank: Rank = Rank.VIEWER) -> OrganizationQuerySet:
    """Those in which the user has at least `rank`."""
    if rank_in(request, None) == Rank.SUPERUSER:
        return Organization.objects.all()
    return Organization.objects.filter(pk__in=[pk for pk, held in ranks(request).items() if held >= rank])


def preselected(mine: models.QuerySet[Organization]) -> Organization | None:
    """The organization that a form begins with: the only one, apart from the demonstration. Of several, none is guessed:
    rows do not move to another organization once they are saved."""
    own = mine.exclude(slug=DEMONSTRATION)[:2]
    return own[0] if len(own) == 1 else None if own else mine.first()


def has_several(request: HttpRequest) -> bool:
    """Whether this user sees rows of several organizations, so that pages should name them; read once per request."""
    found: bool | None = getattr(request, "several_organizations", None)
    if found is None:
        found = len(organizations(request).order_by().values("pk")[:2]) > 1
        request.several_organizations = found  # type: ignore[attr-defined]
    return found


def may_be_a_pk(model: type[models.Model], value: Any) -> bool:
    field = model._meta.pk
    try:
        field.run_validators(field.to_python(value))
    except (ValidationError, OverflowError):
        return False
    return True


class RelatedRowsField(forms.ModelMultipleChoiceField):
    """Refuses a number beyond every primary key as it does one that no row has; Django would ask the database for it."""

    def _check_values(self, value: Any) -> Any:
        model = self.queryset.model  # type: ignore[union-attr]
        for pk in value if isinstance(value, list | tuple) else ():
            if not may_be_a_pk(model, pk):
                raise ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": str(pk)[:40]})
        return super()._check_values(value)  # type: ignore[misc]


class OneOrganizationForm(forms.ModelForm):
    """Everything a row refers to belongs to the row's own organization; for superusers as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        home = getattr(self.instance, "organization_id", None)
        for name in self._relations() if home else ():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField) and field.queryset is not None
            field.queryset = field.queryset.filter(organization=home)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        home = getattr(cleaned.get("organization"), "pk", None) or getattr(self.instance, "organization_id", None)
        for name in self._relations() if home else ():
            chosen = cleaned.get(name)
            rows: list[Any] = [chosen] if isinstance(chosen, models.Model) else list(chosen or [])
            if any(row.organization_id != home for row in rows):
                self.add_error(name, "This belongs to another organization. Choose one of the same organization.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # Names are unique within an organization; Django would skip that where the form does not show the organization.
        left_out = super()._get_validation_exclusions()  # type: ignore[misc]
        return left_out - {"organization"} if getattr(self.instance, "organization_id", None) else left_out

    def _relations(self) -> Iterator[str]:
        """The fields whose choices are rows of an organization."""
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField) and hasattr(
                getattr(field.queryset, "model", None), "organization_id"
            ):
                yield name


class VisibleChoices:
    """Relations offer only rows that the user may see: what the related model's own admin would list."""

    admin_site: Any

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self._choices(db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self._choices(db_field, request, kwargs)
        kwargs.setdefault("form_class", RelatedRowsField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def _choices(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> models.QuerySet[Any]:
        visible = self.admin_site.get_model_admin(db_field.remote_field.model).get_queryset(request)
        return visible & kwargs["queryset"] if "queryset" in kwargs else visible


class OneRow(AddedOnce):
    """404 for rows that do not exist and for rows of others alike; Django would redirect with a message.

    What is about to be saved or deleted, with its inline rows, is read once its organizations are locked: two who change
    rows of one organization take turns, whatever rows they change and in which order.
    """

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        obj = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        if obj is not None and request.method == "POST" and connection.in_atomic_block:
            self.organizations_of(obj).lock()
            obj = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        if obj is None:
            raise Http404("No such row.")
        return obj

    def organizations_of(self, obj: Any) -> OrganizationQuerySet:
        """Those whose rows are saved with `obj`."""
        return Organization.objects.none()

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Each word is a condition for each field that is searched: a database refuses a statement of thousands."""
        if len(list(smart_split(search_term))) > MOST_WORDS:
            messages.warning(request, f"A search can have at most {MOST_WORDS} words. Enter fewer.")
            return queryset.none(), False
        return self.search(request, queryset, search_term)

    def search(self, request: HttpRequest, rows: models.QuerySet[Any], term: str) -> tuple[models.QuerySet[Any], bool]:
        """The rows with these words, and whether some may be among them twice."""
        return super().get_search_results(request, rows, term)  # type: ignore[misc]

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any], *place: Any, **named: Any) -> Any:
        """An action on rows that are gone, or on what no row can be, says so: Django would confirm the one, and fail at the
        other."""
        sent: Any = request.POST.copy()
        selected = sent.getlist(ACTION_CHECKBOX_NAME)
        possible = [pk for pk in selected if may_be_a_pk(self.model, pk)]  # type: ignore[attr-defined]
        if selected and not queryset.filter(pk__in=possible).exists():
            messages.warning(request, "What you selected does not exist any more.")
            return HttpResponseRedirect(request.get_full_path())
        sent.setlist(ACTION_CHECKBOX_NAME, possible)
        request.POST = sent
        return super().response_action(request, queryset, *place, **named)  # type: ignore[misc]


class SuperusersOnly(OneRow):
    """Beyond any organization: users and what else concerns the whole installation."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)  # type: ignore[misc]
        return rows if self._allowed(request) else rows.none()

    def _allowed(self, request: HttpRequest, obj: object = None) -> bool:
        return rank_in(request, None) == Rank.SUPERUSER

    has_view_permission = has_add_permission = has_change_permission = has_delete_permission = _allowed
    has_module_permission = _allowed


class Scoped(VisibleChoices, OneRow, KeepsWhatIsInUse, ModelAdmin):
    """The base of every admin of an organization's rows.

    `organization_path` is the lookup from the model to its organization; the ranks, each of an `Act`, say who may do what.
    `may_operate` is for acts that are not edits: actions, tests, buttons on a page that is otherwise read-only.
    """

    organization_path = "organization"
    view_rank = Act.READ.rank
    add_rank = change_rank = delete_rank = operate_rank = Act.SET_UP.rank
    form: type[forms.ModelForm] = OneOrganizationForm
    list_filter_submit = True
    list_per_page = 50
    warn_unsaved_form = True
    empty_text = ""  # below "No … yet" where the list is empty
    show_full_result_count = False
    paginator = BoundedPaginator

    def rank(self, request: HttpRequest, obj: models.Model | None) -> Rank:
        """The user's rank in the organization of `obj`; without one, the highest they have anywhere. Rows of no organization
        belong to the installation, and so to its superusers."""
        highest = rank_in(request, None)
        if obj is None or highest == Rank.SUPERUSER:
            return highest
        organization = self.organization_id(obj)
        return Rank.NONE if organization is None else rank_in(request, organization)

    def organization_id(self, obj: models.Model) -> int | None:
        value: Any = obj
        *steps, last = self.organization_path.split("__")
        for step in steps:
            value = getattr(value, step)
        return value.pk if last == "pk" else getattr(value, f"{last}_id")

    def organizations_of(self, obj: models.Model) -> OrganizationQuerySet:
        owner = self.organization_id(obj)
        return Organization.objects.none() if owner is None else Organization.objects.filter(pk=owner)

    def get_ordering(self, request: HttpRequest) -> Any:
        # Explicit, because a model's own order is lost when rows are counted with `annotate`.
        return self.ordering or self.opts.ordering

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        if rank_in(request, None) == Rank.SUPERUSER:
            return rows
        return self.within_reach(request, rows, self.view_rank)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.rank(request, obj) >= self.view_rank

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.rank(request, None) >= self.add_rank

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.rank(request, obj) >= self.change_rank

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.rank(request, obj) >= self.delete_rank

    def may_operate(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.rank(request, obj) >= self.operate_rank

    has_operate_permission = may_operate  # the name under which `admin.action(permissions=["operate"])` finds it

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["organization"] if obj is not None and hasattr(obj, "organization_id") else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "organization":
            mine = organizations(request, self.add_rank)
            kwargs["queryset"] = mine
            kwargs.setdefault("initial", preselected(mine))
            if rank_in(request, None) != Rank.SUPERUSER:
                kwargs["required"] = True  # empty would mean: for all organizations
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return [name for name in super().get_list_display(request) if name != "organization" or has_several(request)]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Filters over relations are always `VisibleRowsFilter`s: Django's own would list everybody's rows."""
        chosen: list[Any] = []
        for item in super().get_list_filter(request):
            if isinstance(item, str) and self.model._meta.get_field(item).is_relation:
                if item != "organization" or has_several(request):
                    chosen.append((item, VisibleRowsFilter))
            else:
                chosen.append(item)
        return chosen

    def within_reach(self, request: HttpRequest, rows: models.QuerySet[Any], rank: Rank) -> models.QuerySet[Any]:
        """The rows in whose organization the user has `rank`: they may be an editor in one and a viewer in another."""
        if request.user.is_superuser:
            return rows
        mine = [pk for pk, held in ranks(request).items() if held >= rank]
        return rows.filter(**{f"{self.organization_path}__in": mine})


class ReadOnly(Scoped):
    """Rows that the system writes: staff read them and use actions on them, but never add, change or delete one."""

    add_rank = change_rank = delete_rank = Rank.NOBODY
    change_form_outer_before_template = "admin/assistant/object_actions.html"

    def object_actions(self, obj: Any) -> list[str]:
        """Which of the list's actions make sense for this row: they become buttons on its page."""
        return []

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        names = self.object_actions(obj) if self.may_operate(request, obj) else []
        buttons = [(name, getattr(self, name).short_description) for name in names]
        return super().change_view(request, object_id, form_url, {"object_actions": buttons, **(extra_context or {})})


class ScopedInline(VisibleChoices, InlineModelAdmin):
    """Rows of a parent row: anybody who may change the parent may change them."""

    extra = 0
    edit_rank = Act.SET_UP.rank

    def _may_edit(self, request: HttpRequest, obj: Any = None) -> bool:
        parent = self.admin_site.get_model_admin(self.parent_model)
        if not isinstance(parent, Scoped):
            return parent.has_change_permission(request, obj)
        return parent.rank(request, obj) >= max(self.edit_rank, parent.change_rank)

    has_add_permission = has_change_permission = has_delete_permission = _may_edit

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.get_model_admin(self.parent_model).has_view_permission(request, obj)


class ScopedTabularInline(ScopedInline, TabularInline):
    hide_title = True


class ScopedStackedInline(ScopedInline, StackedInline):
    pass
