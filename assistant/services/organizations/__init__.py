"""Access to organizations, prompt versions, rate limits, networks and the answer cache."""
