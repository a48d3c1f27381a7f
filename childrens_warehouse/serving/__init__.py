"""Releases on a PostgreSQL server, for BI tools on other machines: docs/adr/0013-postgresql-for-bi-tools.md."""
