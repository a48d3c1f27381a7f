"""Give all of raw another pseudonym key, from the identities in the restricted store.

The new epoch is written beside the old one and verified; one rename puts it in force (childrens_warehouse.raw.epoch).
Killed at any moment, the old epoch or the new one is in force, and the next call goes on.
docs/adr/0007-keys-and-rotation.md has the reasons.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from childrens_warehouse import sql, unfinished
from childrens_warehouse.build import candidate
from childrens_warehouse.build.raw_schema import typed_columns
from childrens_warehouse.datasets import BY_NAME, Dataset, PersonalData
from childrens_warehouse.decisions import keyed
from childrens_warehouse.errors import ConfigurationError, RotationFailed
from childrens_warehouse.landing.pseudonyms import Pseudonymiser
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import files
from childrens_warehouse.raw import disposal, epoch
from childrens_warehouse.raw.acceptance import Acceptance, accepted, write_atomically, write_record
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, Settings

Progress = Callable[[str], None]

_PARQUET = "format parquet, compression zstd, parquet_version v2"
_SECONDS_BETWEEN_WORDS = 5
_TOLD = "select event from key_event where (event = 'rotated' and key_id = ?) or (event = 'retired' and key_id = ?)"


@dataclass(frozen=True)
class Rotation:
    """What a call did. `files` and `rows` it translated: 0 when an earlier call had done that."""

    key_id: str
    before: str
    files: int
    rows: int
    identities: int
    seconds: float


def rotate(settings: Settings, to: Pseudonymiser, run_id: str, progress: Progress | None = None) -> Rotation:
    """Put raw, and the restricted store's mapping, under another key. Safe to call again after it was cut short.

    Raises ConfigurationError when there is nothing to rotate, too little room, or a pseudonym whose value the
    restricted store does not have; RotationFailed when what was written is not what it should be; BusyError when a
    build is at work. In each case the old epoch stays in force.
    """
    say = progress or (lambda _: None)
    home, ledger = settings.home, Ledger(settings.home.ledger)
    started = time.monotonic()
    with candidate.locked(settings):
        disposal.finish(home)
        now = epoch.current(home)
        if now is None:
            raise ConfigurationError("Nothing was landed yet: just set the new key.")
        if to.key_id in {past.key_id for past in now.before}:
            raise ConfigurationError(f"Key {to.key_id} was retired: rotate to one that raw never had.")
        work = _Work(settings, to, say)
        if now.key_id != to.key_id:
            ledger.record_key(run_id, to.key_id, "rotation begun", {"before": now.key_id})
            _remove_half_written(home)
            _remove_other_epochs(home, {now.key_id, to.key_id})
            work.rekey(list(accepted(home)))
            with epoch.held(home, alone=True):
                # What was landed meanwhile; from here on nothing can be accepted under the old key.
                work.rekey(list(accepted(home)))
                keyed.rekey(home, now.key_id, to)
                after = epoch.switch(home, to.key_id)
            say(f"Key {to.key_id} is in force.")
        else:
            after = now
        if not after.before:
            raise ConfigurationError(f"Raw is under key {to.key_id} already.")
        past = after.before[-1]
        done = Rotation(
            to.key_id, past.key_id, work.files, work.rows, work.identities, round(time.monotonic() - started, 1)
        )
        told = {row["event"] for row in ledger.query(_TOLD, (to.key_id, past.key_id))}
        if "rotated" not in told:
            ledger.record_key(run_id, to.key_id, "rotated", {**asdict(done), "releases": list(past.releases)})
        if "retired" not in told:
            _remove_other_epochs(home, {to.key_id})
            keyed.remove_other_epochs(home, {to.key_id})
            candidate.throw_all_away(home)
            _rekey_quarantine(home, to, dt.datetime.fromisoformat(after.since))
            ledger.record_key(run_id, past.key_id, "retired", {"releases": list(past.releases)})
        say(f"Nothing of key {past.key_id} is left in raw and the restricted store.")
        return done


class _Work:
    """Writes the new epoch, authority by authority."""

    def __init__(self, settings: Settings, to: Pseudonymiser, say: Progress) -> None:
        self.settings, self.home, self.to, self.say = settings, settings.home, to, say
        self.files = self.rows = self.identities = 0
        self._began = self._spoke = time.monotonic()

    def rekey(self, old: list[Acceptance]) -> None:
        """Give every acceptance its counterpart under the new key, unless it has one already."""
        due: dict[str, dict[Path, list[Acceptance]]] = defaultdict(lambda: defaultdict(list))
        for each in old:
            if each.dataset not in BY_NAME:
                raise ConfigurationError(
                    f"{each.folder(self.home)} is of no declared dataset: set the folder aside, then call again."
                )
            if not _under(each, self.to).record(self.home).exists():
                due[each.authority][each.content(self.home)].append(each)
        _check_room(self.home, [path for contents in due.values() for path in contents])
        total = sum(group[0].rows_loaded for contents in due.values() for group in contents.values())
        for authority, contents in sorted(due.items()):
            spill = self.home.restricted / "scratch"  # for what does not fit into memory: it holds identities
            with unfinished.folder(spill) as scratch, _connect(self.settings, scratch) as connection:
                self.identities += _create_translation(connection, self.home, authority, contents, self.to)
                for group in contents.values():
                    self._rekey_content(connection, group[0])
                    for each in group:
                        write_record(_under(each, self.to), self.home)
                    self.files += 1
                    self.rows += group[0].rows_loaded
                    self._tell(authority, total)

    def _rekey_content(self, connection: duckdb.DuckDBPyConnection, old: Acceptance) -> None:
        new = _under(old, self.to)
        for path in _identity_files(self.home, old):
            target = _renamed(path, old, new)
            if path.name.endswith(".identities.parquet"):
                query = (
                    "select i.* replace (t.new_key as key) "
                    f"from read_parquet({sql.literal(path)}) as i left join translation as t "
                    "on i.domain = t.domain and i.value = t.value order by i.domain, i.value"
                )
                _copy(connection, query, target)
            else:
                _link(path, target)
        content = old.content(self.home)
        for path in sorted(content.parent.glob(f"{content.stem}.*")):
            target = _renamed(path, old, new)
            domains = _domains_in(connection, path, BY_NAME[old.dataset], is_content=path == content)
            if domains:
                _translate(connection, path, target, domains)
                _verify(connection, path, target, domains, f"{old.authority} {old.dataset} {old.file_name}")
            else:
                _link(path, target)
        files.flush(content.parent)

    def _tell(self, authority: str, total: int) -> None:
        if time.monotonic() - self._spoke < _SECONDS_BETWEEN_WORDS:
            return
        self._spoke = time.monotonic()
        left = (self._spoke - self._began) * (total - self.rows) / max(self.rows, 1)
        self.say(f"{authority}: {self.files} files, {self.rows:,} of {total:,} rows; about {left:.0f} s left")


def _under(old: Acceptance, to: Pseudonymiser) -> Acceptance:
    return Acceptance(**{**old.__dict__, "key_id": to.key_id})


def _create_translation(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    authority: str,
    contents: dict[Path, list[Acceptance]],
    to: Pseudonymiser,
) -> int:
    """Create the tables `translation` (domain, value, new_key) and `new_key_of` (domain, old_key, new_key).

    Each distinct identity of the authority passes through Python once. Returns how many there are.
    """
    paths = [
        path
        for group in contents.values()
        for path in _identity_files(home, group[0])
        if path.name.endswith(".identities.parquet")
    ]
    connection.execute("create or replace table identity (domain varchar, value varchar, old_key bigint)")
    if paths:
        connection.execute(
            f"insert into identity select distinct domain, value, key from read_parquet({sql.file_list(paths)})"
        )
    connection.execute("create or replace table translation (domain varchar, value varchar, new_key bigint)")
    domains = [row[0] for row in connection.execute("select distinct domain from identity order by all").fetchall()]
    for domain in domains:
        values = connection.execute("select distinct value from identity where domain = ?", [domain]).fetchall()
        mapped = to.map(domain, authority, (value for (value,) in values))
        table = pa.table(
            {
                "value": pa.array([value for value, _, _ in mapped], pa.string()),
                "new_key": pa.array([key for _, key, _ in mapped], pa.int64()),
            }
        )
        connection.register("mapped", table)
        connection.execute(f"insert into translation select {sql.literal(domain)}, value, new_key from mapped")
        connection.unregister("mapped")
    connection.execute(
        "create or replace table new_key_of as select distinct i.domain, i.old_key, t.new_key "
        "from identity as i inner join translation as t on i.domain = t.domain and i.value = t.value "
        "where i.old_key is not null"
    )
    counted = _row(
        connection,
        "select count(*), count(distinct (domain, old_key)), count(distinct (domain, new_key)), "
        "count(*) filter (where new_key is null) from new_key_of",
    )
    if counted[0] != counted[1] or counted[0] != counted[2] or counted[3]:
        raise RotationFailed(
            f"The identities of {authority} do not translate one to one: {counted[1]} old pseudonyms, {counted[2]} new "
            "ones. The old key stays in force; restore the restricted store from your backup and call again."
        )
    return int(counted[0])


def _domains_in(
    connection: duckdb.DuckDBPyConnection, path: Path, dataset: Dataset, *, is_content: bool
) -> dict[str, str]:
    """Column -> domain of the pseudonyms that a file of raw holds."""
    found = [
        row[0] for row in connection.execute(f"describe select * from read_parquet({sql.literal(path)})").fetchall()
    ]
    domains = {
        str(column.raw_name): column.identifier.value if column.identifier else "postcode"
        for column in dataset.raw_columns
        if column.identifier or column.personal is PersonalData.POSTCODE
    }
    known = {name for name, _ in typed_columns(dataset)}
    if is_content and (strange := [name for name in found if name not in known]):
        raise ConfigurationError(
            f"{path} has columns that {dataset.name} does not declare ({', '.join(strange)}): whether they hold "
            "pseudonyms cannot be told. Set the files of that dataset aside, then call again."
        )
    return {name: domain for name, domain in domains.items() if name in found}


def _translate(connection: duckdb.DuckDBPyConnection, path: Path, target: Path, domains: dict[str, str]) -> None:
    replaced, joins = [], []
    for number, (column, domain) in enumerate(sorted(domains.items())):
        replaced.append(f"k{number}.new_key as {sql.name(column)}")
        joins.append(
            f"left join new_key_of as k{number} on k{number}.domain = {sql.literal(domain)} "
            f"and c.{sql.name(column)} = k{number}.old_key"
        )
    query = f"select c.* replace ({', '.join(replaced)}) from read_parquet({sql.literal(path)}) as c {' '.join(joins)}"
    _copy(connection, query, target)


def _verify(
    connection: duckdb.DuckDBPyConnection, path: Path, target: Path, domains: dict[str, str], named: str
) -> None:
    """Is the translated file the old one in all but its pseudonyms, and holds it none of the old ones?"""
    others = f"select columns(* exclude ({', '.join(map(sql.name, domains))})) from"
    measures = ["count(*)"]
    for column in map(sql.name, sorted(domains)):
        measures += [f"count({column})", f"count(distinct {column})"]
    old, new = (
        (
            *_row(connection, f"select {', '.join(measures)} from read_parquet({sql.literal(each)})"),
            *_row(
                connection,
                f"select bit_xor(hash(o)) from ({others} read_parquet({sql.literal(each)})) as o",
            ),
        )
        for each in (path, target)
    )
    is_old = " or ".join(
        f"{sql.name(column)} in (select old_key from new_key_of where domain = {sql.literal(domain)})"
        for column, domain in domains.items()
    )
    (left,) = _row(connection, f"select count(*) from read_parquet({sql.literal(target)}) where {is_old}")
    missing = sum(had - has for had, has in zip(old[1:-1:2], new[1:-1:2], strict=True))
    if missing and old[0] == new[0]:
        files.remove(target)
        raise ConfigurationError(
            f"{named}: the restricted store lacks the values of {missing} pseudonyms, so they cannot be translated. "
            "The old key stays in force. Restore the restricted store from your backup, then call again."
        )
    if old != new or left:
        files.remove(target)
        raise RotationFailed(
            f"{named} is not the same under the new key ({old[0]} rows before, {new[0]} after, {left} with an old "
            "pseudonym). The old key stays in force."
        )


def _identity_files(home: Home, acceptance: Acceptance) -> list[Path]:
    stem = acceptance.content(home).stem
    return sorted((home.restricted / acceptance.dataset / acceptance.authority).glob(f"{stem}.*.parquet"))


def _renamed(path: Path, old: Acceptance, new: Acceptance) -> Path:
    stem, dot, rest = path.name.partition(".")
    return path.with_name(stem.removesuffix(old.key_id) + new.key_id + dot + rest)


def _remove_other_epochs(home: Home, kept: set[str]) -> None:
    """Remove files of raw and of the restricted store that bear another key's id. Acceptances first."""
    scratch = home.restricted / "scratch"
    for pattern in (
        "raw/*/*/accepted/*/*.json",
        "raw/*/*/content/*.parquet",
        "raw/*/*/withdrawn/*.parquet",  # comparisons, made again when they are asked for
        "restricted/*/*/*.parquet",
    ):
        for path in home.root.glob(pattern):
            key_id = path.name.partition(".")[0].partition("--")[0].rpartition("-")[2]
            if key_id not in kept and path.parent.parent != scratch:
                path.unlink(missing_ok=True)


