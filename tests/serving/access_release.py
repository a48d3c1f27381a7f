"""Releases of a few children, put on the server as the loader does, for tests of who may read what.

Children 1 to 3 are of team North, 4 to 6 of South; 7 has left North for South. Pupil 1001 is child 1, and so on; pupil
1050 is no child that social care knows. Worker 91 is North's, 92 South's, 93 held the case of child 1 before worker 91.
Children 8 and 9 are of authority 846.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from childrens_warehouse.publish.tables import Column, Table
from childrens_warehouse.serving import access, names
from childrens_warehouse.serving.names import MARTS, MARTS_AGGREGATE, STORE, ReleaseSchemas, StoredTable
from childrens_warehouse.serving.readers import Reader, Role, Verdict

NIGHT = dt.date(2017, 5, 31)
NORTH, SOUTH, MOVED, ELSEWHERE = (1, 2, 3), (4, 5, 6), 7, (8, 9)

_TYPES = {"text": "VARCHAR", "bigint": "BIGINT", "date": "DATE", "integer": "INTEGER", "boolean": "BOOLEAN"}


def table(name: str, **columns: str) -> Table:
    """A table as a release tells of it."""
    return Table(name, tuple(Column(each, _TYPES[kind], True, None) for each, kind in columns.items()), (), None)


TABLES = (
    table("release", release_id="text", as_at="date"),
    table("dim_child", authority_code="text", child_key="bigint", sex_code="text"),
    table("dim_worker", authority_code="text", worker_key="bigint"),
    table("dim_team", authority_code="text", team_name="text"),
    table("fct_allocation", authority_code="text", child_key="bigint", worker_role_code="text", worker_key="bigint",
          started_on="date", ended_on="date", team_name="text"),
    table("fct_placement", authority_code="text", child_key="bigint", placement_type_code="text"),
    table("bridge_pupil_child", authority_code="text", pupil_key="bigint", child_key="bigint"),
    table("fct_attendance_pupil_month", authority_code="text", pupil_key="bigint", session_month="date",
          absent_sessions="integer"),
    table("fct_data_quality_finding", authority_code="text", rule_code="text", child_key="bigint", pupil_key="bigint"),
    table("indicator_subject", indicator_id="text", authority_code="text", as_at="date", subject_key="bigint"),
    table("indicator_value", authority_code="text", indicator_id="text", dimension="text", member="text",
          numerator="integer"),
    table("indicator_suppression", authority_code="text", indicator_id="text", reason="text"),
    table("fct_adopter", authority_code="text", adopter_key="bigint"),
    table("bridge_region_authority", region="text", authority_code="text"),
    table("regional_indicator_value", region="text", indicator_id="text", numerator="integer"),
    table("regional_ranking", region="text", authority_code="text", indicator_id="text", numerator="integer"),
)  # fmt: skip
AGGREGATE = table("indicator_value", authority_code="text", numerator="integer")
# Cut by month, as the loader does: two stored tables below one view.
CUT = {"fct_attendance_pupil_month": "session_month"}

NAMES = tuple(each.name for each in TABLES)
ABOUT_PERSONS = (
    "bridge_pupil_child", "dim_child", "dim_worker", "fct_adopter", "fct_allocation", "fct_attendance_pupil_month",
    "fct_data_quality_finding", "fct_placement", "indicator_subject",
)  # fmt: skip


def rows(release_id: str, night: dt.date, moved_to: str) -> dict[str, list[Sequence[Any]]]:
    """Rows of every table. moved_to: the team of child 7."""
    teams = {**dict.fromkeys(NORTH, "North"), **dict.fromkeys(SOUTH, "South"), MOVED: moved_to}
    before, since = dt.date(2016, 1, 1), dt.date(2017, 5, 1)
    held = [
        ("310", child, "social_worker", 91 if team == "North" else 92, since, None, team)
        for child, team in teams.items()
    ]
    held += [
        ("310", 1, "social_worker", 93, before, since, "Assessment"),
        ("310", MOVED, "social_worker", 91, before, since, "North"),
        *(("846", child, "social_worker", 91, since, None, "North") for child in ELSEWHERE),
    ]
    children = [("310", child) for child in teams] + [("846", child) for child in ELSEWHERE]
    pupils = [(authority, child + 1000, child) for authority, child in children]
    return {
        "release": [(release_id, night)],
        "dim_child": [(*each, "F") for each in [*children, ("310", -1)]],
        "dim_worker": [("310", worker) for worker in (-1, 91, 92, 93)],
        "dim_team": [("310", "North"), ("310", "South")],
        "fct_allocation": held,
        "fct_placement": [(*each, f"K{each[1]}") for each in children],
        "bridge_pupil_child": pupils,
        "fct_attendance_pupil_month": [
            (authority, pupil, month, 2)
            for authority, pupil in [*((each[0], each[1]) for each in pupils), ("310", 1050)]
            for month in (dt.date(2017, 4, 1), dt.date(2017, 5, 1))
        ],
        "fct_data_quality_finding": [("310", "100", 1, None), ("310", "101", 4, None), ("310", "P1", None, 1002),
                                     ("310", "P2", None, 1004), ("310", "P3", 4, 1002)],
        "indicator_subject": [
            *(("cla_count", *[each[0], night, each[1]]) for each in children),
            *(("pupil_count", each[0], night, each[1]) for each in pupils),
            *(("caseload", "310", night, worker) for worker in (91, 92, 93)),
        ],
        "indicator_value": [
            ("310", "cla_count", "all", "all", 7), ("310", "cla_count", "team", "North", 3),
            ("310", "cla_count", "team", "South", 4), ("310", "cla_count", "sex", "F", 7),
            ("846", "cla_count", "all", "all", 2),
        ],
        "indicator_suppression": [("310", "cla_count", "small")],
        "fct_adopter": [("310", 77)],
        # With two members a region's figure tells the other's.
        "bridge_region_authority": [("Both", "310"), ("Both", "846"), ("Here", "310")],
        "regional_indicator_value": [("Both", "cla_count", 9), ("Here", "cla_count", 7)],
        "regional_ranking": [
            ("Both", "310", "cla_count", 7), ("Both", "846", "cla_count", 2), ("Here", "310", "cla_count", 7),
        ],
    }  # fmt: skip


def load(
    address: str, release_id: str, night: dt.date = NIGHT, moved_to: str = "South", more: int = 0
) -> ReleaseSchemas:
    """Put a release on the server under its own name. more: rows of indicator_subject about children of South."""
    release = names.of_release(release_id)
    with psycopg.connect(address, autocommit=True) as connection:
        access.prepare(connection)
        for schema in (release.marts, release.marts_aggregate):
            connection.execute(f"create schema {schema}".encode())
        told = rows(release_id, night, moved_to)
        told["indicator_subject"] += [("many", "310", night, 4 + n % 3) for n in range(more)]
        for each in TABLES:
            _put(connection, release, release_id, each, told[each.name])
        columns = ", ".join(f"{column.name} {_kind(column)}" for column in AGGREGATE.columns)
        connection.execute(f"create table {release.marts_aggregate}.indicator_value ({columns})".encode())
        connection.execute(f"insert into {release.marts_aggregate}.indicator_value values ('310', 7)".encode())
        access.grant(connection, release)
        access.allocate(connection, release)
    return release


def make_current(address: str, release: ReleaseSchemas) -> ReleaseSchemas:
    """Call its schemas marts and marts_aggregate; what was called so gets its release's name back."""
    with psycopg.connect(address, autocommit=True) as connection, connection.transaction():
        connection.execute(f"set local role {access.PUBLISHER}".encode())
        for new, now in ((release.marts, MARTS), (release.marts_aggregate, MARTS_AGGREGATE)):
            connection.execute(f"alter schema {new} rename to {now}".encode())
        current = names.current(release.release_id)
        access.show(connection, release.release_id)
    return current


