"""Services, calendars and appointments."""

from assistant.models.booking.accounts import CalendarAccount, CalendarProvider, OAuthClient
from assistant.models.booking.appointments import Appointment, new_reference
from assistant.models.booking.calendars import BlockedTime, Calendar, Closure, OpeningHours, SpecialHours
from assistant.models.booking.channels import MessageChannel
from assistant.models.booking.messages import AppointmentNotice, Feedback, MessageTemplate
from assistant.models.booking.outside_calendars import BusyTime, CalendarFeed, OutsideCalendar, OutsideEntry
from assistant.models.booking.services import FormField, Offering, Service

__all__ = [
    "Appointment", "AppointmentNotice", "BlockedTime", "BusyTime", "Calendar", "CalendarAccount", "CalendarFeed",
    "CalendarProvider", "Closure", "Feedback", "FormField", "MessageChannel", "MessageTemplate", "OAuthClient",
    "Offering", "OpeningHours", "OutsideCalendar", "OutsideEntry", "Service", "SpecialHours", "new_reference",
]  # fmt: skip
