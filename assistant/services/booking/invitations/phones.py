"""Phone numbers as they are stored and dialled."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from assistant.models import Organization
from assistant.services.deliveries.outbox import one_line
from assistant.services.typed_numbers import in_ascii


def normal(text: str, organization: Organization) -> str:
    """A number in its international form, "+44 20 7946 0000"; what cannot be read as one stays as it was typed, since staff
    may still understand it. A number without a country is one of the organization's own."""
    typed = one_line(in_ascii(text), 40)
    found = _parsed(typed, organization)
    return phonenumbers.format_number(found, PhoneNumberFormat.INTERNATIONAL)[:40] if found else typed


def dialled(text: str, organization: Organization) -> str:
    """A number as gateways take it (E.164), "+442079460000"; "" for what is no complete number."""
    found = _parsed(in_ascii(text), organization)
    return phonenumbers.format_number(found, PhoneNumberFormat.E164) if found and not found.extension else ""


def is_impossible(text: str) -> bool:
    """Whether a number with its country code cannot exist: too short, too long, or of no country."""
    typed = in_ascii(text)
    if not typed.startswith("+"):
        return False
    try:
        return not _is_complete(phonenumbers.parse(typed))
    except NumberParseException:
        return True


def _parsed(text: str, organization: Organization) -> PhoneNumber | None:
    try:
        found = phonenumbers.parse(text, _country(organization))
    except NumberParseException:
        return None
    return found if _is_complete(found) else None


def _is_complete(number: PhoneNumber) -> bool:
    """Whether it can be dialled from anywhere: "possible" alone includes what can be dialled in its own town."""
    return bool(phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE)


def _country(organization: Organization) -> str | None:
    """The one of its own phone number, where that has a country code."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(organization.phone))
    except NumberParseException:
        return None
