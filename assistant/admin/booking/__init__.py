"""Services, calendars, the appointments in them, and what is sent about these."""

from assistant.admin.booking import appointments, calendars, messages, outside, services

__all__ = ["appointments", "calendars", "messages", "outside", "services"]
