"""Which format a home is of, and whether this program may work with it.

    <home>/home.json     format, and the version of the program that brought the home to it

A home without the file is of format 1. Every program looks before it works (`Settings.from_environment`,
`Home.create`): it refuses a newer home, and an older one that must be upgraded on purpose; what is harmless is done
on the way (childrens_warehouse.upkeep.upgrading).
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from childrens_warehouse import __version__
from childrens_warehouse.errors import HomeFormatError

if TYPE_CHECKING:
    from childrens_warehouse.settings import Home

# Raise it with a step in childrens_warehouse.upkeep.upgrading. Tables and columns that are added to the ledger, and
# files that older programs do not look for, need no new format.
FORMAT = 5
_FIRST = 1
_RESTORING = "restoring"


def path(home: Home) -> Path:
    return home.root / "home.json"


def format_of(home: Home) -> int | None:
    """The format of a home; None where nothing was ever kept in it."""
    told = _told(home)
    if told is not None:
        return int(told.get("format", _FIRST))
    return _FIRST if _holds_anything(home) else None


def look(home: Home) -> None:
    """See that this program may work with the home. Changes nothing. Raises HomeFormatError."""
    told = _told(home)
    if told is not None and told.get(_RESTORING):
        raise HomeFormatError(
            f"{home.root} is being restored, or its restoring was cut short: run `warehouse restore` again."
        )
    of = format_of(home)
    if of is None or of == FORMAT:
        return
    if of > FORMAT:
        raise HomeFormatError(
            f"{home.root} is of format {of}, since version {(told or {}).get('program', 'unknown')} of the warehouse."
            f" This is version {__version__}, which knows formats up to {FORMAT}: install that version or a later one."
            " To go back to this one, restore a backup from before the upgrade."
        )
    from childrens_warehouse.upkeep import upgrading

    if needed := [step.what for step in upgrading.due(home) if not step.is_harmless]:
        raise HomeFormatError(
            f"{home.root} is of format {of}, and version {__version__} of the warehouse needs {FORMAT}:"
            f" {'; '.join(needed)}. Make a backup, then run `warehouse upgrade`."
        )


def ensure(home: Home) -> None:
    """The same, and bring the home to this format where that is harmless. Raises HomeFormatError."""
    look(home)
    if format_of(home) == FORMAT:
        return
    if format_of(home) is None:
        write(home)
        return
    from childrens_warehouse.upkeep import upgrading

    upgrading.upgrade(home)


def write(home: Home, number: int = FORMAT) -> None:
    """Write down the format that the home is of from now on. One that is being restored stays marked as that."""
    begun = {_RESTORING: True} if is_being_restored(home) else {}
    _write(home, {"format": number, **_stamp(), **begun})


def begin_restoring(home: Home) -> None:
    """Let every program refuse the home until `end_restoring`: what lies in it is not all of it yet."""
    _write(home, {"format": FORMAT, **_stamp(), _RESTORING: True})


def end_restoring(home: Home) -> None:
    _write(home, {"format": FORMAT, **_stamp()})


def is_being_restored(home: Home) -> bool:
    return bool((_told(home) or {}).get(_RESTORING))


def _stamp() -> dict[str, Any]:
    return {"program": __version__, "since": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}


def _write(home: Home, content: dict[str, Any]) -> None:
    from childrens_warehouse.raw.acceptance import write_atomically

    write_atomically(path(home), (json.dumps(content, indent=2) + "\n").encode())


def _told(home: Home) -> dict[str, Any] | None:
    """What the file says; None where there is none, or nobody lets us look into the home."""
    try:
        return dict(json.loads(path(home).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except (ValueError, TypeError):
        raise HomeFormatError(f"{path(home)} cannot be read: restore it from your backup.") from None


def _holds_anything(home: Home) -> bool:
    try:
        return home.ledger.exists() or any(
            any(folder.iterdir()) for folder in (home.raw, home.releases) if folder.is_dir()
        )
    except PermissionError:
        return False
