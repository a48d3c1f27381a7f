"""What survives when things break: `make chaos`. docs/operating/surviving.md says what was tried and what holds."""
