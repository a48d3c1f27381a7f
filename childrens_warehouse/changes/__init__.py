"""What changed between two releases, row by row, with the reason: docs/bitemporal.md."""
