"""Invented persons whose identities are known, to train linkage and to measure it."""
