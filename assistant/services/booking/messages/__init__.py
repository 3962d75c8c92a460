"""Messages about appointments to visitors, teams and programs: written with a change, or sent on a schedule."""
