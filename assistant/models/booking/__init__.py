"""What can be booked, when and where, and what has been."""

from assistant.models.booking.appointments import Appointment, new_reference
from assistant.models.booking.calendars import BlockedTime, Calendar, Closure, OpeningHours, SpecialHours
from assistant.models.booking.services import Offering, Service

__all__ = [
    "Appointment", "BlockedTime", "Calendar", "Closure", "Offering", "OpeningHours", "Service", "SpecialHours",
    "new_reference",  # by its name here, migration 0001 finds it
]  # fmt: skip
