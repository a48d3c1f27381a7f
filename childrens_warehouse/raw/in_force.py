"""Which files are in force at K, and the schema `raw` that dbt reads.

In force at K is, per authority, dataset and scope, the accepted file with the newest stamp not later than K.
A `full` file also puts out of force the collection years that were stamped before it. Attendance is settled
register by register: supplier, school and date.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from childrens_warehouse import sql
from childrens_warehouse.build import kept_back
from childrens_warehouse.build.kept_back import KeptBack
from childrens_warehouse.build.raw_schema import create_empty, typed_columns
from childrens_warehouse.datasets import ALL, BY_NAME, Coverage, Dataset
from childrens_warehouse.decisions import neighbours, rectifications, restrictions
from childrens_warehouse.decisions.neighbours import Neighbour
from childrens_warehouse.decisions.rectifications import Rectification
from childrens_warehouse.decisions.restrictions import Restriction
from childrens_warehouse.identity import child_identity, decisions
from childrens_warehouse.identity.decisions import Decision
from childrens_warehouse.raw.acceptance import Acceptance, accepted
from childrens_warehouse.raw.withdrawals import Withdrawal, insert, withdrawals
from childrens_warehouse.settings import Settings
from childrens_warehouse.signing import sign_offs
from childrens_warehouse.signing.sign_offs import SignOff


@dataclass(frozen=True)
class Partition:
    """Attendance of one authority and month. `fingerprint` changes when and only when its rows do."""

    authority: str
    month: dt.date
    fingerprint: str
    rows: int


@dataclass(frozen=True)
class InForce:
    """The files in force at `known_on` (None: now). `fingerprint` is the same for any order of arrival.

    kept_back: authorities of which it is not what is in force that counts, but what the published release has.
    """

    extracts: tuple[Acceptance, ...]
    rows_in_force: dict[tuple[str, str], int]
    partitions: tuple[Partition, ...]
    withdrawn: tuple[Withdrawal, ...]
    as_at: dt.date | None
    known_on: dt.datetime | None
    decisions: tuple[Decision, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    rectifications: tuple[Rectification, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    kept_back: tuple[KeptBack, ...] = ()

    @property
    def authorities(self) -> frozenset[str]:
        return frozenset(each.authority for each in self.extracts)

    def of(self, authority: str) -> InForce:
        """The part that is about one authority; decisions are of all."""
        return self._only(lambda code: code == authority)

    def without(self, authorities: Collection[str]) -> InForce:
        return self._only(lambda code: code not in authorities)

    def and_of(self, other: InForce) -> InForce:
        """With what counts of other authorities; the night is the newest of both."""
        extracts = (*self.extracts, *other.extracts)
        return replace(
            self,
            extracts=tuple(sorted(extracts, key=_in_order)),
            rows_in_force={**self.rows_in_force, **other.rows_in_force},
            partitions=tuple(
                sorted((*self.partitions, *other.partitions), key=lambda each: (each.authority, each.month))
            ),
            withdrawn=(*self.withdrawn, *other.withdrawn),
            as_at=max((each.extract_date for each in extracts), default=None),
        )

    def _only(self, is_wanted: Callable[[str], bool]) -> InForce:
        extracts = tuple(each for each in self.extracts if is_wanted(each.authority))
        return replace(
            self,
            extracts=extracts,
            partitions=tuple(each for each in self.partitions if is_wanted(each.authority)),
            withdrawn=tuple(each for each in self.withdrawn if is_wanted(each.newer.authority)),
            as_at=max((each.extract_date for each in extracts), default=None),
            kept_back=(),
        )

    @property
    def fingerprint(self) -> str:
        told = [f"known_on={self.known_on}", f"as_at={self.as_at}"]
        told += sorted(
            f"{each.authority}/{each.dataset}/{each.scope}/{each.sha256}/{each.extract_date}/{each.key_id}/"
            f"{each.rows_loaded}/{each.derived_with}"
            for each in self.extracts
        )
        told += [f"{each.authority}/{each.month}/{each.fingerprint}" for each in self.partitions]
        told.append(f"links={decisions.fingerprint(self.decisions)}")
        told.append(f"sign_offs={sign_offs.fingerprint(self.sign_offs)}")
        told.append(f"restrictions={restrictions.fingerprint(self.restrictions)}")
        told.append(f"rectifications={rectifications.fingerprint(self.rectifications)}")
        told.append(f"neighbours={neighbours.fingerprint(self.neighbours)}")
        told += sorted(f"{each.withdrawn_on}/{each.path.name}" for each in self.withdrawn)
        if self.kept_back:
            told.append(f"kept_back={kept_back.told(self.kept_back)}")
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def in_force(settings: Settings, known_on: dt.datetime | None = None) -> InForce:
    """What counts at `known_on`, all of it under one pseudonym key."""
    by_dataset: dict[tuple[str, str], list[Acceptance]] = defaultdict(list)
    for each in accepted(settings.home):
        if each.dataset in BY_NAME and (known_on is None or each.generated_at <= known_on):
            by_dataset[each.authority, each.dataset].append(each)

    return settle(
        settings,
        by_dataset,
        tuple(withdrawals(settings.home, (each for acceptances in by_dataset.values() for each in acceptances))),
        known_on,
        known_on,
        # Who may not be shown today may not be shown as known on an earlier day either.
        restricted_until=None,
        neighbourhood=neighbours.on_file(settings.home),
    )


def settle(
    settings: Settings,
    by_dataset: Mapping[tuple[str, str], list[Acceptance]],
    withdrawn: tuple[Withdrawal, ...],
    known_on: dt.datetime | None,
    decided_until: dt.datetime | None,
    restricted_until: dt.datetime | None,
    neighbourhood: tuple[Neighbour, ...],
) -> InForce:
    """What counts among these files, by authority and dataset; decisions made later than `decided_until` do not."""
    restricted = restrictions.on_file(settings.home, restricted_until)
    rectified = rectifications.on_file(settings.home, decided_until)
    extracts: list[Acceptance] = []
    rows: dict[tuple[str, str], int] = {}
    partitions: list[Partition] = []
    for (authority, dataset), acceptances in sorted(by_dataset.items()):
        if BY_NAME[dataset].coverage is Coverage.SCHOOL_DATE:
            registers = _Registers(settings, acceptances)
            extracts += registers.files_in_force()
            rows |= {(dataset, file_id): count for file_id, count in registers.rows_by_file().items()}
            partitions += _as_decided(registers.partitions(authority), dataset, restricted, rectified)
        else:
            winners = newest_per_scope(acceptances)
            extracts += winners
            rows |= {(dataset, each.file_id): each.rows_loaded for each in winners}
    return InForce(
        extracts=tuple(sorted(extracts, key=_in_order)),
        rows_in_force=rows,
        partitions=tuple(sorted(partitions, key=lambda each: (each.authority, each.month))),
        withdrawn=withdrawn,
        as_at=max((each.extract_date for each in extracts), default=None),
        known_on=known_on,
        decisions=decisions.on_file(settings.home, decided_until),
        sign_offs=sign_offs.on_file(settings.home, decided_until),
        restrictions=restricted,
        rectifications=rectified,
        neighbours=neighbourhood,
    )


def _in_order(each: Acceptance) -> tuple[str, ...]:
    return each.authority, each.dataset, each.scope, each.sha256


def _as_decided(
    partitions: list[Partition], dataset: str, restricted: Sequence[Restriction], rectified: Sequence[Rectification]
) -> list[Partition]:
    """Partitions whose fingerprints tell of what people decided, where they decided anything."""
    told = []
    for each in partitions:
        said = rectifications.fingerprint(
            one for one in rectified
            if (one.authority, one.dataset, one.month) == (each.authority, dataset, each.month)
        )  # fmt: skip
        decided = (restrictions.fingerprint(restricted, each.authority), said)
        if decided != ("none", "none"):
            text = "\n".join((each.fingerprint, *decided))
            each = replace(each, fingerprint=hashlib.sha256(text.encode()).hexdigest())
        told.append(each)
    return told


def newest_per_scope(acceptances: Iterable[Acceptance]) -> list[Acceptance]:
    """Of each scope the newest; of these, no year that a full list of the same age or newer replaced, as in dbt."""
    newest: dict[str, Acceptance] = {}
    for each in acceptances:
        if each.scope not in newest or newest[each.scope].order < each.order:
            newest[each.scope] = each
    full = newest.get(Coverage.FULL)
    return [
        each
        for each in newest.values()
        if full is None or each.scope == Coverage.FULL or full.generated_at < each.generated_at
    ]


def create_raw_schema(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    force: InForce,
    rebuild: Collection[tuple[str, dt.date]],
    with_children: bool = True,
) -> None:
    """Create the schema `raw` (docs/architecture.md) in a candidate.

    rebuild: (authority, month) of the attendance partitions to be built; `raw.attendance` holds only their rows.
    with_children: fill `raw.child_identity` too, which needs names and takes longest.
    """
    create_empty(connection)
    if force.as_at is None:
        connection.execute("delete from raw.night")
        return
    connection.execute("delete from raw.night")
    connection.execute(
        f"insert into raw.night select {sql.literal(force.as_at)}, cast({sql.literal(force.known_on)} as timestamp)"
    )
    _insert(
        connection,
        "raw.extract",
        [
            (
                each.authority, each.source, each.dataset, each.scope, each.file_id, each.file_name,
                each.extract_date, each.generated_at.replace(tzinfo=None), each.rows_read - each.rows_disposed,
                each.rows_loaded, each.rows_refused, force.rows_in_force[each.dataset, each.file_id],
            )
            for each in force.extracts
        ],
    )  # fmt: skip
    wanted = set(rebuild)
    columns = [row[0] for row in connection.execute("describe raw.attendance_partition").fetchall()]
    _insert(
        connection,
        "raw.attendance_partition",
        [
            tuple(
                {
                    "authority_code": each.authority,
                    "session_month": each.month,
                    "fingerprint": each.fingerprint,
                    "is_rebuilt": (each.authority, each.month) in wanted,
                    "rows_in_force": each.rows,
                }[column]
                for column in columns
            )
            for each in force.partitions
        ],
    )
    _insert_withdrawals(connection, settings, force)
    sign_offs.fill(connection, settings.home, force.sign_offs)
    neighbours.fill(connection, force.neighbours)
    restrictions.fill(connection, force.restrictions)
    for dataset in ALL:
        of_dataset = [each for each in force.extracts if each.dataset == dataset.name]
        if dataset.coverage is Coverage.SCHOOL_DATE:
            known = {(each.authority, each.month) for each in force.partitions}
            _create_attendance_view(connection, settings, dataset, of_dataset, wanted, known, force.rectifications)
        elif of_dataset:
            parts = [_select(settings, dataset, each, force.rectifications) for each in of_dataset]
            connection.execute(f"create or replace view raw.{dataset.name} as {' union all '.join(parts)}")
    if with_children:
        child_identity.fill(connection, settings, force.extracts, force.decisions, keep_scores=force.known_on is None)


def _insert_withdrawals(connection: duckdb.DuckDBPyConnection, settings: Settings, force: InForce) -> None:
    """`raw.withdrawal`: what disappeared from a list, and whether the list has it again."""
    contents: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for each in force.extracts:
        contents[each.authority, each.dataset].append(each.content(settings.home))
    for withdrawal in force.withdrawn:
        in_force = contents[withdrawal.newer.authority, withdrawal.newer.dataset]
        insert(connection, settings.home, withdrawal, in_force)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into {table} values ({marks})", rows)


def _select(
    settings: Settings, dataset: Dataset, each: Acceptance, rectified: Sequence[Rectification], where: str = ""
) -> str:
    """The rows of one accepted file with the lineage its acceptance gives, corrected where somebody decided so."""
    said = rectifications.of_file(rectified, each.authority, dataset.name, each.scope)
    lineage = {
        "_authority_code": sql.literal(each.authority),
        "_collection_year": f"cast({sql.literal(each.collection_year)} as integer)",
        "_stamp": sql.literal(each.generated_at),
        "_source_file": sql.literal(each.file_id),
    }
    content = each.content(settings.home)
    there = set(pq.read_schema(content).names)

    def column(name: str, kind: str) -> str:
        if name in lineage:
            return f"{lineage[name]} as {name}"
        # Declared after the file was landed: what it said of that is in the archive, not in raw.
        if name not in there:
            return f"cast(null as {kind}) as {sql.name(name)}"
        return f"{rectifications.corrected(dataset, name, kind, said)} as {sql.name(name)}" if said else sql.name(name)

    columns = ", ".join(column(name, kind) for name, kind in typed_columns(dataset))
    return f"select {columns} from read_parquet({sql.literal(content)}) as delivered {where}"


def _create_attendance_view(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    dataset: Dataset,
    extracts: list[Acceptance],
    wanted: set[tuple[str, dt.date]],
    known: set[tuple[str, dt.date]],
    rectified: Sequence[Rectification],
) -> None:
    """`raw.attendance`: of the files that touch a month to be rebuilt, the registers that are in force.

    known: every (authority, month) of which there is a register.
    """
    connection.execute(
        "create or replace table raw.attendance_out_of_force "
        "(source_file varchar, supplier varchar, school_urn integer, session_date date)"
    )
    parts = []
    for authority in sorted({each.authority for each in extracts}):
        registers = _Registers(settings, [each for each in extracts if each.authority == authority])
        months = {month for code, month in wanted if code == authority}
        ranges = _ranges(months, {month for code, month in known if code == authority})
        for each, beaten in registers.contributing(months):
            dates = " or ".join(
                f"session_date between {sql.literal(first)} and {sql.literal(last)}" for first, last in ranges
            )
            where = f"where ({dates})"
            if beaten:
                _insert(connection, "raw.attendance_out_of_force", [(each.file_id, *register) for register in beaten])
                same = " and ".join(
                    f"beaten.{column} = delivered.{column}" for column in ("supplier", "school_urn", "session_date")
                )
                where += (
                    " and not exists (select 1 from raw.attendance_out_of_force as beaten"
                    f" where beaten.source_file = {sql.literal(each.file_id)} and {same})"
                )
            parts.append(_select(settings, dataset, each, rectified, where))
    if parts:
        connection.execute(f"create or replace view raw.{dataset.name} as {' union all '.join(parts)}")


def _ranges(wanted: set[dt.date], known: set[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """First and last days that hold the wanted months and no other that has rows: every row is compared with each."""
    ranges: list[tuple[dt.date, dt.date]] = []
    follows_on = False
    for month in sorted(wanted | known):
        if month not in wanted:
            follows_on = False
        elif follows_on:
            ranges[-1] = (ranges[-1][0], _last_day(month))
        else:
            ranges.append((month, _last_day(month)))
            follows_on = True
    return ranges


def _last_day(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


class _Registers:
    """The registers (supplier, school, date) of one authority's attendance files, and which file wins each."""

    def __init__(self, settings: Settings, acceptances: list[Acceptance]) -> None:
        # The same content under several stamps counts with its newest.
        newest: dict[str, Acceptance] = {}
        for each in acceptances:
            if each.file_id not in newest or newest[each.file_id].order < each.order:
                newest[each.file_id] = each
        self._files = newest
        self._connection = duckdb.connect()
        ranked = sorted(newest.values(), key=lambda each: each.order)
        self._connection.execute("create table files (source_file varchar, rank integer)")
        _insert(self._connection, "files", [(each.file_id, rank) for rank, each in enumerate(ranked)])
        paths = sql.file_list(each.registers(settings.home) for each in ranked)
        self._connection.execute(
            f"""
            create table registers as
            with delivered as (
                select r.source_file, r.supplier, r.school_urn, r.session_date, r.rows, f.rank
                from read_parquet({paths}) as r
                inner join files as f on r.source_file = f.source_file
            )
            select *, rank = max(rank) over (partition by supplier, school_urn, session_date) as is_in_force
            from delivered
            """
        )

    def files_in_force(self) -> list[Acceptance]:
        return [self._files[file_id] for file_id in self.rows_by_file()]

    def rows_by_file(self) -> dict[str, int]:
        rows = self._connection.execute(
            "select source_file, cast(sum(rows) as bigint) from registers where is_in_force group by source_file"
        ).fetchall()
        return {str(file_id): int(count) for file_id, count in rows}

    def partitions(self, authority: str) -> list[Partition]:
        # Content is named by its own hash and key, so "which content wins each register" says everything about the
        # rows, but how many of them were set aside: that changes when the file is judged again.
        rows = self._connection.execute(
            """
            select
                cast(date_trunc('month', session_date) as date) as month,
                sha256(concat(?, chr(10), string_agg(
                    concat_ws('|', supplier, school_urn, session_date, source_file, rows), chr(10)
                    order by supplier, school_urn, session_date
                ))) as fingerprint,
                cast(sum(rows) as bigint) as rows
            from registers
            where is_in_force
            group by month
            """,
            [" ".join(sorted({each.key_id for each in self._files.values()}))],
        ).fetchall()
        return [Partition(authority, month, str(fingerprint), int(count)) for month, fingerprint, count in rows]

    def contributing(self, months: set[dt.date]) -> list[tuple[Acceptance, list[tuple[str, int, dt.date]]]]:
        """Per file that has a register in force in `months`: its registers in them that are not in force."""
        if not months:
            return []
        within = f"cast(date_trunc('month', session_date) as date) in ({sql.literals(sorted(months))})"
        files = self._connection.execute(
            f"select distinct source_file from registers where is_in_force and {within} order by source_file"
        ).fetchall()
        beaten: dict[str, list[tuple[str, int, dt.date]]] = defaultdict(list)
        for file_id, *register in self._connection.execute(
            "select source_file, supplier, school_urn, session_date from registers "
            f"where not is_in_force and {within} order by all"
        ).fetchall():
            beaten[str(file_id)].append(tuple(register))  # type: ignore[arg-type]
        return [(self._files[str(file_id)], beaten[str(file_id)]) for (file_id,) in files]
