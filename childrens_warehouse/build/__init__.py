"""From what is in force to a gated candidate database."""
