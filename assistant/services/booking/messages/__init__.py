"""Messages about appointments to visitors, teams and programs: written with a change, or sent by the clock."""
