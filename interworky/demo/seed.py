"""The demonstration organization: created once, and not overwritten afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from assistant.models import Assistant, Calendar, Document, Method, Organization, Service
from assistant.models.organizations.organization import DEMONSTRATION, validate_timezone
from assistant.services.knowledge import documents
from interworky.demo.greetings import GREETINGS
from interworky.demo.treatments import TREATMENTS

# Fixed, so that a page copied from the demonstration also works with another installation. It authorises nothing.
PUBLIC_KEY = "pk_bright_smile_demo"
ADMIN = "admin"
HERE = Path(__file__).parent
PRICE_PATH = "/demo/api/treatments/{treatment}"
GUIDES_PATH = "/demo/treatments/"  # the page that the guides link to as their source


@dataclass(frozen=True)
class SeedResult:
    """`password` is the new administrator's, or None if there already was an administrator."""

    password: str | None = None
    admin_user: str = ADMIN
    demo_url: str = "/"


@transaction.atomic
def seed() -> SeedResult:
    """Create the organization and an administrator if there are none. What staff have changed or deleted is left alone."""
    organization = Organization.objects.filter(slug=DEMONSTRATION).first()
    if organization is not None:
        _follow_address(organization)
    elif not Organization.objects.exists():
        _populate(_organization())
    user_model = get_user_model()
    if user_model.objects.filter(is_superuser=True).exists():
        return SeedResult()
    password = secrets.token_urlsafe(9)
    user_model.objects.create_superuser(ADMIN, password=password)
    return SeedResult(password=password)


def machine_timezone(localtime: Path = Path("/etc/localtime")) -> str:
    """This machine's zone if it is named after a place, else Europe/London. (Django has already set TZ to its own.)"""
    name = str(localtime.resolve()).partition("zoneinfo/")[2]
    try:
        validate_timezone(name)
    except ValidationError:
        return "Europe/London"
    return name if "/" in name and not name.startswith("Etc/") else "Europe/London"


def _origins() -> list[str]:
    """The origins under which the demonstration's own pages can be opened."""
    port = urlsplit(settings.PUBLIC_URL).port or settings.PORT
    return list(dict.fromkeys([settings.PUBLIC_URL, f"http://localhost:{port}", f"http://127.0.0.1:{port}"]))


def _follow_address(organization: Organization) -> None:
    """After a start under a new address: allow the demonstration's pages, and point its price list at that address."""
    allowed = organization.allowed_origins.split()
    if missing := [origin for origin in _origins() if origin not in allowed]:
        organization.allowed_origins = "\n".join([*allowed, *missing])
        organization.save(update_fields=["allowed_origins"])
    for method in organization.methods.filter(kind="http", config__url__endswith=PRICE_PATH):
        if method.config["url"] != settings.PUBLIC_URL + PRICE_PATH:
            method.config["url"] = settings.PUBLIC_URL + PRICE_PATH
            method.save(update_fields=["config"])
    organization.documents.filter(url__endswith=GUIDES_PATH).update(url=settings.PUBLIC_URL + GUIDES_PATH)


def _organization() -> Organization:
    return Organization.objects.create(
        name="Bright Smile Dental",
        slug=DEMONSTRATION,
        website=settings.PUBLIC_URL,
        team_email="hello@brightsmile.example",
        phone="020 7946 0182",
        timezone=machine_timezone(),
        allowed_origins="\n".join(_origins()),
    )


def _populate(organization: Organization) -> None:
    assistant = Assistant.objects.create(
        organization=organization,
        name="Mia",
        public_key=PUBLIC_KEY,
        title="Bright Smile Dental",
        greeting="Hi, I'm Mia. I can find you a time, answer questions, or pass a message on to the team.",
        starters="\n".join(
            (
                "Can I come in on Tuesday afternoon?",
                "How much is a check-up?",
                "Where can I park?",
                "Can you tell the team I'm running late?",
            )
        ),
        translations=GREETINGS,
        instructions=(HERE / "instructions.md").read_text().strip(),
        knowledge=knowledge(),
        accent="#0f766e",
    )
    makers = (_message, _price, _price_list, _person, _guides, _book)
    assistant.methods.set([make(organization) for make in makers])
    for path in sorted((HERE / "guides").glob("*.md")):
        title, _, text = path.read_text().removeprefix("# ").partition("\n")
        guide = Document(organization=organization, title=title, text=text.strip(), url=settings.PUBLIC_URL + GUIDES_PATH)
        documents.queue(guide)


def knowledge() -> str:
    prices = "\n".join(f"- {treatment.name}, {treatment.duration}: {treatment.price}" for treatment in TREATMENTS.values())
    return (HERE / "knowledge.md").read_text().strip().replace("{treatments}", prices)


