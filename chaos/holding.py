"""What must hold after anything: functions that look at a home and say, in sentences, what does not.

`readers_see`, `nothing_half_counts`, `permissions_kept` and `leaks` hold at any moment, also right after a kill;
`explained` and `tidy` once the next run has ended.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.current import MANIFEST, read_manifest
from childrens_warehouse.publish.tables import Table, contents
from childrens_warehouse.raw import disposal
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.settings import Home, Settings
from tests.nights.searching import Searcher

# Where a child can be named.
WITH_IDENTITIES = frozenset({"inbox", "archive", "restricted"})
_FOR_READERS = ("releases", "published", "quality")

_searched: dict[tuple[str, str, int], frozenset[str]] = {}


def content_hashes(settings: Settings, release_id: str | None = None) -> dict[str, str]:
    """Content hash of every table of a release, by its manifest; by default of the one that readers open."""
    manifest = read_manifest(settings.home, release_id or str(published(settings.home)))
    if manifest is None:
        raise FileNotFoundError(f"There is no release {release_id} in {settings.home.releases}.")
    return {name: str(table["content_hash"]) for name, table in manifest["tables"].items()}


def contents_of_authorities(settings: Settings) -> tuple[dict[tuple[str, str], str], set[str]]:
    """Content hash of every table and authority that readers see; and those that the gate keeps as last published."""
    manifest = read_manifest(settings.home, str(published(settings.home)))
    if manifest is None:
        raise FileNotFoundError(f"Nothing is published in {settings.home.published}.")
    with duckdb.connect(str(settings.home.marts), read_only=True) as connection:
        rows = connection.execute("select authority_code, is_kept_back from release_authority").fetchall()
        hashes = {
            (table.name, code): contents(connection, table, f"authority_code = {sql.literal(code)}").content
            for table in itertools.starmap(Table.from_dict, manifest["tables"].items())
            for code, _ in rows
        }
    return hashes, {code for code, is_kept_back in rows if is_kept_back}


def published(home: Home) -> str | None:
    """The release that readers of marts.duckdb read; None before the first."""
    if not home.marts.exists():
        return None
    with duckdb.connect(str(home.marts), read_only=True) as connection:
        return _release_of(connection)


def readers_see(settings: Settings, allowed: Collection[str | None], *, is_settled: bool = False) -> list[str]:
    """Do readers see one of these releases, whole? None among `allowed`: nothing may be published yet.

    Every table is read through published/marts.duckdb and compared with the manifest. Settled, that is once a run has
    ended, the suppressed figures and published/current.json are of the same release.
    """
    home = settings.home
    try:
        if not home.marts.exists():
            return [] if None in allowed else ["readers see nothing, not one of " + ", ".join(map(str, allowed))]
        # Opened once, as a reader does: meanwhile another release may take the place of this one.
        with duckdb.connect(str(home.marts), read_only=True) as connection:
            release_id = _release_of(connection)
            if release_id not in allowed:
                return [f"readers see release {release_id}, not one of {', '.join(map(str, allowed))}"]
            manifest = read_manifest(home, release_id)
            if manifest is None:
                return [f"release {release_id} is published and has no manifest"]
            differing = [*_tables_differ(connection, manifest)]
        return [*differing, *_others_differ(home, manifest, is_settled)]
    except (duckdb.Error, OSError, ValueError) as error:
        return [f"readers meet an error: {type(error).__name__}: {_first_line(error)}"]


def nothing_half_counts(settings: Settings) -> list[str]:
    """Is everything that bears its final name complete: releases, and what raw says it accepted?"""
    with duckdb.connect() as connection:
        return [*_half_released(settings.home, connection), *_half_accepted(settings.home, connection)]


def tidy(settings: Settings) -> list[str]:
    """Is nothing left that an attempt had begun: parts of files, folders for identities in passing?"""
    home = settings.home
    left = [
        path.relative_to(home.root)
        for path in home.root.rglob("*")
        if path.name.endswith((".part", ".partial", ".tmp")) and home.inbox not in path.parents
    ]
    left += [path.relative_to(home.root) for path in (home.restricted / "scratch").glob("*")]
    return [f"{path} was left by an attempt that was cut short" for path in sorted(left)]


def permissions_kept(settings: Settings) -> list[str]:
    """May nobody read what is not theirs: others nothing at all, the readers' group what is published alone?

    By what can be reached: below a folder that is closed, a file's own mode gives nothing away.
    """
    home, broken = settings.home, []
    for folder, folders, files in os.walk(home.root):
        at = Path(folder)
        is_for_readers = bool(at.relative_to(home.root).parts) and at.relative_to(home.root).parts[0] in _FOR_READERS
        for name in (*folders, *files):
            path = at / name
            mode = stat.S_IMODE(path.lstat().st_mode)
            may = stat.S_IRWXU
            if is_for_readers or name in _FOR_READERS:
                may |= stat.S_IRGRP | stat.S_IXGRP
            if mode & ~may and path != home.inbox:
                broken.append(f"{path.relative_to(home.root)} has mode {mode:o}")
        # Into what is closed to all others nobody comes.
        folders[:] = [
            name for name in folders if (at / name).stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH) and name != "inbox"
        ]
    return broken


def leaks(settings: Settings, searcher: Searcher) -> list[str]:
    """Canaries outside the places where a child can be named, in names of files and in what they hold."""
    root, found = settings.home.root, set()
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if relative.parts[0] in WITH_IDENTITIES:
            continue
        found |= {str(each) for each in searcher.in_text(str(relative), f"the name of {relative}")}
        if path.is_file():
            found |= {f"{relative}: {each}" for each in _canaries_in(path, searcher)}
    return sorted(found)


def unaccounted(settings: Settings) -> int:
    """Rows of the ledger's files that were read and are neither loaded nor refused, or the other way round."""
    events = Ledger(settings.home.ledger).query(
        "select rows_read, rows_loaded, rows_refused from file_event"
        " where status in ('accepted', 'unchanged', 'refused')"
    )
    return sum(
        abs((each["rows_read"] or 0) - (each["rows_loaded"] or 0) - (each["rows_refused"] or 0)) for each in events
    )


