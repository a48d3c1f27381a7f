"""What is in the home: ledger, inbox, ways in, release, candidate, incidents, retention."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import re
import sqlite3
from pathlib import Path

from childrens_warehouse.alarms import incidents as incident_rows
from childrens_warehouse.alarms.incidents import in_words
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.landing import night as landing
from childrens_warehouse.landing import ways_in as configuration
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing.doctor.finding import Seen, ok, warn, wrong
from childrens_warehouse.privacy.retention import schedule
from childrens_warehouse.publish.current import DATABASE, current_manifest
from childrens_warehouse.settings import Settings

_LARGE_LEDGER = 2 << 30
_MOST_NAMED = 5


def inbox(settings: Settings) -> Seen:
    folder = settings.home.inbox
    if not folder.is_dir():
        yield wrong(f"There is no inbox {folder}.", "Mount or make it: suppliers deliver there.")
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield wrong(f"The inbox {folder} cannot be read by this user.", "Give it the right to read what is delivered.")
        return
    authorities = landing.authorities(settings)
    if not authorities:
        yield warn(
            f"The inbox {folder} has no folder of an authority.",
            "Suppliers deliver into <authority>/<source>/<extract date>/ (docs/operating/deliveries.md).",
        )
        return
    newest = max(landing.nights(settings), default="none yet")
    yield ok(f"{len(authorities)} authorities deliver; the newest night in the inbox: {newest}.")


def ways_in(settings: Settings) -> Seen:
    ways = configuration.load(settings)
    if ways:
        yield ok(f"{settings.ways_in} names {len(ways)}; warehouse ways-in tries them.")
    else:
        yield ok("Everything comes by folder.")


def ledger(settings: Settings) -> Seen:
    path = settings.home.ledger
    if not path.exists():
        if any(settings.home.releases.glob("*/manifest.json")):
            yield wrong(f"There are releases and no ledger {path}.", "Restore it from the backup.")
        else:
            yield ok("There is no ledger yet: the first night begins it.")
        return
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2)
        try:
            said = [row[0] for row in connection.execute("pragma quick_check(1)")]
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        said = ["it is no SQLite database, or a damaged one"]
    if said != ["ok"]:
        yield wrong("The ledger is damaged.", "Restore it from the backup; the archive has what was landed since.")
        return
    size = path.stat().st_size
    if size > _LARGE_LEDGER:
        yield warn(f"The ledger is whole, and has {size / 1e9:.1f} GB.", "Look what fills it: warehouse ledger.")
    else:
        yield ok(f"The ledger is whole ({size / 1e6:.1f} MB).")


def last_night(settings: Settings) -> Seen:
    rows = Ledger(settings.home.ledger).query("select max(recorded_at) as at, max(night) as night from source_night")
    if not rows or rows[0]["at"] is None:
        yield warn("No night was ever landed.", "make up, or make nightly.")
        return
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(rows[0]["at"])
    said = f"The last night, of {rows[0]['night']}, was landed {in_words(age)} ago"
    if age > settings.alarms.stale_after:
        yield wrong(f"{said}.", "See whether Airflow runs and whether its DAGs are paused (docs/alarms/stale.md).")
    else:
        yield ok(f"{said}.")


def incidents(settings: Settings) -> Seen:
    still_open = incident_rows.open_incidents(settings)
    if still_open:
        named = ", ".join(str(each.key) for each in still_open[:_MOST_NAMED])
        more = f" and {len(still_open) - _MOST_NAMED} more" if len(still_open) > _MOST_NAMED else ""
        yield warn(f"{len(still_open)} incidents are open: {named}{more}.", "warehouse alarms says what to do.")
    else:
        yield ok("No incident is open.")
    if not settings.alarms.channels:
        yield warn("Nobody is told of incidents.", "Set WAREHOUSE_ALARM_EMAIL or a webhook (docs/alarms.md).")


def release(settings: Settings) -> Seen:
    """Can readers open it, and is everything of it there?"""
    import duckdb

    home = settings.home
    if not home.marts.exists():
        lost = any(home.releases.glob("*/manifest.json"))
        if lost:
            yield wrong(
                f"There are releases and no {home.marts}.", "warehouse rollback --list, then warehouse rollback."
            )
        else:
            yield ok("Nothing is published yet.")
        return
    try:
        with duckdb.connect(str(home.marts), read_only=True) as connection:
            row = connection.execute("select release_id from release").fetchone()
    except duckdb.Error as error:
        yield wrong(
            f"{home.marts} cannot be opened ({type(error).__name__}): readers have nothing.",
            "warehouse rollback publishes the release before; or restore the home.",
        )
        return
    manifest = current_manifest(home)
    if row is None or manifest is None or row[0] != manifest["release_id"]:
        yield wrong(
            f"{home.marts} says it is of release {row[0] if row else 'none'}, of which there is no manifest.",
            "Restore releases/ from the backup, or publish again: warehouse build --force.",
        )
        return
    name = manifest["release_id"]
    missing = [
        file["path"]
        for table in manifest["tables"].values()
        for file in table["files"]
        if not (home.releases / name / file["path"]).is_file()
    ]
    if missing or not (home.releases / name / DATABASE).is_file():
        yield wrong(
            f"Release {name} lacks {len(missing)} files, the first of them {(missing or [DATABASE])[0]}.",
            "Restore releases/ from the backup, or publish again: warehouse build --force.",
        )
    else:
        yield ok(f"Release {name} can be read, and all its {len(manifest['tables'])} tables are there.")


def content(settings: Settings) -> Seen:
    """Do the files of the published release say what its manifest says they do?"""
    import duckdb

    from childrens_warehouse import sql
    from childrens_warehouse.publish.tables import Table, contents

    manifest = current_manifest(settings.home)
    if manifest is None:
        return
    folder, differing, count = settings.home.releases / manifest["release_id"], [], 0
    with duckdb.connect(config={"memory_limit": settings.memory_limit, "threads": settings.threads}) as connection:
        for name, told in manifest["tables"].items():
            table = Table.from_dict(name, told)
            for file in told["files"]:
                path, count = folder / file["path"], count + 1
                try:
                    found = contents(
                        connection, table, of=f"read_parquet({sql.literal(path)}, hive_partitioning = false)"
                    )
                    is_same = (found.rows, found.content) == (file["rows"], file["content_hash"])
                except duckdb.Error:
                    is_same = False
                if not is_same:
                    differing.append(file["path"])
    if differing:
        yield wrong(
            f"{len(differing)} of {count} files of release {manifest['release_id']} are not what its manifest says, "
            f"the first of them {differing[0]}.",
            "Restore releases/ from the backup, or publish again: warehouse build --force.",
        )
    else:
        yield ok(f"All {count} files of release {manifest['release_id']} are what its manifest says.")


def candidate_lock(settings: Settings) -> Seen:
    """Is somebody at work, and if so, is it somebody who lives?"""
    lock = settings.home.build / ".lock"
    if not lock.exists():
        yield ok("Nothing was built yet.")
        return
    with lock.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield from _held(lock)
            return
    state = Workspace.of(settings).load()
    if state is not None and state.in_step:
        yield warn(
            f"Build {state.build_id} was cut short in {state.in_step}.",
            "Nothing to clean up: the next build starts from raw. Trigger build_warehouse if none is due.",
        )
    else:
        yield ok("Nobody holds the lock of the candidate.")


def _held(lock: Path) -> Seen:
    told = lock.stat()
    where = f"{os.major(told.st_dev):02x}:{os.minor(told.st_dev):02x}:{told.st_ino}"
    takers = [
        int(line.split()[4]) for line in _lines(Path("/proc/locks")) if f" {where} " in line and " FLOCK " in line
    ]
    if not takers or all(Path(f"/proc/{pid}").exists() for pid in takers):
        yield ok(f"A build is at work (process {', '.join(map(str, takers)) or 'of another machine'}).")
        return
    heirs = _open_in(lock)
    yield wrong(
        f"The lock of the candidate was taken by process {takers[0]}, which is dead; its child "
        f"{', '.join(map(str, heirs)) or 'that cannot be seen from here'} still holds it: nothing can be built.",
        f"See what it does, and end it: kill {' '.join(map(str, heirs)) or '<process>'}.",
    )


def _open_in(lock: Path) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if re.fullmatch(r"\d+", folder.name) and int(folder.name) != os.getpid():
            try:
                if any(lock.samefile(link) for link in (folder / "fd").iterdir() if link.exists()):
                    found.append(int(folder.name))
            except OSError:
                continue  # gone meanwhile, or somebody else's
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def retention(settings: Settings) -> Seen:
    classes = schedule.read(settings.home)
    if classes:
        yield ok(f"{len(classes)} classes of records end by {schedule.path(settings.home)}.")
    else:
        yield warn(
            "Everything is kept for ever: there is no schedule.",
            f'Write {schedule.path(settings.home)} as the council\'s own has it (docs/privacy.md, "What goes, when").',
        )
