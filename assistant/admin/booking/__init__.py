"""Services, calendars, the appointments in them, and what is sent about these."""

from assistant.admin.booking import accounts, appointments, calendars, channels, messages, outside_calendars, services

__all__ = ["accounts", "appointments", "calendars", "channels", "messages", "outside_calendars", "services"]