def explained(settings: Settings, killed: Collection[str]) -> list[str]:
    """Does the ledger account for all that counts? killed: runs that were cut short, which alone may have no end."""
    ledger = Ledger(settings.home.ledger)
    told = {
        (row["authority"], row["dataset"], row["scope"], row["sha256"])
        for row in ledger.query("select * from file_event where status in ('accepted', 'unchanged')")
    }
    broken = [
        f"{each.dataset} of {each.extract_date} is accepted and the ledger has no word of it"
        for each in accepted(settings.home)
        if (each.authority, each.dataset, each.scope, each.sha256) not in told
    ]
    without_end = ledger.query(
        "select distinct run_id, source from file_event"
        " where (run_id, source) not in (select run_id, source from source_night)"
    )
    broken += [
        f"run {row['run_id']} landed {row['source']} and came to no end"
        for row in without_end
        if row["run_id"] not in killed
    ]
    unfinished = ledger.query(
        "select distinct run_id, build_id from build_event as b where build_id <> ''"
        " and not exists (select 1 from release_event as r where r.build_id = b.build_id)"
        " and not exists (select 1 from build_event as e where e.build_id = b.build_id"
        " and (e.state = 'failed' or e.step = 'gate'))"
    )
    broken += [
        f"build {row['build_id']} of run {row['run_id']} came to no end"
        for row in unfinished
        if row["run_id"] not in killed
    ]
    released = {row["release_id"] for row in ledger.query("select release_id from release_event")}
    now = published(settings.home)
    if now is not None and now not in released:
        broken.append(f"release {now} is published and the ledger has no word of it")
    return broken


def _half_released(home: Home, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for folder in home.releases.iterdir() if home.releases.exists() else ():
        if folder.name.endswith(".partial"):
            continue
        manifest = read_manifest(home, folder.name) if (folder / MANIFEST).exists() else None
        if manifest is None:
            yield f"release {folder.name} has no manifest"
            continue
        for table in manifest["tables"].values():
            for file in table["files"]:
                if _rows(connection, folder / file["path"]) != file["rows"]:
                    yield f"release {folder.name}: {file['path']} is not as its manifest says"


def _half_accepted(home: Home, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    is_disposed = bool(Ledger(home.ledger).query("select 1 from disposal_event where layer = 'archive' limit 1"))
    begun = disposal.begun(home)
    for each in accepted(home):
        # What a disposal has begun is finished before anybody reads raw.
        if each.content(home) not in begun and _rows(connection, each.content(home)) != each.rows_loaded:
            yield f"{each.dataset} of {each.extract_date} is accepted and its rows are not all in raw"
        kept = list((home.archive / each.authority / each.source).glob(f"*/{each.file_id}-*"))
        if any(hashlib.sha256(path.read_bytes()).hexdigest() != each.sha256 for path in kept):
            yield f"{each.dataset} of {each.extract_date} is accepted and its original is not what arrived"
        if not kept and not is_disposed:
            yield f"{each.dataset} of {each.extract_date} is accepted and its original is gone, untold"


def _tables_differ(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> Iterator[str]:
    for name, told in manifest["tables"].items():
        found = contents(connection, Table.from_dict(name, told))
        if (found.rows, found.content) != (told["rows"], told["content_hash"]):
            yield f"release {manifest['release_id']}: {name} does not hold what its manifest says"


def _others_differ(home: Home, manifest: Mapping[str, Any], is_settled: bool) -> Iterator[str]:
    release_id = manifest["release_id"]
    shown = None
    if home.marts_aggregate.exists():
        with duckdb.connect(str(home.marts_aggregate), read_only=True) as connection:
            shown = _release_of(connection)
            told = read_manifest(home, shown)
            if told is None or not told.get("aggregate"):
                yield f"the suppressed figures are of release {shown}, which has none"
            else:
                for name, content in told["aggregate"]["tables"].items():
                    found = connection.execute(f"select count(*) from {sql.name(name)}").fetchone()
                    if found != (content["rows"],):
                        yield f"the suppressed {name} of release {shown} is not whole"
    if is_settled:
        if shown != (release_id if manifest.get("aggregate") else None):
            yield f"the suppressed figures are of release {shown}, the others of {release_id}"
        said = json.loads((home.published / "current.json").read_text(encoding="utf-8"))["release_id"]
        if said != release_id:
            yield f"current.json names release {said}, readers see {release_id}"


def _release_of(connection: duckdb.DuckDBPyConnection) -> str:
    (release_id,) = connection.execute("select release_id from release").fetchone() or ("",)
    return str(release_id)


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int | None:
    """Rows of a Parquet file by its own footer; None where it is none."""
    try:
        found = connection.execute(f"select count(*) from read_parquet({sql.literal(path)})").fetchone()
    except duckdb.Error:
        return None
    return int(found[0]) if found else None


def _canaries_in(path: Path, searcher: Searcher) -> frozenset[str]:
    """What a file holds. Searched once: most files of most homes are the same."""
    key = path.suffix, hashlib.sha256(path.read_bytes()).hexdigest(), id(searcher)
    if key not in _searched:
        try:
            found = searcher.in_file(path, path.name)
        except duckdb.Error:  # half a file: only its bytes can be looked at
            found = searcher.in_text(path.read_bytes(), path.name)
        _searched[key] = frozenset(each.canary for each in found)
    return _searched[key]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
