"""Calendars elsewhere: their busy times are read, bookings are entered there, and feeds of ours are subscribed to."""
