"""Attacks on the product, each held off by a test."""