def _book(organization: Organization) -> Method:
    """The practice's services, each with who does it."""
    dentist = _calendar(organization, "Dr Amara Okafor", [((8, 30), (12, 30)), ((13, 30), (18, 0))], range(4))
    _open(dentist, [((8, 30), (12, 30)), ((13, 30), (16, 0))], [4])
    _open(dentist, [((9, 0), (13, 0))], [5])
    hygienist = _calendar(organization, "Priya Raman, hygienist", [((9, 0), (13, 0)), ((14, 0), (17, 0))], range(4))
    offered = {
        "check-up": (30, "#0f766e", [dentist]),
        "cleaning": (45, "#1d4ed8", [hygienist]),
        "white-filling": (45, "#b45309", [dentist]),
        "whitening": (30, "#7c3aed", [hygienist]),
        "children": (20, "#be185d", [dentist, hygienist]),
    }
    for order, (name, (minutes, colour, calendars)) in enumerate(offered.items()):
        treatment = TREATMENTS[name]
        service = Service.objects.create(
            organization=organization,
            name=treatment.name,
            description=treatment.text,
            order=order,
            colour=colour,
            minutes=minutes,
            step_minutes=15,
            price=treatment.price,
            place=Service.Place.IN_PERSON,
            notice_minutes=60,
            cancel_hours=2,
        )
        for place, calendar in enumerate(calendars):
            service.offerings.create(calendar=calendar, order=place)
    return Method.objects.create(
        organization=organization,
        name="appointment",
        kind="appointment",
        description="Appointments are with Dr Amara Okafor, dentist, and Priya Raman, hygienist.",
        instruction="Without another wish, look for a check-up. Offer two or three times in words; the visitor sees all of "
        "them as buttons.",
        config={"services": [], "calendar": None},
        risk=Method.Risk.WRITE,
    )


Hours = list[tuple[tuple[int, int], tuple[int, int]]]


def _calendar(organization: Organization, name: str, hours: Hours, weekdays: Iterable[int]) -> Calendar:
    calendar = Calendar.objects.create(
        organization=organization,
        name=name,
        timezone=organization.timezone,
        location="Bright Smile Dental, 14 Harbour Lane",
    )
    _open(calendar, hours, weekdays)
    return calendar


def _open(calendar: Calendar, hours: Hours, weekdays: Iterable[int]) -> None:
    for weekday in weekdays:
        for opens, closes in hours:
            calendar.hours.create(weekday=weekday, opens=time(*opens), closes=time(*closes))


def _message(organization: Organization) -> Method:
    return Method.objects.create(
        organization=organization,
        name="message_team",
        kind="email",
        description="Send a message from the visitor to the team by e-mail.",
        instruction="Use it for what the team must know or decide. Ask for the visitor's name first.",
        public_label="Writing to the team…",
        parameters=_parameters(
            name={"type": "string", "title": "Name", "description": "The visitor's name.", "maxLength": 80},
            message={"type": "string", "title": "Message", "description": "What the visitor says.", "maxLength": 1000},
        ),
        config={"to": organization.team_email, "subject": "A message from {{ name }}"},
        risk=Method.Risk.WRITE,
    )


def _price(organization: Organization) -> Method:
    treatment = {"type": "string", "enum": list(TREATMENTS), "description": "Which treatment."}
    return Method.objects.create(
        organization=organization,
        name="treatment_price",
        kind="http",
        description="Look up the price and length of one treatment.",
        public_label="Looking up the price…",
        parameters=_parameters(treatment=treatment),
        config={"verb": "GET", "url": settings.PUBLIC_URL + PRICE_PATH, "auth": "none"},
        risk=Method.Risk.READ,
    )


def _price_list(organization: Organization) -> Method:
    prices = "\n".join(f"{treatment.name}, {treatment.duration}: {treatment.price}" for treatment in TREATMENTS.values())
    return Method.objects.create(
        organization=organization,
        name="send_price_list",
        kind="email",
        description="Send the visitor our price list by e-mail, to their own address.",
        public_label="Sending the price list…",
        config={"recipient": "visitor", "subject": "Prices at Bright Smile Dental", "body": f"Our prices:\n\n{prices}"},
        risk=Method.Risk.WRITE,
    )


def _person(organization: Organization) -> Method:
    return Method.objects.create(
        organization=organization,
        name="human",
        kind="handoff",
        description="Hand this conversation over to a person from the team.",
        instruction="Use it when the visitor asks for a person, or is upset.",
        public_label="Asking the team…",
        risk=Method.Risk.WRITE,
    )


def _guides(organization: Organization) -> Method:
    return Method.objects.create(
        organization=organization,
        name="guides",
        kind="knowledge",
        description="Search the practice's guides: what to eat, drink and do, smoking, sport, pain, stitches and cleaning "
        "after a tooth was taken out, with an implant, and with whitening at home.",
        public_label="Looking it up…",
        risk=Method.Risk.READ,
    )


def _parameters(**properties: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema in which every property is required."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
