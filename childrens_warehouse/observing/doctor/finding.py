"""What a check found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """OK: as it must be. WARN: a person should look at it. WRONG: nights fail of it, or data is not safe."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, what was seen, and what to do about it where that is something."""

    check: str
    state: State
    said: str
    to_do: str = ""

    def line(self) -> str:
        return f"{self.state:<6}{self.check:<18}{self.said}{' ' + self.to_do if self.to_do else ''}"


def ok(said: str) -> tuple[State, str, str]:
    return State.OK, said, ""


def warn(said: str, to_do: str) -> tuple[State, str, str]:
    return State.WARN, said, to_do


def wrong(said: str, to_do: str) -> tuple[State, str, str]:
    return State.WRONG, said, to_do


Seen = Iterator[tuple[State, str, str]]
