"""What leaves for people: e-mails and their receipts."""
