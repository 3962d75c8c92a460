"""Pages of an account: joining by invitation, passwords, two-factor authentication and sessions."""
