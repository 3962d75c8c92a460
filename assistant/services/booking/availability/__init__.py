"""Free times: computed from opening hours and rules, and offered to visitors and models as slots."""
