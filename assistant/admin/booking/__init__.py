"""Services, calendars, the appointments in them, and what is sent about these."""

from assistant.admin.booking import appointments, calendars, channels, messages, outside, services

__all__ = ["appointments", "calendars", "channels", "messages", "outside", "services"]
