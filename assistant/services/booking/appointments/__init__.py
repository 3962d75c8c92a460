"""Appointments: held, booked, moved, cancelled and closed, all under the locks of their calendars; and found again."""
