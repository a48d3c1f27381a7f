"""The raw store: immutable Parquet per authority, dataset and file, and the acceptances that say what it replaces."""
