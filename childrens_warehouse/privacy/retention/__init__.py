"""Retention: a schedule of record classes, what is due by it, and its disposal. docs/privacy.md, "What goes, when"."""
