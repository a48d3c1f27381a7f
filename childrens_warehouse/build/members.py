"""Each authority's own verdict: of whose rows does the gate say no?

The gate judges all rows at once. Its critical rules speak of single rows, so what passes with all passes for each;
only of tables that did not pass is each authority's part judged alone, in views that hold its rows and nothing else. A
table that is not kept by authority is everybody's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.build.candidate import State, Workspace
from childrens_warehouse.publish.current import Release
from childrens_warehouse.quality.judge import Judgement, Verdict
from childrens_warehouse.settings import Settings
from childrens_warehouse.waivers import Waiver

# (rule, table)
Broken = tuple[str, str]
_COLUMNS = ("authority_code", "_authority_code")

# Judges some tables of a candidate, for a state and against a release.
Judge = Callable[[duckdb.DuckDBPyConnection, State, Release | None, Sequence[str]], Sequence[Judgement]]


@dataclass(frozen=True)
class Member:
    """What the gate says of one authority. broken: critical rules that are not met and not waived, with the table."""

    authority: str
    verdict: Verdict
    broken: tuple[Broken, ...] = ()
    waived: tuple[Broken, ...] = ()

    @property
    def is_refused(self) -> bool:
        return bool(self.broken)

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(f"{rule} on {table}" for rule, table in self.broken)

    def to_dict(self) -> dict[str, Any]:
        return {
            "authority": self.authority,
            "verdict": str(self.verdict),
            "broken": [list(each) for each in self.broken],
            "waived": [list(each) for each in self.waived],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Member:
        return cls(
            content["authority"],
            Verdict(content["verdict"]),
            tuple((rule, table) for rule, table in content["broken"]),
            tuple((rule, table) for rule, table in content["waived"]),
        )


def verdicts(
    settings: Settings,
    workspace: Workspace,
    state: State,
    release: Release | None,
    judgements: Sequence[Judgement],
    waivers: Sequence[Waiver],
    judge: Judge,
) -> tuple[Member, ...]:
    """One verdict for each authority with a file in force. judgements: of all rows together."""
    authorities = _authorities(settings, workspace)
    failed = [judgement for judgement in judgements if judgement.failed]
    if len(authorities) == 1:
        return (_member(authorities[0], failed, waivers, state),)
    tables = [judgement.suite for judgement in failed]
    members = []
    for authority in authorities:
        own: Sequence[Judgement] = ()
        if tables:
            with alone(settings, workspace, authority) as connection:
                own = judge(connection, _state_of(state, authority), _release_of(release, authority), tables)
        members.append(_member(authority, own, waivers, state))
    return tuple(members)


def unexplained(judgements: Sequence[Judgement], members: Sequence[Member]) -> frozenset[Broken]:
    """Critical rules that are not met by all together, and by each alone are."""
    told = {each for member in members for each in (*member.broken, *member.waived)}
    return frozenset(_critical(judgements)) - told


def _member(authority: str, judgements: Sequence[Judgement], waivers: Sequence[Waiver], state: State) -> Member:
    broken = _critical(judgements)
    waived = [
        (rule, table)
        for rule, table in broken
        if any(waiver.covers(rule, table, state.as_at, authority) for waiver in waivers)
    ]
    left = [each for each in broken if each not in waived]
    some = any(judgement.failed for judgement in judgements)
    verdict = Verdict.FAIL if left else Verdict.WARN if some else Verdict.PASS
    return Member(authority, verdict, tuple(left), tuple(waived))


def _critical(judgements: Sequence[Judgement]) -> list[Broken]:
    return list(
        dict.fromkeys(
            (each.rule, judgement.suite)
            for judgement in judgements
            for each in judgement.failed
            if each.severity == "critical"
        )
    )


def _authorities(settings: Settings, workspace: Workspace) -> list[str]:
    with duckdb.connect(str(workspace.candidate), read_only=True, config=_limits(settings, workspace)) as connection:
        found = connection.execute("select distinct authority_code from raw.extract order by 1").fetchall()
    return [code for (code,) in found]


@contextmanager
def alone(settings: Settings, workspace: Workspace, authority: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that looks like the candidate and holds one authority's rows."""
    connection = duckdb.connect(config=_limits(settings, workspace))
    try:
        # By the name that dbt's own views call it.
        everybody = workspace.candidate.stem
        connection.execute(f"attach {sql.literal(workspace.candidate)} as {sql.name(everybody)} (read_only)")
        relations = connection.execute(
            f"""
            select schema_name, table_name, max(column_name) filter (column_name in ({sql.literals(_COLUMNS)}))
            from duckdb_columns()
            where database_name = {sql.literal(everybody)} and not internal
            group by schema_name, table_name
            """
        ).fetchall()
        for schema in sorted({schema for schema, _, _ in relations}):
            connection.execute(f"create schema if not exists {sql.name(schema)}")
        for schema, table, column in relations:
            name = f"{sql.name(schema)}.{sql.name(table)}"
            whose = f" where {sql.name(column)} = {sql.literal(authority)}" if column else ""
            connection.execute(f"create view {name} as select * from {sql.name(everybody)}.{name}{whose}")
        yield connection
    finally:
        connection.close()


def _limits(settings: Settings, workspace: Workspace) -> dict[str, Any]:
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(workspace.folder / "spill"),
    }


def _state_of(state: State, authority: str) -> State:
    held = {key: each for key, each in state.held.items() if key[0] == authority}
    return dataclasses.replace(state, held=held)


def _release_of(release: Release | None, authority: str) -> Release | None:
    if release is None:
        return None
    volumes = {
        table: {code: rows for code, rows in volume.items() if code == authority}
        for table, volume in release.volumes.items()
    }
    files = tuple(each for each in release.files if each["authority_code"] == authority)
    return dataclasses.replace(release, volumes=volumes, files=files)
