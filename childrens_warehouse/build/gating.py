"""The gate: may this candidate be published?

Each public table is judged by its suite (`expectations/publication/<table>.py`), by how its volume compares with
the current release, and by the reconciliation with what was landed; the suppressed figures by what they give away
(`childrens_warehouse/disclosure/judging.py`). Large tables are judged on the partitions
that no gate has passed yet; of the others only the row counts are compared with those stored when they passed.

The answer has three values: yes, no, and "could not judge" (GateError), which also blocks. It holds rule codes,
names of tables and counts, never a value.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from types import ModuleType
from typing import Any

import duckdb

from childrens_warehouse import waivers
from childrens_warehouse.build import candidate, members, reconcile, volumes
from childrens_warehouse.build.candidate import State, Workspace
from childrens_warehouse.build.members import Member
from childrens_warehouse.disclosure import SCHEMA, judging
from childrens_warehouse.errors import GateError
from childrens_warehouse.publish import files
from childrens_warehouse.publish.current import Release
from childrens_warehouse.publish.tables import LARGE, Table, public_tables
from childrens_warehouse.quality.judge import Judgement, RuleResult, Verdict, judge
from childrens_warehouse.settings import Settings


def suites() -> ModuleType:
    """The publication suites. Great Expectations takes seconds to import, and only the gate needs it."""
    from expectations import publication

    return publication


@dataclass(frozen=True)
class Waived:
    """A critical failure that a person decided to publish with; of one authority's data, or of everybody's (None)."""

    rule: str
    table: str
    reason: str
    by: str
    expires_on: dt.date
    authority: str | None = None


@dataclass(frozen=True)
class GateResult:
    """What the gate says of one build.

    verdict: after waivers. judgements: one per public table, as the rules found them. members: of each authority alone.
    partitions_judged, partitions_carried: attendance partitions looked at now, and passed earlier.
    """

    build_id: str
    verdict: Verdict
    judgements: tuple[Judgement, ...]
    waived: tuple[Waived, ...]
    partitions_judged: int
    partitions_carried: int
    seconds: float
    members: tuple[Member, ...] = ()

    @property
    def to_keep_back(self) -> tuple[Member, ...]:
        """Whose rows alone it is that are refused; nobody where that explains not all of it."""
        is_theirs_alone = self.has_failed and not members.unexplained(self.judgements, self.members)
        return tuple(each for each in self.members if each.is_refused) if is_theirs_alone else ()

    def leaves_anybody_but(self, kept_back: Iterable[str]) -> bool:
        """Is somebody refused, and somebody else's new data not? kept_back: who is in it as last published already."""
        refused = {each.authority for each in self.to_keep_back}
        return bool(refused) and bool({each.authority for each in self.members} - refused - set(kept_back))

    @property
    def evaluated(self) -> int:
        return sum(judgement.evaluated for judgement in self.judgements)

    @property
    def has_failed(self) -> bool:
        return self.verdict is Verdict.FAIL

    @property
    def passed_partitions(self) -> bool:
        """Need the partitions judged now not be judged again? Those let through by a waiver must be."""
        return not self.has_failed and self.is_large_unwaived

    @property
    def is_large_unwaived(self) -> bool:
        return not any(waived.table in LARGE for waived in self.waived)

    @property
    def failed(self) -> tuple[tuple[str, RuleResult], ...]:
        """(table, result) of every rule that was not met, warnings among them."""
        return _failed(self.judgements)

    def explain(self) -> str:
        """Why it was refused, for the operator: rule, table and how much of it, no values."""
        waived = {(each.rule, each.table) for each in self.waived}
        said = [
            f"{each.rule} on {_where(table, each)}{_how_much(each)}"
            for table, each in self.failed
            if each.severity == "critical" and (each.rule, table) not in waived
        ]
        return f"The gate refused build {self.build_id}: {'; '.join(said)}. expectations/rules.csv explains each rule."

    def to_dict(self) -> dict[str, Any]:
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "verdict": str(self.verdict),
            "judgements": [
                {
                    "suite": judgement.suite,
                    "verdict": str(judgement.verdict),
                    "results": [asdict(each) for each in judgement.results],
                }
                for judgement in self.judgements
            ],
            "waived": [{**asdict(each), "expires_on": each.expires_on.isoformat()} for each in self.waived],
            "members": [each.to_dict() for each in self.members],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> GateResult:
        return cls(
            **{
                **{each.name: content[each.name] for each in fields(cls)},
                "verdict": Verdict(content["verdict"]),
                "judgements": tuple(
                    Judgement(
                        judgement["suite"],
                        Verdict(judgement["verdict"]),
                        tuple(RuleResult(**each) for each in judgement["results"]),
                    )
                    for judgement in content["judgements"]
                ),
                "waived": tuple(
                    Waived(**{**each, "expires_on": dt.date.fromisoformat(each["expires_on"])})
                    for each in content["waived"]
                ),
                "members": tuple(map(Member.from_dict, content["members"])),
            }
        )


