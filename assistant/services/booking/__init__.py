"""Free times, appointments and their invitations.

docs/booking.md lists the packages, from `staff` down to `availability`; each imports only from those below it.
"""
