"""What staff do with a calendar: type its hours, close it, look at it, and book for somebody else."""
