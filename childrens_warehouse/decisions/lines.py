"""Files of decisions: one JSON object a line, appended and on the disk before anybody goes by it."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.settings import OWNER_ONLY_FILE, make_private

Decision = TypeVar("Decision")


def read(
    path: Path, fields: Collection[str], made: Callable[[dict[str, Any]], Decision], what: str
) -> tuple[Decision, ...]:
    """All decisions of a file, oldest first; none where there is no file.

    fields: exactly those of a line. made: turns a line into a decision; raises ValueError, TypeError or KeyError where
    it is none. what: is said of a line that cannot be read (ConfigurationError): it is no "decision about a link".
    """
    if not path.exists():
        return ()
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            told = json.loads(line)
            if set(told) != set(fields):
                raise ValueError
            found.append(made(told))
        except (ValueError, TypeError, KeyError):
            raise ConfigurationError(f"{path}, line {number} is no {what}: put it right from your backup.") from None
    return tuple(found)


def append(path: Path, told: Mapping[str, Any]) -> None:
    """Write a decision down. Read the file before: nothing is added to one that cannot be read."""
    make_private(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(json.dumps(told, default=_plain) + "\n")
        handle.flush()
        os.fsync(handle.fileno())


def _plain(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no part of a decision")
