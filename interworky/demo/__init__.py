"""What a newcomer tries Interworky on: a dentist's site, its small API, a mailbox, and the organization behind them."""
