"""What the package says while it works: words on a terminal, a JSON object a line where a service runs.

Every line bears what is known where it is said: `run_id`, `night`, `build_id`, `release_id`, `step`. In a task of
Airflow the lines go the way of Airflow's own, which are JSON already; the rest of its context (`dag_id`, `task_id`,
`try_number`) is Airflow's.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextvars import Token
from typing import Any, TextIO

import structlog
from structlog.contextvars import bind_contextvars, get_contextvars, reset_contextvars, unbind_contextvars

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.settings import log_format

JSON = "json"
FACTS = ("run_id", "night", "build_id", "release_id", "step")
_LOGGER = "childrens_warehouse"
_MOST_FRAMES = 12


class _Process:
    """How this process says things."""

    is_task = False


@contextlib.contextmanager
def about(**facts: Any) -> Iterator[None]:
    """What every line said meanwhile is about; blank facts are left out."""
    tokens: Mapping[str, Token[Any]] = bind_contextvars(**_told(facts))
    try:
        yield
    finally:
        reset_contextvars(**tokens)


def know(**facts: Any) -> None:
    """What every line from here on is about."""
    bind_contextvars(**_told(facts))


def known() -> dict[str, str]:
    """What is known here of FACTS."""
    found = get_contextvars()
    return {name: str(found[name]) for name in FACTS if found.get(name)}


def say(text: str, *, is_error: bool = False, **facts: Any) -> None:
    """Say one line. facts: more than words, for who searches lines by them; counts, codes and ids, never a value."""
    if _Process.is_task:
        logger = structlog.get_logger(_LOGGER)
        (logger.error if is_error else logger.info)(text, **_told(facts))
        return
    stream = sys.stderr if is_error else sys.stdout
    if isinstance(stream, _JsonLines):
        stream.put(text, facts)
    else:
        print(text, file=stream, flush=True)


def hand_over(document: str) -> None:
    """Write what another program asked for to the output, as it is and not as a line of a log."""
    (sys.stdout.stream if isinstance(sys.stdout, _JsonLines) else sys.stdout).write(document + "\n")


def begin_task(**facts: Any) -> None:
    """From here on this process runs a task of Airflow's, which is about this and nothing that was known before."""
    _Process.is_task = True
    unbind_contextvars(*FACTS)
    know(**facts)


@contextlib.contextmanager
def spoken() -> Iterator[None]:
    """Say everything that is written meanwhile, to either stream, as WAREHOUSE_LOG_FORMAT wants it.

    An error ends as one line that names it and where it was raised: its words only where they are ours, since others
    may quote a row.
    """
    if log_format() != JSON:
        yield
        return
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _JsonLines(out, "info"), _JsonLines(err, "error")
    try:
        yield
    except Exception as error:
        tell_of(error)
        raise SystemExit(1) from None
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = out, err


def tell_of(error: Exception) -> None:
    """Say that something failed, as `spoken` does."""
    ours = isinstance(error, WarehouseError)
    facts = {} if ours else {"raised": _raised(error)}
    say(f"{type(error).__name__}: {error}" if ours else type(error).__name__, is_error=True, **facts)


def _raised(error: Exception) -> list[str]:
    """Where, innermost first."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return [f"{each.filename}:{each.lineno} {each.name}" for each in frames][:_MOST_FRAMES]


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in facts.items() if value}


class _JsonLines(io.TextIOBase):
    """A stream that writes every line it is given as a JSON object."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, stream: TextIO, level: str) -> None:
        self.stream, self._level, self._begun = stream, level, ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError("text is written here, not bytes")
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self.put(line, {})
        return len(text)

    def flush(self) -> None:
        begun, self._begun = self._begun, ""
        self.put(begun, {})
        self.stream.flush()

    def fileno(self) -> int:
        return self.stream.fileno()

    def put(self, text: str, facts: Mapping[str, Any]) -> None:
        if text.strip():
            now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
            line = {"timestamp": now, "level": self._level, "event": text.rstrip(), "logger": _LOGGER}
            self.stream.write(json.dumps(line | known() | _told(facts), default=str) + "\n")
            self.stream.flush()
