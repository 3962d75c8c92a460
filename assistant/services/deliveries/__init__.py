"""E-mails to people: the outbox, receipts and verification."""
