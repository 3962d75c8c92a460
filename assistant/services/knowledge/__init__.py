"""What an organization has told its assistants: read from texts, files and pages, cut into passages, and searched."""
