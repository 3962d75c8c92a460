"""What can be booked, as a model reads it and picks from it: services and calendars by their ids."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from assistant.errors import ToolError
from assistant.models import Calendar, Offering, Organization, Service
from assistant.services.booking.availability import slot_ids


@dataclass(frozen=True)
class Menu:
    """The services that visitors can book in one place, and the only calendar for them where staff have set one."""

    services: tuple[Service, ...]
    only: Calendar | None = None

    def service(self, wanted: str) -> Service | None:
        """The service of that id or name; the only one where none is wanted; None where the choice is open.

        Raises `ToolError` that lists them for one that there is not.
        """
        if not wanted:
            return self.services[0] if len(self.services) == 1 else None
        found = [one for one in self.services if wanted in (str(one.pk), f"service {one.pk}")]
        found = found or [one for one in self.services if wanted.casefold() == one.name.casefold()]
        if len(found) != 1:
            raise ToolError(f"There is no such service. There are:\n{self.text()}", code="bad_arguments")
        return found[0]

    def calendar(self, service: Service, wanted: str) -> Calendar | None:
        """The calendar of that id or name; None for whichever is free. Raises `ToolError` as `service` does."""
        if self.only or not wanted:
            return self.only
        calendars = [offering.calendar for offering in service.offerings.all()]
        found = [one for one in calendars if wanted in (str(one.pk), f"calendar {one.pk}")]
        found = found or [one for one in calendars if wanted.casefold() == one.name.casefold()]
        if len(found) != 1:
            raise ToolError(f"No such calendar offers it: {self.line(service, None)}", code="bad_arguments")
        return found[0]

    def pick(self, slot: str) -> slot_ids.Pick:
        """What a slot id names. Raises `ToolError` for one that is not of this menu."""
        pick = slot_ids.read(slot, Service.objects.filter(pk__in=[service.pk for service in self.services]))
        if self.only and pick.calendar != self.only:
            raise slot_ids.unknown()
        return pick

    def text(self) -> str:
        return "\n".join(f"- {self.line(service, self.only)}" for service in self.services)

    def line(self, service: Service, calendar: Calendar | None) -> str:
        """ "Cut [service 3]: 45 minutes, £45; with Mira [calendar 4] or Tom [calendar 5]. What it includes." """
        offerings = [one for one in service.offerings.all() if calendar is None or one.calendar_id == calendar.pk]
        facts = [_length(service, offerings), _price(service, offerings)]
        line = f"{service.name} [service {service.pk}]: {', '.join(fact for fact in facts if fact)}"
        names = [f"{one.calendar.name} [calendar {one.calendar_id}]" for one in offerings]
        if names and (len(names) > 1 or offerings[0].calendar.name != service.name):
            line += f"; with {' or '.join(names)}"
        return f"{line}. {' '.join(service.description.split())}".strip()


def menu_of(organization: Organization, services: Collection[int], calendar: int | None) -> Menu:
    """The organization's active services of those ids, or all, that are offered on that calendar, or any.

    Raises `ToolError` where there are none.
    """
    only = organization.calendars.filter(pk=calendar).first() if calendar else None
    if calendar and only is None:
        raise ToolError("No calendar is set up for this yet.", code="not_set_up")
    found = bookable(organization)
    found = found.filter(pk__in=services) if services else found
    found = found.filter(offerings__calendar=only) if only else found
    rows = tuple(found)
    if not rows:
        raise ToolError("No service is set up for this yet.", code="not_set_up")
    return Menu(rows, only)


def bookable(organization: Organization) -> QuerySet[Service]:
    """The services that can be booked somewhere, with their offerings."""
    offered = organization.services.filter(active=True, offerings__isnull=False).distinct()
    offerings = Prefetch("offerings", Offering.objects.select_related("calendar"))
    return offered.select_related("organization").prefetch_related(offerings)


def title(service: Service, calendar: Calendar | None) -> str:
    """ "Cut · Mira", or "Cut" where it does not matter on which calendar, or the name is the same."""
    return service.name if calendar is None or calendar.name == service.name else f"{service.name} · {calendar.name}"


def _length(service: Service, offerings: list[Offering]) -> str:
    lengths = sorted({offering.minutes or service.minutes for offering in offerings})
    return f"{' or '.join(str(length) for length in lengths)} minutes" if lengths else ""


def _price(service: Service, offerings: list[Offering]) -> str:
    return " or ".join(dict.fromkeys(price for one in offerings if (price := one.price or service.price)))
