"""Knowledge of an organization: documents read from texts, files and pages, split into passages, and searched."""
