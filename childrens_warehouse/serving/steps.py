"""Bring the PostgreSQL server to a release of the files: load what it lacks, show it, make it current, tidy up.

Everything is taken from the release's folder, and every step may be run again: an attempt that was killed is made good
by the next one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from childrens_warehouse.errors import BusyError, ServingFailed
from childrens_warehouse.observing import logs
from childrens_warehouse.observing.steps import observed
from childrens_warehouse.publish import restricting
from childrens_warehouse.publish.current import current_manifest, read_manifest
from childrens_warehouse.serving import access, local, names, parts, readers, storing, switching
from childrens_warehouse.serving.connecting import connect, required, where
from childrens_warehouse.settings import Settings

Say = Callable[[str], None]
APPLICATION = "warehouse load"
# Two loads of one database wait for each other; the number is ours alone in it.
_LOCK = 310_013
_SECONDS_TO_NOTICE = 5.0
# For any lock: whoever asks for what others use must not hold up those who come after.
_LONGEST_WAIT = "2s"


@dataclass(frozen=True)
class Served:
    """What bringing the server to a release came to.

    is_new: is it current since just now? tables, rows: copied now; reused: stored tables that were there. dropped:
    releases that went. seconds: by step.
    """

    release_id: str
    is_new: bool
    tables: int
    rows: int
    reused: int
    dropped: tuple[str, ...]
    seconds: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        """The same for a log."""
        state = "is current since now" if self.is_new else "was current already"
        return (
            f"Release {self.release_id} {state} in PostgreSQL: {self.tables} tables with {self.rows} rows loaded,"
            f" {self.reused} were there; {sum(self.seconds.values()):.1f} s."
        )


@observed("serve")
def load(settings: Settings, release_id: str | None = None, say: Say = logs.say) -> Served:
    """Load a release, by default the published one, and make it current. Safe to run again.

    Raises ConfigurationError where the setting is off, PostgresUnavailable where the server is away, ServingFailed
    where it refuses. What it showed before, it still shows then.
    """
    told = required(settings)
    manifest = read_manifest(settings.home, release_id) if release_id else current_manifest(settings.home)
    if manifest is None:
        what = f"There is no release {release_id}" if release_id else "Nothing is published"
        raise ServingFailed(f"{what} in {settings.home.releases}: nothing can be loaded.")
    laps: dict[str, float] = {}
    with _session(settings) as connection:
        readers.apply(connection, readers.in_force(readers.on_file(settings.home)))
        _tell_auditors(connection, settings)
        access.protect_again(connection)
        # What is shown does not change while anybody may look at it: other settings count from the next release on.
        stored = storing.Stored((), 0, 0)
        if manifest["release_id"] not in switching.loaded(connection):
            wanted = parts.of_release(settings, manifest, told.sessions, told.child_level)
            with _lap(laps, "load"):
                stored = storing.fill(connection, settings, wanted, parts.references(manifest))
            with _lap(laps, "views"), connection.transaction():
                storing.note_release(connection, manifest, wanted)
                switching.create(connection, manifest, wanted)
        with _lap(laps, "switch"):
            _tell_of_views(connection, say)
            is_new = switching.make_current(connection, manifest["release_id"], say)
        with _lap(laps, "retention"):
            dropped = switching.retain(connection, told.keep_releases)
            closed = tuple(each for each in switching.loaded(connection) if _is_closed(settings, each))
            withdrawn = tuple(each for each in closed if switching.drop(connection, each))
    for kept, views in dropped.kept_for.items():
        say(f"Release {kept} stays on the server, because views look at it: {', '.join(views)}.")
    return Served(
        manifest["release_id"], is_new, len(stored.tables), stored.rows, stored.reused,
        (*dropped.releases, *withdrawn), laps,
    )  # fmt: skip


def status(settings: Settings) -> tuple[str | None, tuple[str, ...]]:
    """The release that is current on the server, and all that are on it, newest first."""
    with _session(settings) as connection:
        return switching.current(connection), switching.loaded(connection)


def rows_about(
    settings: Settings, release_ids: Iterable[str], keys: Collection[int]
) -> Iterator[tuple[str, str, tuple[str, ...], list[tuple[Any, ...]]]]:
    """The rows that releases on the server have about these pseudonyms: release, table, columns and rows.

    Raises PostgresUnavailable where the server is away, ServingFailed where it refuses.
    """
    with _session(settings) as connection:
        current = switching.current(connection)
        for release_id in release_ids:
            schemas = names.current(release_id) if release_id == current else names.of_release(release_id)
            found = connection.execute(
                "select table_name, array_agg(column_name::text order by column_name::text)"
                " from information_schema.columns where table_schema = %s and column_name::text = any(%s)"
                " group by table_name order by table_name",
                (schemas.marts, list(restricting.KEYS)),
            ).fetchall()
            for table, columns in found:
                named = SQL(" or ").join(SQL("{} = any(%(keys)s)").format(Identifier(column)) for column in columns)
                told = connection.execute(
                    SQL("select * from {} where {}").format(Identifier(schemas.marts, table), named),
                    {"keys": sorted(keys)},
                )
                yield release_id, table, tuple(each.name for each in told.description or ()), told.fetchall()


def drop(settings: Settings, release_id: str) -> None:
    """Take a release off the server whose time is over. One that is not there is fine.

    Raises ServingFailed while it is current, or while somebody reads it.
    """
    with _session(settings) as connection:
        if release_id not in switching.loaded(connection):
            return
        if release_id == switching.current(connection) or not switching.drop(connection, release_id):
            raise ServingFailed(f"Release {release_id} is current in PostgreSQL, or being read: call again later.")


def _tell_auditors(connection: psycopg.Connection, settings: Settings) -> None:
    """Bring `access.event` to what was done until now; readings are in the server's own log."""
    from childrens_warehouse.privacy import events

    rows = [(each.at, each.who, each.what, each.about, each.reason) for each in events.of_home(settings)]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from access.event")
        cursor.executemany("insert into access.event values (%s, %s, %s, %s, %s)", rows)


