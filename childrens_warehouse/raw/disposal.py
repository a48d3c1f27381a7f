"""Take the rows of persons whose time is over out of raw and of the restricted store: whole, or not at all.

The files without them are written beside the old ones; one rename puts a list of them in force, and what a killed
process left is taken up by the next disposal, the next build or the next rotation:

    raw/disposal.json                 what is to take the place of what; gone when it has
    .<name of the file>.disposal      a file to be

A file keeps its name, which is that of its original: lineage still leads to the file and row as delivered. What changed
is in its acceptances (rows_loaded, rows_disposed), and so in the fingerprint of everything built of it: a release built
before cannot be made again, and `warehouse reproduce` says why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from childrens_warehouse import sql
from childrens_warehouse.datasets import BY_NAME, Column, Dataset, PersonalData
from childrens_warehouse.identity.evidence import KEY_OF, Kind
from childrens_warehouse.publish import files
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import Acceptance, accepted, write_record
from childrens_warehouse.raw.withdrawals import forget
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home

_PARQUET = "format parquet, compression zstd, parquet_version v2"
_NEW = ".disposal"
# As childrens_warehouse.landing.keep writes the index of registers.
_REGISTER = "supplier, school_urn, session_date"


@dataclass(frozen=True)
class Rewritten:
    """What a disposal took out of raw: files it rewrote, and rows by dataset."""

    files: int
    rows: dict[str, int]


def subject(dataset: Dataset) -> tuple[str, str] | None:
    """SQL of whom a row of raw is about, as (kind, pseudonym); None for a list of no children.

    By the service that delivers it, and where that column is blank by another: a plan of a pupil without a UPN.
    """
    columns = {str(column.raw_name) for column in dataset.raw_columns}
    own = Kind(dataset.source.value)
    kinds = [kind for kind in (own, *(each for each in Kind if each is not own)) if KEY_OF[kind] in columns]
    if not kinds:
        return None
    cases = " ".join(f"when {KEY_OF[kind]} is not null then {sql.literal(kind)}" for kind in kinds)
    return f"case {cases} end", f"coalesce({', '.join(KEY_OF[kind] for kind in kinds)})"


def take_out(home: Home, connection: duckdb.DuckDBPyConnection, disposal_id: str) -> Rewritten:
    """Take rows out, whose (authority, dataset, kind, key) are in the table `due_row` of the connection.

    Under the lock of the builds (candidate.locked). The connection must spill into the restricted store, if at all.
    """
    finish(home)
    _sweep(home)
    wanted = set(connection.execute("select distinct authority, dataset from due_row").fetchall())
    contents = {
        each.content(home): each for each in accepted(home) if (each.authority, each.dataset) in wanted
    }  # several acceptances share one content
    pending: dict[Path, Path] = {}
    rows: dict[str, int] = {}
    for _, each in sorted(contents.items(), key=lambda pair: pair[0]):
        if gone := _without(home, connection, each, pending):
            rows[each.dataset] = rows.get(each.dataset, 0) + gone
    if pending:
        told = [[str(new.relative_to(home.root)), str(path.relative_to(home.root))] for path, new in pending.items()]
        files.write_json(_journal(home), {"disposal_id": disposal_id, "files": told})
        finish(home)
    return Rewritten(sum(path.parent.name == "content" for path in pending), rows)


def begun(home: Home) -> set[Path]:
    """The files that a disposal replaces which counts and is not all in its place."""
    try:
        told = json.loads(_journal(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return set()
    return {home.root / path for _, path in told["files"]}


def finish(home: Home) -> bool:
    """Put in force what a disposal has written down as complete; safe to call again. Was there anything?"""
    try:
        told = json.loads(_journal(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    with epoch.held(home, alone=True):
        touched = set()
        for new, path in ((home.root / new, home.root / path) for new, path in told["files"]):
            if new.exists():
                files.replace(new, path)
            touched.add(path)
        for each in accepted(home):
            content = each.content(home)
            if content in touched:
                left = pq.read_metadata(content).num_rows
                disposed = each.rows_read - each.rows_refused - left
                if (each.rows_loaded, each.rows_disposed) != (left, disposed):
                    write_record(replace(each, rows_loaded=left, rows_disposed=disposed), home)
                forget(home, each)
        files.remove(_journal(home))
        files.flush(home.raw)
    return True


def _without(home: Home, connection: duckdb.DuckDBPyConnection, each: Acceptance, pending: dict[Path, Path]) -> int:
    """Write a content, and what belongs to it, without the rows that are due; returns how many these are."""
    dataset, content = BY_NAME[each.dataset], each.content(home)
    about = subject(dataset)
    if about is None:
        return 0
    connection.execute(
        f"""
        create or replace temp table gone as
        select c._source_row from read_parquet({sql.literal(content)}) as c
        inner join due_row as d on d.kind = {about[0]} and d.key = {about[1]}
        where d.authority = {sql.literal(each.authority)} and d.dataset = {sql.literal(dataset.name)}
        """
    )
    (gone,) = connection.execute("select count(*) from gone").fetchone() or (0,)
    if not gone:
        return 0

    def put(path: Path, query: str) -> None:
        new = path.with_name(f".{path.name}{_NEW}")
        connection.execute(f"copy ({query}) to {sql.literal(new)} ({_PARQUET})")
        new.chmod(OWNER_ONLY_FILE)
        files.flush(new)
        pending[path] = new

    stays = "_source_row not in (select _source_row from gone)"
    put(content, f"select * from read_parquet({sql.literal(content)}) where {stays}")
    if each.registers(home).exists():
        put(
            each.registers(home),
            f"select _source_file as source_file, {_REGISTER}, count(*) as rows from"
            f" read_parquet({sql.literal(pending[content])}) group by source_file, {_REGISTER} order by {_REGISTER}",
        )
    folder = home.restricted / each.dataset / each.authority
    persons, identities = (folder / f"{content.stem}.{what}.parquet" for what in ("persons", "identities"))
    if identities.exists():
        told = " union all ".join(_identities_of_rows(dataset, content, persons))
        put(
            identities,
            f"""
            with told as ({told}), by_row as (select distinct domain, key, value, {stays} as stays from told)
            select i.* from read_parquet({sql.literal(identities)}) as i
            where not ({_among("key", "not stays")} or {_among("value", "not stays")})
                or {_among("key", "stays")} or {_among("value", "stays")}
            order by i.domain, i.value
            """,
        )
    if persons.exists():
        put(persons, f"select * from read_parquet({sql.literal(persons)}) where {stays}")
    return int(gone)


def _among(column: str, condition: str) -> str:
    """Is an identity said by a row that goes, or stays?"""
    rows = f"select (domain, {column}) from by_row where {column} is not null and {condition}"
    return f"coalesce((i.domain, i.{column}) in ({rows}), false)"


def _identities_of_rows(dataset: Dataset, content: Path, persons: Path) -> Iterator[str]:
    """SQL of (domain, key, value, _source_row): what each row says of whom, by pseudonym and as delivered."""
    for column in dataset.raw_columns:
        if domain := domain_of(column):
            yield (
                f"select {sql.literal(domain)} as domain, {sql.name(str(column.raw_name))} as key,"
                f" cast(null as varchar) as value, _source_row from read_parquet({sql.literal(content)})"
                f" where {sql.name(str(column.raw_name))} is not null"
            )
    for column in dataset.identity_columns if persons.exists() else ():
        if domain := domain_of(column):
            name = sql.name(column.name.lower())
            yield (
                f"select {sql.literal(domain)}, cast(null as bigint), {name}, _source_row"
                f" from read_parquet({sql.literal(persons)}) where {name} is not null"
            )


def domain_of(column: Column) -> str:
    """The pseudonym domain of a column, or an empty text."""
    if column.identifier:
        return column.identifier.value
    return "postcode" if column.personal is PersonalData.POSTCODE else ""


def left_over(home: Home) -> Iterable[Path]:
    """Files to be of a disposal that never came to count."""
    for pattern in (f"raw/*/*/content/.*{_NEW}", f"restricted/*/*/.*{_NEW}"):
        yield from home.root.glob(pattern)


def _sweep(home: Home) -> None:
    for path in left_over(home):
        path.unlink(missing_ok=True)


def _journal(home: Home) -> Path:
    return home.raw / "disposal.json"
