"""Whose rows are due by the schedule: counted from birth, from the end of care or from the end of a case.

Everything that raw holds is asked, replaced files too. A date counts as the newest file says it; of a birth or a death
raw knows the month, so both count from its end. Identities that linking holds for one child are one person; where
several classes govern a person's rows of a list, the one that keeps them longest counts.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb
import pyarrow as pa

from childrens_warehouse import sql
from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.decisions.holds import EVERY_CLASS, Hold
from childrens_warehouse.decisions.keyed import Person
from childrens_warehouse.identity import persons as described
from childrens_warehouse.identity.child_identity import Linking, link
from childrens_warehouse.privacy.retention.schedule import Layer, RecordClass, Trigger
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.raw.disposal import subject
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.settings import Settings

# List -> (the day something ended, SQL of a row that ends it by death). A blank day: it goes on.
_ENDS = {
    Trigger.END_OF_CARE: {"ssda903_episodes": "dec", "annex_a_8_children_in_care": "ended_on"},
    Trigger.END_OF_CASE: {"cin_details": "closure_date", "annex_a_6_children_in_need": "closed_on"},
}
# Of lists that say nothing of a death but that the episode ended by it.
_DIED_IN_CARE = {"ssda903_episodes": "case when rec = 'E2' then date_trunc('month', dec) end"}
_DEATHS = {"persons": "death_month", "cin_child": "date_trunc('month', died_on)", **_DIED_IN_CARE}


class State(StrEnum):
    """due: may go. held: due, but for a legal hold. kept: its time is not over. unknown: the day it counts from is."""

    DUE = "due"
    HELD = "held"
    KEPT = "kept"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Counted:
    """What a class governs of an authority, in one state."""

    record_class: str
    authority: str
    state: State
    persons: int
    rows: int


@dataclass
class Examined:
    """The tables of a private connection, and what they come to.

    identity (authority, kind, key, person)          whom each identity is of
    held     (authority, dataset, kind, key, content, rows)   where raw has rows about whom
    due_row  (authority, dataset, kind, key, record_class)    whose rows of which list are to go
    """

    connection: duckdb.DuckDBPyConnection
    counted: tuple[Counted, ...]

    def identities(self, persons: Iterable[Person]) -> set[Person]:
        """These identities, and all others of the same persons."""
        found = set(persons)
        for each in tuple(found):
            found |= {
                Person.of(authority, (kind, key))
                for authority, kind, key in self.connection.execute(
                    "select o.authority, o.kind, o.key from identity as i inner join identity as o using (person)"
                    " where i.authority = ? and i.kind = ? and i.key = ?",
                    [each.authority, each.kind, each.key],
                ).fetchall()
            }
        return found

    def due_persons(self) -> set[Person]:
        """All identities of the persons of whom anything is due."""
        rows = self.connection.execute(
            "select distinct o.authority, o.kind, o.key from due_row as d inner join identity as i"
            " using (authority, kind, key) inner join identity as o using (person)"
        ).fetchall()
        return {Person.of(authority, (kind, key)) for authority, kind, key in rows}

    def due_contents(self) -> set[Path]:
        """The files of raw that have rows that are due."""
        rows = self.connection.execute(
            "select distinct h.content from held as h inner join due_row as d using (authority, dataset, kind, key)"
        ).fetchall()
        return {Path(content) for (content,) in rows}

    def contents_of(self, persons: Iterable[Person]) -> set[Path]:
        """The files of raw that have rows of these identities."""
        found: set[Path] = set()
        for each in persons:
            rows = self.connection.execute(
                "select distinct content from held where authority = ? and kind = ? and key = ?",
                [each.authority, each.kind, each.key],
            ).fetchall()
            found |= {Path(content) for (content,) in rows}
        return found


def linking(settings: Settings) -> Linking:
    """Who is who, of the files in force."""
    force = in_force(settings)
    with duckdb.connect() as connection:
        create_raw_schema(connection, settings, force, [], with_children=False)
        return link(connection, settings, force.extracts, force.decisions)


@contextlib.contextmanager
def examined(
    settings: Settings, classes: Sequence[RecordClass], holds: Sequence[Hold], today: dt.date
) -> Iterator[Examined]:
    """Look at everything raw holds, by the classes of raw; the connection spills into the restricted store alone."""
    of_raw = [each for each in classes if each.layer is Layer.RAW]
    found = linking(settings) if of_raw or any(hold.person for hold in holds) else Linking([], None)  # type: ignore[arg-type]
    with described.private_connection(settings) as connection:
        connection.execute(
            "create table seen (authority varchar, dataset varchar, kind varchar, key bigint, content varchar,"
            " stamp timestamp, rows bigint, birth date, death date, ended date, is_open boolean)"
        )
        if found.identities:
            _read(settings, connection)
        connection.execute(
            "create table held as select authority, dataset, kind, key, content, rows from seen where key is not null"
        )
        _create_identity(connection, found)
        _create_facts(connection)
        _create_due(connection, of_raw, today)
        _hold(connection, holds)
        yield Examined(connection, _counted(connection))


def _read(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """`seen`: per file of raw and person named in it, how many rows and what they say of birth, death and ends."""
    contents: dict[tuple[str, str], dict[Path, dt.datetime]] = {}
    for each in accepted(settings.home):
        if each.dataset in BY_NAME and subject(BY_NAME[each.dataset]):
            stamps = contents.setdefault((each.authority, each.dataset), {})
            path = each.content(settings.home)
            stamps[path] = max(each.generated_at, stamps.get(path, each.generated_at))
    for (authority, name), stamps in sorted(contents.items()):
        connection.execute("create or replace temp table stamped (content varchar, stamp timestamp)")
        connection.executemany(
            "insert into stamped values (?, ?)",
            [(str(path), stamp.replace(tzinfo=None)) for path, stamp in stamps.items()],
        )
        dataset = BY_NAME[name]
        kind, key = subject(dataset) or ("null", "null")
        columns = {str(column.raw_name) for column in dataset.raw_columns}
        ended = next((ends[name] for ends in _ENDS.values() if name in ends), None)
        connection.execute(
            f"""
            insert into seen
            select
                {sql.literal(authority)}, {sql.literal(name)}, {kind}, {key}, filename, any_value(s.stamp), count(*),
                max({"birth_month" if "birth_month" in columns else "cast(null as date)"}),
                max(cast({_DEATHS.get(name, "null")} as date)),
                max({ended or "cast(null as date)"}),
                {f"bool_or({ended} is null)" if ended else "false"}
            from read_parquet({sql.file_list(sorted(stamps))}, union_by_name = true, filename = true) as r
            inner join stamped as s on r.filename = s.content
            group by all
            """
        )


def _create_identity(connection: duckdb.DuckDBPyConnection, found: Linking) -> None:
    children = [each.child for each in found.joined.identities] if found.identities else []
    linked = pa.table(
        {
            "authority": pa.array([each.authority for each in found.identities], pa.string()),
            "kind": pa.array([str(each.kind) for each in found.identities], pa.string()),
            "key": pa.array([each.key for each in found.identities], pa.int64()),
            "person": pa.array(children, pa.int64()),
        }
    )
    connection.register("linked", linked)
    connection.execute(
        """
        create table identity as
        select * from linked
        union all by name
        -- named by replaced files alone, or in registers
        select authority, kind, key, -row_number() over (order by authority, kind, key) as person
        from (
            select distinct authority, kind, key from held
            except select authority, kind, key from linked
        )
        """
    )
    connection.unregister("linked")


def _create_facts(connection: duckdb.DuckDBPyConnection) -> None:
    """`fact`: per person what the newest file says, each date as the first day that counts."""
    goes_on = " ".join(
        f"coalesce(bool_or(s.is_open and s.dataset in ({sql.literals(ends)})), false) as {trigger}_open,"
        f" max(s.ended) filter (where s.dataset in ({sql.literals(ends)})) as {trigger}_on,"
        for trigger, ends in _ENDS.items()
    )
    connection.execute(
        f"""
        create table fact as
        with newest as (
            select *, stamp = max(stamp) over (partition by authority, dataset, kind, key) as is_newest from seen
        )
        select
            i.person, {goes_on}
            cast(date_trunc('month', arg_max(s.birth, s.stamp) filter (where s.birth is not null))
                + interval 1 month as date) as birth_on,
            cast(date_trunc('month', max(s.death)) + interval 1 month as date) as death_on
        from (select * replace (is_open and is_newest as is_open) from newest) as s
        inner join identity as i using (authority, kind, key)
        group by i.person
        """
    )


def _create_due(connection: duckdb.DuckDBPyConnection, classes: Sequence[RecordClass], today: dt.date) -> None:
    """`governed`: per person and list the class that keeps its rows longest, and whether their time is over."""
    connection.execute(
        "create table governed (person bigint, authority varchar, dataset varchar, record_class varchar, state varchar)"
    )
    if not classes:
        return
    parts = []
    for each in classes:
        of = (
            f" and h.person in (select i.person from held as x inner join identity as i using (authority, kind, key)"
            f" where x.dataset in ({sql.literals(each.persons)}))"
            if each.persons
            else ""
        )
        day, goes_on = _day_of(each)
        parts.append(
            f"select h.person, h.authority, h.dataset, {sql.literal(each.name)} as record_class,"
            f" cast({day} as date) as over_on, {goes_on} as goes_on"
            f" from held_person as h inner join fact as f using (person)"
            f" where h.dataset in ({sql.literals(each.datasets)}){of}"
        )
    connection.execute(
        f"""
        insert into governed
        with held_person as (
            select distinct i.person, h.authority, h.dataset
            from held as h inner join identity as i using (authority, kind, key)
        ),
        applying as ({" union all ".join(parts)})
        select
            person, authority, dataset,
            arg_max(record_class, case when goes_on or over_on is null then date '9999-12-31' else over_on end),
            case
                when bool_or(goes_on) then 'kept'
                when bool_or(over_on is null) then 'unknown'
                when max(over_on) <= {sql.literal(today)} then 'due'
                else 'kept'
            end
        from applying
        group by person, authority, dataset
        """
    )


def _day_of(each: RecordClass) -> tuple[str, str]:
    """SQL of the day on which a person's time is over by a class, and of whether it has not begun to run."""
    if each.trigger is Trigger.BIRTH:
        day, goes_on = f"f.birth_on + interval {each.months} month", "false"
    else:
        day, goes_on = f"f.{each.trigger}_on + interval {each.months} month", f"f.{each.trigger}_open"
    if each.died_before is not None and each.months_after_death is not None:
        day = (
            f"case when f.death_on < f.birth_on + interval {12 * each.died_before} month"
            f" then f.death_on + interval {each.months_after_death} month else {day} end"
        )
    return day, goes_on