def _remove_half_written(home: Home) -> None:
    """Remove what landings and rotations that were killed left: parts whose process is gone."""
    for pattern in ("raw/*/*/content", "restricted/*/*"):
        for folder in home.root.glob(pattern):
            unfinished.sweep(folder)


def _rekey_quarantine(home: Home, to: Pseudonymiser, since: dt.datetime) -> None:
    """Have no list of refused rows bear a pseudonym of the old key; the same row stays the same in all of them.

    Their values are in the archive alone, so it is the old pseudonym that gets a new one. Lists written since the
    switch are under the new key already.
    """
    for path in home.quarantine.rglob("*.rows.csv"):
        if path.stat().st_mtime >= since.timestamp():
            continue
        with path.open(newline="", encoding="utf-8") as handle:
            reader = csv.DictReader(handle)
            columns, rows = list(reader.fieldnames or ()), list(reader)
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            if row.get("row_key"):
                row["row_key"] = str(to.pseudonym("row_key", "", row["row_key"]))
            writer.writerow(row)
        write_atomically(path, text.getvalue().encode())
        # The file system's clock may be behind ours: a second call must see that this one is done.
        os.utime(path, ns=(time.time_ns(), time.time_ns()))


def _check_room(home: Home, contents: list[Path]) -> None:
    needed = sum(path.stat().st_size for path in contents)
    free = shutil.disk_usage(home.raw).free
    if free < needed * 1.2:
        raise ConfigurationError(
            f"Both epochs lie side by side until the new one is whole: {needed * 1.2 / 1e9:.1f} GB are needed, "
            f"{free / 1e9:.1f} GB are free. Make room, then call again."
        )


def _link(path: Path, target: Path) -> None:
    """The same content under another name; there from an earlier call is fine."""
    if not target.exists():
        files.link_or_copy(path, target)
        target.chmod(OWNER_ONLY_FILE)


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a query's rows to a private Parquet file: whole, and on the disk, or not at all."""
    part = unfinished.part_of(path)
    try:
        connection.execute(f"copy ({query}) to {sql.literal(part)} ({_PARQUET})")
        part.chmod(OWNER_ONLY_FILE)
        files.flush(part)
        files.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    return tuple(int(cell or 0) for cell in row or ())


@contextlib.contextmanager
def _connect(settings: Settings, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(scratch / "spill"),
        }
    )
    try:
        yield connection
    finally:
        connection.close()
