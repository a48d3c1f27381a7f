"""Disclosure control: which figures everybody may see, and the tables that hold no others (docs/adr/0012)."""

# Where a candidate and a server have them.
SCHEMA = "marts_aggregate"
