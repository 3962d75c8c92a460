"""Notifications to staff: in the inbox, by e-mail, and to webhooks."""
