"""The pages of the first run: one for each step, with a rail of all steps. Saving leads to the next; any can be skipped."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import get_connection
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from assistant.admin.booking.services import never_open
from assistant.admin.content_security_policy import POLICY
from assistant.admin.first_run import forms, problems, steps
from assistant.admin.first_run.steps import STEPS, Step
from assistant.admin.organizations.install import install_steps, may_allow, preview_url
from assistant.admin.providers.provider import LOCAL, report_key
from assistant.admin.repeated_forms import submission_of
from assistant.admin.scoping import Rank, organizations, rank_in
from assistant.models import Organization, Provider
from assistant.models.organizations.organization import DEMONSTRATION
from assistant.services.booking.availability import offers
from assistant.services.deliveries import outbox
from assistant.services.organizations import access
from assistant.services.organizations.roles import Act
from assistant.services.primary_keys import parse_pk

LISTED = 20
READS = Act.SET_UP.rank  # who may see the pages


def urls(model_admin: Any) -> list[Any]:
    """Below those of organizations. Each step has an address of its own, which the tests of access find by themselves."""

    def address(route: str, view: Any, name: str) -> Any:
        return path(route, model_admin.admin_site.admin_view(view), name=f"assistant_{name}")

    both = require_http_methods(["GET", "POST"])
    return [
        address("first-run/", both(partial(new_view, model_admin)), "first_run_new"),
        address("<path:object_id>/first-run/", require_GET(partial(resume_view, model_admin)), "first_run"),
        address("<path:object_id>/first-run/seen/", require_GET(partial(seen_view, model_admin)), "first_run_seen"),
        *(
            address(
                f"<path:object_id>/first-run/{step.name}/",
                both(partial(step_view, model_admin, step)),
                f"first_run_{step.name}",
            )
            for step in STEPS
        ),
    ]


def new_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The first step, before there is an organization; for others than superusers, the way to their own."""
    may = rank_in(request, None) == Rank.SUPERUSER
    mine = list(steps.annotated(organizations(request, READS).exclude(slug=DEMONSTRATION)).order_by("-created_at")[:LISTED])
    if not may and not mine:
        raise PermissionDenied
    if not may and len(mine) == 1:
        return HttpResponseRedirect(reverse("admin:assistant_first_run", args=[mine[0].pk]))
    if request.method == "POST" and not may:
        raise PermissionDenied
    form = forms.OrganizationForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return HttpResponseRedirect(steps.address(STEPS[1], _begun(request, form)))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Set-up",
        "step": STEPS[0],
        "rail": [(step, False, "") for step in STEPS],
        "number": 1,
        "form": form if may else None,
        "begun": [(row, sum(not state.done for state in steps.states(row))) for row in mine],
    }
    return TemplateResponse(request, "admin/assistant/first_run/step.html", context)


def _begun(request: HttpRequest, form: forms.OrganizationForm) -> Organization:
    """The organization of the form, added once: also where the form arrives twice."""
    submission = submission_of(request)
    with transaction.atomic():
        submission.lock()
        same = {"pk": parse_pk(submission.added()), "name": form.cleaned_data["name"]}  # one that was renamed is another
        if found := Organization.objects.filter(**same).first():
            messages.info(request, f"{found.name} has been added already. The same form arrived again: go on here.")
            return found
        added = form.save()
        submission.record(added.pk)
        return added


def resume_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """To the first step that is open, or to the last."""
    organization = _of(model_admin, request, object_id)
    open_ = [state for state in steps.states(_annotated(organization)) if not state.done]
    return HttpResponseRedirect(open_[0].link if open_ else steps.address(STEPS[-1], organization))


