"""How a business looks in its e-mails and on the pages of appointments: its colour, its logo or name, how to reach it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from assistant.models import Appointment, Assistant, Organization
from assistant.sentences import catalogue, label, language
from assistant.services.organizations import pictures

READABLE = 4.5  # WCAG 2.2, 1.4.3: contrast of text to its ground
DEFAULT_ACCENT = "#0f766e"
BLACK, WHITE, DARK_SHEET = "#000000", "#ffffff", "#18212a"
LOGO_WIDTH, LOGO_HEIGHT = 240, 56  # of the space for it: what is kept has more pixels, for sharp screens


@dataclass(frozen=True)
class Logo:
    """A logo and the size at which it is shown, in CSS pixels, which mail programs read from its attributes."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Look:
    """Colours are hexadecimal: the accent as staff chose it with what can be read on it, and the accent as text on a white
    and on a dark ground, shifted as far as it takes to be read there."""

    name: str
    website: str
    phone: str
    logo: Logo | None
    accent: str
    on_accent: str
    on_white: str
    on_dark: str


def look_of(organization: Organization, assistant: Assistant | None = None) -> Look:
    """In the colour of `assistant`, else of the organization's first."""
    assistant = assistant or (organization.assistants.order_by("pk").first() if organization.pk else None)
    accent = assistant.accent if assistant else DEFAULT_ACCENT
    return Look(
        name=organization.name,
        website=organization.website,
        phone=organization.phone,
        logo=_logo(organization),
        accent=accent,
        on_accent=max((WHITE, BLACK), key=lambda ink: contrast(ink, accent)),
        on_white=readable(accent, WHITE),
        on_dark=readable(accent, DARK_SHEET),
    )


def look_of_appointment(appointment: Appointment) -> Look:
    """In the colour of the assistant that it was booked with."""
    conversation = appointment.conversation
    return look_of(appointment.organization, conversation.assistant if conversation else None)


def letterhead(look: Look, locale: str) -> dict[str, Any]:
    """What the templates of e-mails to visitors need around their text."""
    return {
        "look": look,
        "call_us": label("call_us", locale),
        "language": language(locale),
        "direction": catalogue(locale).direction,
    }


def _logo(organization: Organization) -> Logo | None:
    picture = pictures.of(organization)
    if picture is None:
        return None
    scale = min(1, LOGO_WIDTH / picture.width, LOGO_HEIGHT / picture.height)
    width, height = (max(1, round(side * scale)) for side in (picture.width, picture.height))
    return Logo(settings.PUBLIC_URL + pictures.path_of(picture), width, height)


def readable(colour: str, ground: str) -> str:
    """The colour itself, or the shade of it nearest to it that can be read on `ground`."""
    away = BLACK if _luminance(ground) > 0.18 else WHITE
    shades = (_mixed(colour, away, part / 20) for part in range(21))
    return next(shade for shade in shades if contrast(shade, ground) >= READABLE)


def contrast(one: str, other: str) -> float:
    """From 1 to 21, as WCAG 2.2 defines the contrast ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = ((part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(colour: str, other: str, share: float) -> str:
    mixed = (one * (1 - share) + two * share for one, two in zip(_parts(colour), _parts(other), strict=True))
    return "#" + "".join(f"{round(part * 255):02x}" for part in mixed)


def _parts(colour: str) -> list[float]:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    return [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
