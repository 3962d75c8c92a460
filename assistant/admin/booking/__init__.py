"""Services, calendars and the appointments in them."""

from assistant.admin.booking import appointments, calendars, services

__all__ = ["appointments", "calendars", "services"]
