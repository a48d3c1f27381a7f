"""The candidate: the private database a build works in, who owns it, and what it can be trusted to hold.

One writer at a time, by a lock; one owner at a time, by the state file beside it. A build whose last step ended
cleanly leaves a candidate whose attendance partitions the next build may keep; any other is thrown away.

    <home>/build/.lock
    <home>/build/candidate.duckdb, state.json, gate.json, dbt/
    <home>/build/lake/                     what Spark computed, where it is the engine
    <home>/build/known-on-<instant>/…      the same for a build as known on an instant; never kept
    <home>/build/again-<release>/…         the same for a release made again; never kept
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import fcntl
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.build.kept_back import KeptBack
from childrens_warehouse.errors import BusyError, SupersededError
from childrens_warehouse.publish import files
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, OWNER_ONLY_FILE, Home, Settings

# (authority code, first day of the month): attendance and its rollups are rebuilt by these.
PartitionKey = tuple[str, dt.date]

# The tables that dbt fills partition by partition (dbt_project/models/core/education/partitioned); all others are
# rebuilt whole.
PARTITIONED = (
    "fct_attendance_enrolment_month",
    "fct_attendance_partition",
    "fct_attendance_pupil_month",
    "fct_attendance_session",
)


class Stage(StrEnum):
    """How far a build came. FAILED and REFUSED candidates are left for a look and never built upon.

    REFUSED_IN_PART: the gate refused some authorities; what it holds of the others is good.
    """

    BUILDING = "building"
    BUILT = "built"
    GATED = "gated"
    PUBLISHED = "published"
    FAILED = "failed"
    REFUSED = "refused"
    REFUSED_IN_PART = "refused in part"


@dataclass(frozen=True)
class Held:
    """One attendance partition in the candidate.

    fingerprint: of the input it was built from.
    rows: by table.
    judged: has the gate passed these very rows, without a waiver?
    """

    fingerprint: str
    rows: Mapping[str, int]
    judged: bool = False


@dataclass(frozen=True)
class State:
    """The content of state.json.

    in_step: the step that is changing the candidate; still set when nobody holds the lock means it was cut short.
    rebuilt: partitions that this build rebuilds; they join `held` when all layers are done.
    kept_back: authorities that are in it as they were last published, or not at all. delivered: fingerprints of what
    was in force of each authority when it began (kept_back.fingerprints).
    """

    build_id: str
    run_id: str
    stage: Stage
    as_at: dt.date
    known_on: dt.datetime | None
    inputs: str
    code: str
    layers: tuple[str, ...] = ()
    in_step: str | None = None
    rebuilt: Mapping[PartitionKey, str] = field(default_factory=dict)
    held: Mapping[PartitionKey, Held] = field(default_factory=dict)
    kept_back: tuple[KeptBack, ...] = ()
    delivered: Mapping[str, str] = field(default_factory=dict)

    @property
    def left_out(self) -> frozenset[str]:
        """Authorities of which it holds nothing, on purpose."""
        return frozenset(each.authority for each in self.kept_back if each.is_left_out)

    def to_dict(self) -> dict[str, Any]:
        return {
            "build_id": self.build_id,
            "run_id": self.run_id,
            "stage": str(self.stage),
            "as_at": self.as_at.isoformat(),
            "known_on": self.known_on.isoformat() if self.known_on else None,
            "inputs": self.inputs,
            "code": self.code,
            "layers": list(self.layers),
            "in_step": self.in_step,
            "rebuilt": [[authority, str(month), text] for (authority, month), text in self.rebuilt.items()],
            "held": [
                [authority, str(month), dataclasses.asdict(held)] for (authority, month), held in self.held.items()
            ],
            "kept_back": [each.to_dict() for each in self.kept_back],
            "delivered": dict(self.delivered),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> State:
        return cls(
            build_id=content["build_id"],
            run_id=content["run_id"],
            stage=Stage(content["stage"]),
            as_at=dt.date.fromisoformat(content["as_at"]),
            known_on=dt.datetime.fromisoformat(content["known_on"]) if content["known_on"] else None,
            inputs=content["inputs"],
            code=content["code"],
            layers=tuple(content["layers"]),
            in_step=content["in_step"],
            rebuilt={(authority, dt.date.fromisoformat(month)): text for authority, month, text in content["rebuilt"]},
            held={
                (authority, dt.date.fromisoformat(month)): Held(**held) for authority, month, held in content["held"]
            },
            kept_back=tuple(map(KeptBack.from_dict, content.get("kept_back", ()))),
            delivered=content.get("delivered", {}),
        )


@dataclass(frozen=True)
class Workspace:
    """The files of one line of builds: the nightly one, or one as known on an instant."""

    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> Workspace:
        if settings.of_release is not None:
            return cls(settings.home.build / f"again-{settings.of_release}")
        if settings.known_on is None:
            return cls(settings.home.build)
        return cls(settings.home.build / f"known-on-{settings.known_on.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}")

    @property
    def candidate(self) -> Path:
        return self.folder / "candidate.duckdb"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def gate(self) -> Path:
        return self.folder / "gate.json"

    @property
    def built_of(self) -> Path:
        """The names of the files and withdrawals that the candidate is made of (childrens_warehouse.raw.of_release)."""
        return self.folder / "built_of.json.gz"

    @property
    def lake(self) -> Path:
        """What Spark leaves, and is told before (childrens_warehouse.build.spark); the candidate reads it in place."""
        return self.folder / "lake"

    @property
    def dbt(self) -> Path:
        """dbt's target folder: what it parsed last night saves parsing tonight."""
        return self.folder / "dbt"

    def create(self) -> Workspace:
        self.folder.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
        return self

    def throw_away(self) -> None:
        """Remove the candidate with everything DuckDB may have left beside it."""
        for path in self.folder.glob(f"{self.candidate.name}*"):
            files.remove(path)
        files.remove(self.lake)

    def load(self) -> State | None:
        """The state, or None where there is none that can be read: then nothing here can be trusted."""
        try:
            return State.from_dict(json.loads(self.state.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, state: State) -> State:
        files.write_json(self.state, state.to_dict())
        return state


def throw_all_away(home: Home) -> None:
    """What was built on a raw that is no more is of no use: the next build starts from raw."""
    for state in home.build.glob("**/state.json"):
        workspace = Workspace(state.parent)
        files.remove(state)
        workspace.throw_away()


@contextmanager
def locked(settings: Settings) -> Iterator[int]:
    """Hold the warehouse home's one build lock; yields its descriptor, for children that work under it.

    A child that inherits the descriptor keeps the lock should we be killed: nobody starts beside it.
    Meanwhile every file made, by DuckDB and dbt too, is for its owner alone; what is published is opened on purpose.
    Raises BusyError at once when somebody else holds it.
    """
    settings.home.build.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
    lock = settings.home.build / ".lock"
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
    mask = os.umask(stat.S_IRWXG | stat.S_IRWXO)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"Another build or publication is at work in {settings.home.root}.") from None
        yield descriptor
    finally:
        os.close(descriptor)
        os.umask(mask)