def seen_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Whether the chat has been opened on a site, and which site was refused: the last step asks every few seconds."""
    organization = _of(model_admin, request, object_id)
    found = [row for row in organization.assistants.select_related("organization") if access.is_installed(row)]
    refused = access.refused_sites(Organization.objects.filter(pk=organization.pk))
    said = {"seen": found[0].seen_origin if found else "", "refused": [row.origin for row in refused]}
    # Anybody may name a site: it is text wherever a browser might take the answer for a page.
    return HttpResponse(json.dumps(said).replace("<", "\\u003c"), content_type="application/json")


def step_view(model_admin: Any, step: Step, request: HttpRequest, object_id: str) -> HttpResponse:
    organization = _of(model_admin, request, object_id)
    may = model_admin.rank(request, organization) >= step.act.rank
    if request.method == "POST" and not may:
        raise PermissionDenied
    if request.method == "POST":
        form, answer = _saved(model_admin, step, request, organization)
        if answer is not None:
            return answer
    else:
        form = _form(step, request, organization) if may else None
    answer = TemplateResponse(
        request,
        "admin/assistant/first_run/step.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "original": organization,
            "title": "Set-up",
            "organization": organization,
            "step": step,
            "number": STEPS.index(step) + 1,
            "rail": [(state.step, state.done, state.link) for state in steps.states(_annotated(organization))],
            "next": _next(step, organization),
            "form": form,
            "may": may,
            **_about(step, request, organization),
        },
    )
    if step.name == "assistant":  # which shows the chat page, our own, in a frame
        answer["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return answer


def _of(model_admin: Any, request: HttpRequest, object_id: str) -> Organization:
    organization: Organization = model_admin.get_object(request, object_id)
    if model_admin.rank(request, organization) < READS:
        raise PermissionDenied
    return organization


def _annotated(organization: Organization) -> Organization:
    return steps.annotated(Organization.objects.filter(pk=organization.pk)).get()


def _next(step: Step, organization: Organization) -> str:
    following = steps.after(step)
    return steps.address(following, organization) if following else reverse("admin:index")


def _form(step: Step, request: HttpRequest, organization: Organization) -> Any:
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    match step.name:
        case "organization":
            return forms.OrganizationForm(data, files, instance=organization)
        case "notices":
            own = {} if organization.team_email else {"team_email": getattr(request.user, "email", "")}
            return forms.TeamEmailForm(data, instance=organization, initial=own)
        case "provider":
            by_operator = rank_in(request, None) == Rank.SUPERUSER
            return forms.LanguageModelForm(data, organization=organization, by_operator=by_operator)
        case "services":
            return forms.ServicesForm(data, organization=organization)
        case "assistant":
            return forms.AssistantForm(data, files, organization=organization)
        case "sites":
            return forms.SitesForm(data, organization=organization)
    return None


def _saved(
    model_admin: Any, step: Step, request: HttpRequest, organization: Organization
) -> tuple[Any, HttpResponse | None]:
    """The form, and where to go once it is saved; None where it has to be shown again.

    It looks for the rows that it changes once the organization is locked, which `_of` does here: of two that arrive
    together, the second has to find what the first has added."""
    with transaction.atomic():
        organization = _of(model_admin, request, str(organization.pk))
        form = _form(step, request, organization)
        if form is None:
            return None, HttpResponseRedirect(_next(step, organization))
        if not form.is_valid():
            return form, None
        try:
            with transaction.atomic():
                form.save()
        except ValidationError as error:
            form.add_error(None, error)
            return form, None
    return form, _led_on(model_admin, step, request, organization, form)


def _led_on(model_admin: Any, step: Step, request: HttpRequest, organization: Organization, form: Any) -> HttpResponse:
    if step.name == "provider" and not _tested(model_admin, request, form.instance):
        return HttpResponseRedirect(request.path)
    if step.name == "services":
        closed = [one for one in organization.services.filter(active=True)[:LISTED] if not offers.is_ever_open(one)]
        if closed:
            messages.warning(request, never_open(closed))
    if step.name == "assistant":
        _warn(request, form.instance)
        if "preview" in request.POST:
            return HttpResponseRedirect(request.path)
    return HttpResponseRedirect(_next(step, organization))


def _tested(model_admin: Any, request: HttpRequest, row: Provider) -> bool:
    """Test the saved provider; whether it can answer. After the commit: a test takes seconds."""
    provider_admin = model_admin.admin_site.get_model_admin(Provider)
    provider_admin.measure(request, row)
    report = cache.get(report_key(row))
    if not report or not report["ok"]:
        return False
    messages.success(request, f"{row.name} works: {report['model']} has answered.")
    if row.set_by_operator:
        messages.info(request, LOCAL)
    return True


def _warn(request: HttpRequest, assistant: Any) -> None:
    if not problems.has_model(assistant):
        messages.warning(request, problems.nobody_answers(assistant))
    asks = assistant.methods.asking_for_a_person().exists()
    if asks and not assistant.organization.team_email:
        messages.warning(request, "Nobody is notified when a visitor asks for a person: enter the team e-mail in step 2.")


def _about(step: Step, request: HttpRequest, organization: Organization) -> dict[str, Any]:
    """What a step shows besides its form."""
    match step.name:
        case "notices":
            return {"mails_are": outbox.state_with(get_connection())}
        case "provider":
            row = organization.providers.order_by("created_at").first()
            return {"report": cache.get(report_key(row)) if row else None, "has_model": steps.has_model(organization)}
        case "services":
            return {"services": organization.services.order_by("order", "name")[:LISTED]}
        case "assistant":
            assistant = organization.assistants.order_by("pk").first()
            return {"assistant": assistant, "preview": preview_url(assistant) if assistant else ""}
        case "tag":
            asking = access.refused_sites(Organization.objects.filter(pk=organization.pk))
            allow = may_allow(request, organization.pk)
            rows = organization.assistants.filter(enabled=True).select_related("organization").order_by("pk")[:1]
            return {"installs": [install_steps(row, asking, may_allow=allow) for row in rows]}
    return {}
