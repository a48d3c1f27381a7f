"""How fast the warehouse is, as ratios measured in one run: `make bench`. docs/performance.md has the last figures."""
