"""What an appointment says of itself to people and calendars: its links, its receipt, its iCalendar object, and its form."""
