"""From a gated candidate to a release, and from a release to what readers open."""
