"""Services, calendars and the appointments in them."""

from assistant.admin.booking import appointments, calendars, outside, services

__all__ = ["appointments", "calendars", "outside", "services"]
