"""Who an organization is, and who may do what in its name."""
