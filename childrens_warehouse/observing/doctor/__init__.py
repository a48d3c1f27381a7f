"""Is this installation as it must be? One line for everything looked at; nothing is changed, and nothing is repaired.

finding    what a check found
program    Python, packages, settings, time zone, the key, Pango
disk       the home: who may see it, room, whether the file system does what is asked of it, its clock
warehouse  what is in the home: ledger, inbox, release, candidate, incidents
servers    PostgreSQL and Airflow's database
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.observing.doctor import disk, program, servers, warehouse
from childrens_warehouse.observing.doctor.finding import Finding, Seen, State
from childrens_warehouse.settings import Settings

__all__ = ["Finding", "State", "examine"]

# Of the machine alone, then of the settings and what they name.
_OF_THE_MACHINE: tuple[tuple[str, Callable[[], Seen]], ...] = (
    ("python", program.python),
    ("packages", program.packages),
    ("settings", program.spelling),
    ("pango", program.pango),
)
_OF_THE_SETTINGS: tuple[tuple[str, Callable[[Settings], Seen]], ...] = (
    ("settings", program.values),
    ("time zone", program.time_zone),
    ("permissions", disk.permissions),
    ("room", disk.room),
    ("file system", disk.file_system),
    ("clock", disk.clock),
    ("key", program.key),
    ("inbox", warehouse.inbox),
    ("ways in", warehouse.ways_in),
    ("ledger", warehouse.ledger),
    ("last night", warehouse.last_night),
    ("incidents", warehouse.incidents),
    ("release", warehouse.release),
    ("candidate", warehouse.candidate_lock),
    ("readers' groups", program.groups),
    ("retention", warehouse.retention),
    ("postgresql", servers.postgresql),
    ("airflow", servers.airflow),
)
_DEEP: tuple[tuple[str, Callable[[Settings], Seen]], ...] = (
    ("permissions", disk.permissions_of_files),
    ("content", warehouse.content),
)


def examine(deep: bool = False) -> tuple[Finding, ...]:
    """Everything that can be looked at, in the order in which it is best put right.

    deep: the content of the published release is read too, against the hashes in its manifest.
    """
    found = [each for name, look in _OF_THE_MACHINE for each in _looked(name, look)]
    try:
        settings = Settings.from_environment()
    except (WarehouseError, ValueError, LookupError, OSError) as error:
        said = str(error) if isinstance(error, WarehouseError) else f"{type(error).__name__}: {error}"
        to_do = "Put the setting right (docs/operating/settings.md); nothing else could be looked at."
        return (*found, Finding("settings", State.WRONG, said, to_do))
    if not settings.home.root.is_dir():
        to_do = "Mount or make it, or set WAREHOUSE_HOME; nothing in it could be looked at."
        return (*found, Finding("home", State.WRONG, f"There is no {settings.home.root}.", to_do))
    for name, look in (*_OF_THE_SETTINGS, *(_DEEP if deep else ())):
        found += _looked(name, lambda look=look: look(settings))  # type: ignore[misc]
    return tuple(found)


def _looked(name: str, look: Callable[[], Seen]) -> Iterator[Finding]:
    try:
        for state, said, to_do in look():
            yield Finding(name, state, said, to_do)
    except Exception as error:
        # Only our own words: another error may quote what it stumbled over.
        said = str(error) if isinstance(error, WarehouseError | OSError) else type(error).__name__
        yield Finding(name, State.WRONG, f"It could not be looked at: {said}.", "Put that right and look again.")
