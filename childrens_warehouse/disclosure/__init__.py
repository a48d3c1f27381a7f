"""Disclosure control: which figures everybody may see, and the tables that hold no others (docs/adr/0012)."""