def owned(workspace: Workspace, build_id: str) -> State:
    """The state, if `build_id` still owns the candidate. Raises SupersededError if not."""
    state = workspace.load()
    if state is None:
        raise SupersededError(f"Build {build_id} has no candidate any more: start a new build.")
    if state.build_id != build_id:
        raise SupersededError(f"Build {state.build_id} took the candidate over from {build_id}.")
    return state


@contextmanager
def writing(workspace: Workspace, state: State, step: str) -> Iterator[None]:
    """Mark the candidate as being changed.

    An error marks the build FAILED; a process that dies leaves the mark. Either way the next build starts from
    raw. The caller saves the state that follows on success, without the mark.
    """
    marked = workspace.save(dataclasses.replace(state, in_step=step))
    try:
        yield
    except Exception:
        workspace.save(dataclasses.replace(marked, stage=Stage.FAILED, in_step=None))
        raise


def connect(workspace: Workspace, settings: Settings, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the candidate within the memory and threads we are allowed. Close it before the next step."""
    spill = workspace.folder / "spill"
    return duckdb.connect(
        str(workspace.candidate),
        read_only=read_only,
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
        },
    )


def why_not_reusable(workspace: Workspace, settings: Settings, state: State | None, code: str) -> str | None:
    """The reason why the candidate must be built from raw, in words; None if its partitions can be kept."""
    if settings.known_on is not None or settings.of_release is not None:
        return "a build of the past keeps nothing"
    if state is None or not workspace.candidate.exists():
        return "there is no candidate yet"
    if workspace.lake.exists() != (settings.target == "spark"):
        return "the last build was made by another engine"
    if state.in_step is not None:
        return f"the last build was cut short in {state.in_step}"
    if state.stage in (Stage.FAILED, Stage.REFUSED):
        return f"the last build was {state.stage}"
    if state.code != code:
        return "the code changed"
    try:
        with connect(workspace, settings, read_only=True) as connection:
            found = partition_rows(connection)
    except duckdb.Error:
        return "the candidate cannot be opened"
    # A partition may hold no rows at all; and those the last build had begun to rebuild may be there as well.
    held = {key: dict(each.rows) for key, each in state.held.items() if each.rows}
    if {key: rows for key, rows in found.items() if key in held or key not in state.rebuilt} != held:
        return "the candidate does not hold what it should"
    return None


def partition_rows(connection: duckdb.DuckDBPyConnection) -> dict[PartitionKey, dict[str, int]]:
    """Rows per attendance partition and table, counted."""
    rows: dict[PartitionKey, dict[str, int]] = {}
    for table in partitioned_tables(connection):
        counted = connection.execute(
            f"select authority_code, session_month, count(*) from marts.{sql.name(table)}"
            " group by authority_code, session_month"
        ).fetchall()
        for authority, month, count in counted:
            rows.setdefault((authority, month), {})[table] = count
    return rows


def partitioned_tables(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Those of PARTITIONED that the database has."""
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = 'marts'"
        f" and table_name in ({sql.literals(PARTITIONED)}) order by table_name"
    ).fetchall()
    return tuple(table for (table,) in found)


def is_among(partitions: Iterable[PartitionKey], column: str | None = "session_month") -> str:
    """A SQL condition: is the row in one of these partitions, whose date is in that column?"""
    pairs = ", ".join(f"({sql.literal(authority)}, {sql.literal(date)})" for authority, date in partitions)
    return f"(authority_code, {column}) in ({pairs})" if pairs else "false"
