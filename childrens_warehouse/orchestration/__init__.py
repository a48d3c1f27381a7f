"""Airflow, and nothing else, lives here: the rest of the package does the work and never imports it."""
