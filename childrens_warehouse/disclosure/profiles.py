"""How small is too small, and how the rest is shown. The sources of the rules are in docs/adr/0012."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """A house's rule: counts from 1 to `largest_hidden` are hidden, others rounded to `rounded_to`."""

    name: str
    largest_hidden: int
    rounded_to: int = 1


LOCAL = Profile("local", largest_hidden=5)
NHS = Profile("nhs", largest_hidden=7, rounded_to=5)
PROFILES = {profile.name: profile for profile in (LOCAL, NHS)}
