"""Keeping an installation for years: a home's format and its upgrades, back-ups, and names that stay readable."""