def _hold(connection: duckdb.DuckDBPyConnection, holds: Sequence[Hold]) -> None:
    """Legal holds win: of a person everything, of a class all of it. Then `due_row`."""
    for hold in holds:
        if hold.person:
            connection.execute(
                "update governed set state = 'held' where state = 'due' and person in"
                " (select person from identity where authority = ? and kind = ? and key = ?)",
                [hold.person.authority, hold.person.kind, hold.person.key],
            )
        else:
            is_all = hold.record_class == EVERY_CLASS
            of_class = "true" if is_all else f"record_class = {sql.literal(hold.record_class)}"
            of_authority = f"authority = {sql.literal(hold.authority)}" if hold.authority else "true"
            connection.execute(
                f"update governed set state = 'held' where state = 'due' and {of_class} and {of_authority}"
            )
    connection.execute(
        """
        create table due_row as
        select h.authority, h.dataset, h.kind, h.key, any_value(g.record_class) as record_class
        from held as h
        inner join identity as i using (authority, kind, key)
        inner join governed as g on g.person = i.person and g.authority = h.authority and g.dataset = h.dataset
        where g.state = 'due'
        group by h.authority, h.dataset, h.kind, h.key
        """
    )


def _counted(connection: duckdb.DuckDBPyConnection) -> tuple[Counted, ...]:
    rows = connection.execute(
        """
        select g.record_class, g.authority, g.state, count(distinct g.person), cast(sum(h.rows) as bigint)
        from governed as g
        inner join identity as i using (person)
        inner join held as h
            on h.authority = i.authority and h.kind = i.kind and h.key = i.key
            and h.authority = g.authority and h.dataset = g.dataset
        group by all order by all
        """
    ).fetchall()
    return tuple(
        Counted(name, authority, State(state), persons, rows) for name, authority, state, persons, rows in rows
    )
