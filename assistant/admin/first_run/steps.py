"""The steps of the first run: what each asks, who may answer it, and whether it has been.

Whether a step is done is read from the settings themselves, never remembered: one that was skipped, or whose answer was
removed later, is open.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.urls import reverse

from assistant.models import Assistant, Offering, OfficeHours, Organization
from assistant.providers import router
from assistant.services.organizations import access
from assistant.services.organizations.roles import Act


@dataclass(frozen=True)
class Step:
    name: str
    title: str
    todo: str  # what is to be done, for the first page
    about: str
    act: Act

    @property
    def url_name(self) -> str:
        return f"assistant_first_run_{self.name}"


STEPS = (
    Step(
        "organization",
        "Your organization",
        "Enter your organization",
        "Enter the name that visitors know you by, and your time zone, in which times are shown.",
        Act.GOVERN,
    ),
    Step(
        "notices",
        "Who is notified",
        "Enter the e-mail address that is notified when a visitor asks for a person",
        "When a visitor asks for a person, or leaves a message, we send an e-mail to this address.",
        Act.GOVERN,
    ),
    Step(
        "provider",
        "The model",
        "Choose the language model that answers",
        "This model answers for your assistant. You need a provider's key, or the address of a server of your own.",
        Act.PAY,
    ),
    Step(
        "services",
        "Services and hours",
        "Enter your hours, and what visitors can book",
        "Enter when you are open, and what visitors can book. Without a service, the assistant only answers questions.",
        Act.SET_UP,
    ),
    Step(
        "assistant",
        "The assistant",
        "Create an assistant",
        "Enter what it is called and what it knows. You can try it beside this form as soon as it is saved.",
        Act.SET_UP,
    ),
    Step(
        "sites",
        "Your sites",
        "Enter the sites that may show the widget",
        "The widget works on these sites only, so that nobody else can use your assistant.",
        Act.GOVERN,
    ),
    Step(
        "tag",
        "On your site",
        "Paste the script tag into your site, open it, and open the chat",
        "Add one line to your site. This page shows when you, or a visitor, have opened the chat there.",
        Act.SET_UP,
    ),
)


@dataclass(frozen=True)
class State:
    step: Step
    done: bool
    link: str

    @property
    def text(self) -> str:
        return self.step.todo


def annotated(organizations: QuerySet[Organization]) -> QuerySet[Organization]:
    """With what `states` looks at, in as many queries for many organizations as for one."""
    here = OuterRef("pk")
    assistants = Assistant.objects.filter(organization=here, enabled=True)
    seen = assistants.filter(seen_at__gt=access.seen_since()).order_by("-seen_at")
    return organizations.prefetch_related("providers").annotate(
        can_answer=Exists(assistants),
        has_hours=Exists(OfficeHours.objects.filter(organization=here)),
        has_services=Exists(Offering.objects.filter(service__organization=here, service__active=True)),
        seen_on=Subquery(seen.values("seen_origin")[:1]),
    )


def states(organization: Organization) -> list[State]:
    """The state of each step. `organization` comes from `annotated`."""
    found: dict[str, bool] = {
        "organization": True,
        "notices": bool(organization.team_email),
        "provider": has_model(organization),
        "services": organization.has_hours or organization.has_services,  # type: ignore[attr-defined]
        "assistant": organization.can_answer,  # type: ignore[attr-defined]
        "sites": organization.allow_any_origin or bool(organization.origins),
        "tag": access.shows_on_site(organization, organization.seen_on or ""),  # type: ignore[attr-defined]
    }
    return [State(step, found[step.name], address(step, organization)) for step in STEPS]


def address(step: Step, organization: Organization) -> str:
    return reverse(f"admin:{step.url_name}", args=[organization.pk])


def after(step: Step) -> Step | None:
    """The step that follows; None after the last."""
    following = STEPS[STEPS.index(step) + 1 :]
    return following[0] if following else None


def has_model(organization: Organization) -> bool:
    """Whether a real model answers for it: one of its own, or one that is set up for all organizations."""
    own = [row for row in organization.providers.all() if row.enabled and not router.what_is_wrong(row)]
    shared = [provider for provider in router.platform().usable if provider.source != "demo"]
    return bool(own) or bool(shared and router.may_use_platform(organization, own))