def _is_closed(settings: Settings, release_id: str) -> bool:
    """Has a release rows about somebody whose data may not be shown now?"""
    folder = settings.home.releases / release_id
    return folder.exists() and restricting.is_closed(folder)


def _tell_of_views(connection: psycopg.Connection, say: Say) -> None:
    if views := switching.views_of_others(connection, names.current("")):
        say(f"These views keep to the release they were made on, make them again to move them: {', '.join(views)}.")


@contextlib.contextmanager
def _session(settings: Settings) -> Iterator[psycopg.Connection]:
    """A connection that is alone with the database, and acts as the publisher. A server of this machine is started."""
    local.ensure(settings)
    with contextlib.closing(connect(settings, APPLICATION)) as connection:
        try:
            _be_alone(connection, settings)
            connection.execute(SQL("set lock_timeout = {}").format(Literal(_LONGEST_WAIT)))
            access.prepare(connection)
            storing.prepare(connection)
            yield connection
        except psycopg.Error as error:
            raise ServingFailed(
                f"PostgreSQL at {where(settings)} broke off ({_reason(connection, error)}): it shows what it showed"
                " before. The next attempt goes on."
            ) from None


def _reason(connection: psycopg.Connection, error: psycopg.Error) -> str:
    """What the server said: its first line, which names objects and causes; what follows may quote a row."""
    lost = "the connection was lost" if connection.broken else type(error).__name__
    said = error.diag.message_primary or lost
    # Of a file that it could not write in full it does not say why.
    return f"its disk is full: {said}" if isinstance(error, psycopg.errors.DiskFull) else said


def _be_alone(connection: psycopg.Connection, settings: Settings) -> None:
    """Raises BusyError where another load is under way; the server takes a moment to notice that one has ended."""
    started = time.monotonic()
    while connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone() != (True,):
        if time.monotonic() - started > _SECONDS_TO_NOTICE:
            raise BusyError(f"Another load of {where(settings)} is under way; wait until it has ended.")
        time.sleep(0.1)


@contextlib.contextmanager
def _lap(laps: dict[str, float], step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    laps[step] = round(time.perf_counter() - started, 3)
