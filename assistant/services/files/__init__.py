"""Files of conversations: what is accepted, how they are examined, stored, sent and deleted."""
