"""What a part of the fault suite is told, and what it answers.

A part is a module of this package with

    def run(form: Form, seed: int, say: Say) -> Count

Everything random in it comes from `seed`, and what it says of a trial names the seed that repeats that trial alone:
`python -m chaos --one --part <part> --seed <seed>`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum

Say = Callable[[str], None]


class Form(StrEnum):
    """How much of a part is run: a sample (in the tests), all of it, or the one trial of the seed."""

    SHORT = "short"
    LONG = "long"
    ONE = "one"


@dataclass(frozen=True)
class Count:
    """What a part came to; counts of parts add up.

    kills: processes ended by a signal, after which everything held. faults: the same of anything else that broke, a
    disk, a mount, a server. deliveries: files that arrived, good or bad, and were judged as they should be.
    unaccounted: rows that came in and are neither loaded nor refused. leaks: canaries found where no identity may be.
    broken: what did not hold, a sentence each, with the seed that repeats it.
    """

    kills: int = 0
    faults: int = 0
    deliveries: int = 0
    unaccounted: int = 0
    leaks: int = 0
    broken: tuple[str, ...] = ()

    def __add__(self, other: Count) -> Count:
        return Count(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Count)))

    @property
    def is_clean(self) -> bool:
        return not (self.unaccounted or self.leaks or self.broken)


def sentence(count: Count, survived: str) -> str:
    """What is said of a trial: that it survived, or all that did not hold."""
    return survived if count.is_clean else f"BROKEN {'; '.join(count.broken) or 'rows are unaccounted'}"
