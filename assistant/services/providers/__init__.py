"""Health, statistics and budgets of model providers."""