def judge_candidate(settings: Settings, workspace: Workspace, state: State, release: Release | None) -> GateResult:
    """Judge every public table of a finished candidate, which is opened read-only.

    Leaves the result in gate.json. Raises GateError when it could not judge; a FAIL is for the caller to raise.
    """
    began = time.monotonic()
    files.remove(workspace.gate)
    on_file = waivers.on_file(settings.home)
    try:
        connection = candidate.connect(workspace, settings, read_only=True)
    except duckdb.Error as error:
        raise GateError(f"The candidate cannot be opened ({type(error).__name__}).") from None
    try:
        tables = _tables(connection)
        judgements = judge_all(connection, settings, state, release, tables)
    except duckdb.Error as error:
        raise GateError(f"The candidate could not be judged ({type(error).__name__}).") from None
    finally:
        connection.close()

    def judge_alone(
        connection: duckdb.DuckDBPyConnection, state: State, release: Release | None, suites: Sequence[str]
    ) -> tuple[Judgement, ...]:
        asked = [table for table in tables if table.name in suites]
        return judge_all(connection, settings, state, release, asked, SCHEMA in suites)

    try:
        each_alone = members.verdicts(settings, workspace, state, release, judgements, on_file, judge_alone)
    except duckdb.Error as error:
        raise GateError(f"The authorities could not be judged one by one ({type(error).__name__}).") from None
    verdict, waived = _after_waivers(judgements, on_file, state.as_at, each_alone)
    carried = sum(held.judged for held in state.held.values())
    result = GateResult(
        build_id=state.build_id,
        verdict=verdict,
        judgements=judgements,
        waived=waived,
        partitions_judged=len(state.held) - carried,
        partitions_carried=carried,
        seconds=round(time.monotonic() - began, 2),
        members=each_alone,
    )
    files.write_json(workspace.gate, result.to_dict())
    return result


def judge_all(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    state: State,
    release: Release | None,
    tables: Sequence[Table],
    with_suppressed: bool = True,
) -> tuple[Judgement, ...]:
    """What every suite says of these tables, and of the suppressed figures."""
    judgements = _judge_tables(connection, state, release, tables)
    suppressed = judging.judge(connection, settings.disclosure) if with_suppressed else None
    return (*judgements, suppressed) if suppressed else judgements


def _tables(connection: duckdb.DuckDBPyConnection) -> tuple[Table, ...]:
    """The public tables. Raises GateError where these and the suites are not the same."""
    tables = public_tables(connection)
    judged = set(suites().tables())
    if missing := judged - {table.name for table in tables}:
        raise GateError(f"The candidate lacks {', '.join(sorted(missing))}, for which there is a suite.")
    if unknown := {table.name for table in tables} - judged:
        raise GateError(f"Nobody wrote a publication suite for {', '.join(sorted(unknown))}.")
    return tables