def make_former(address: str, release: ReleaseSchemas) -> ReleaseSchemas:
    """Give the schemas of the current release their own name back."""
    former = names.of_release(release.release_id)
    with psycopg.connect(address, autocommit=True) as connection:
        for now, then in ((release.marts, former.marts), (release.marts_aggregate, former.marts_aggregate)):
            connection.execute(f"alter schema {now} rename to {then}".encode())
    return former


def granted(login: str, role: Role, authority: str = "", team: str = "") -> Reader:
    """A decision, as `warehouse readers add` writes it."""
    now = dt.datetime.now(dt.UTC)
    return Reader(Verdict.GRANTED, login, role, authority, team, "J. Smith", "Test", now)


@contextlib.contextmanager
def as_login(address: str, login: str, **options: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of its own, as a BI tool has it."""
    with psycopg.connect(address, user=login, autocommit=True, **options) as connection:
        yield connection


def _put(
    connection: psycopg.Connection[Any], release: ReleaseSchemas, release_id: str, of: Table, told: list[Sequence[Any]]
) -> None:
    parts = sorted({row[2] for row in told}) if of.name in CUT else [None]
    stored = []
    for number, part in enumerate(parts):
        name = f"{of.name}_{release.marts}_{number}"
        columns = ", ".join(f"{column.name} {_kind(column)}" for column in of.columns)
        connection.execute(f"create table {STORE}.{name} ({columns})".encode())
        with connection.cursor().copy(f"copy {STORE}.{name} from stdin".encode()) as copy:
            for row in told:
                if part is None or row[2] == part:
                    copy.write_row(row)
        access.protect(connection, StoredTable(name, of, MARTS))
        connection.execute(f"analyze {STORE}.{name}".encode())
        stored.append(f"select * from {STORE}.{name}")
    condition = access.logged(of, release_id) or "true"
    view = f"create view {release.marts}.{of.name} as select * from ({' union all '.join(stored)}) as t"
    connection.execute(f"{view} where {condition}".encode())


def _kind(column: Column) -> str:
    return next(kind for kind, name in _TYPES.items() if name == column.type)
