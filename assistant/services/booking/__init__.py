"""Free times, appointments and their invitations."""