def _judge_tables(
    connection: duckdb.DuckDBPyConnection, state: State, release: Release | None, tables: Sequence[Table]
) -> tuple[Judgement, ...]:
    counted = volumes.count(connection, tables)
    # A build as known on an instant speaks of another time than the current release does.
    before = release if state.known_on is None else None
    beside: dict[str, list[RuleResult]] = {table.name: [] for table in tables}
    for table, result in (
        *volumes.compare(counted, before, without=state.left_out),
        *volumes.compare_files(connection, before),
        *volumes.compare_partitions(connection, state),
        *reconcile.results(connection),
    ):
        if table in beside:
            beside[table].append(result)
    authorities = tuple(
        code for (code,) in connection.execute("select distinct authority_code from raw.extract order by 1").fetchall()
    )
    return tuple(_with(_judge_table(connection, table, state, authorities), beside[table.name]) for table in tables)


def _judge_table(
    connection: duckdb.DuckDBPyConnection, table: Table, state: State, authorities: Sequence[str]
) -> Judgement:
    query = f"select * from {table.relation}"
    if table.is_large:
        fresh = [key for key, held in state.held.items() if not held.judged]
        if not fresh:
            return Judgement(table.name, Verdict.PASS, ())
        if len(fresh) < len(state.held):
            query += f" where {candidate.is_among(fresh)}"
    publication = suites().Publication(table, state.as_at, tuple(authorities))
    return judge(connection, suites().suite_for(publication), query)


def _with(judgement: Judgement, more: Sequence[RuleResult]) -> Judgement:
    results = (*judgement.results, *more)
    return Judgement(judgement.suite, _verdict(each for each in results if not each.success), results)


def _verdict(failed: Any) -> Verdict:
    broken = {each.severity for each in failed}
    return Verdict.FAIL if "critical" in broken else Verdict.WARN if broken else Verdict.PASS


def _after_waivers(
    judgements: Sequence[Judgement], on_file: Sequence[waivers.Waiver], as_at: dt.date, each_alone: Sequence[Member]
) -> tuple[Verdict, tuple[Waived, ...]]:
    waived: dict[tuple[str, str, str], Waived] = {}
    blocking = 0
    for table, each in _failed(judgements):
        if each.severity == "critical":
            found = _waivers(on_file, each.rule, table, as_at, each_alone)
            for waiver in found:
                waived[each.rule, table, waiver.authority or ""] = Waived(
                    each.rule, table, waiver.reason, waiver.by, waiver.expires_on, waiver.authority
                )
            blocking += not found
    verdict = Verdict.FAIL if blocking else Verdict.WARN if _failed(judgements) else Verdict.PASS
    return verdict, tuple(waived.values())


def _waivers(
    on_file: Sequence[waivers.Waiver], rule: str, table: str, as_at: dt.date, each_alone: Sequence[Member]
) -> list[waivers.Waiver]:
    """What lets a broken rule through: a waiver for everybody, or one for each authority that breaks it."""
    whole = next((waiver for waiver in on_file if waiver.covers(rule, table, as_at)), None)
    if whole:
        return [whole]
    breaking = [each for each in each_alone if (rule, table) in (*each.broken, *each.waived)]
    if not breaking or any((rule, table) in each.broken for each in breaking):
        return []
    return [
        next(waiver for waiver in on_file if waiver.covers(rule, table, as_at, each.authority)) for each in breaking
    ]


def _failed(judgements: Iterable[Judgement]) -> tuple[tuple[str, RuleResult], ...]:
    return tuple((judgement.suite, each) for judgement in judgements for each in judgement.failed)


def _where(table: str, result: RuleResult) -> str:
    """The table; of a rule about files also whose file it is."""
    return f"{table}, {result.column}" if result.rule in volumes.FILE_RULES else table


def _how_much(result: RuleResult) -> str:
    if result.unexpected_count is None or not result.element_count:
        return ""
    return f" ({result.unexpected_count} of {result.element_count})"
