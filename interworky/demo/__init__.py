"""The demonstration: a dentist's site, its small API, a mailbox, and the organization behind them."""
