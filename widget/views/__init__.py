"""HTTP for visitors: the built widget, the API, the hosted chat page and health checks."""
