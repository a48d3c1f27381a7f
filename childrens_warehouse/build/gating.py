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
from childrens_warehouse.build import candidate, reconcile, volumes
from childrens_warehouse.build.candidate import State, Workspace
from childrens_warehouse.disclosure import judging
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
    """A critical failure that a person decided to publish with."""

    rule: str
    table: str
    reason: str
    by: str
    expires_on: dt.date


@dataclass(frozen=True)
class GateResult:
    """What the gate says of one build.

    verdict: after waivers. judgements: one per public table, as the rules found them.
    partitions_judged, partitions_carried: attendance partitions looked at now, and passed earlier.
    """

    build_id: str
    verdict: Verdict
    judgements: tuple[Judgement, ...]
    waived: tuple[Waived, ...]
    partitions_judged: int
    partitions_carried: int
    seconds: float

    @property
    def evaluated(self) -> int:
        return sum(judgement.evaluated for judgement in self.judgements)

    @property
    def has_failed(self) -> bool:
        return self.verdict is Verdict.FAIL

    @property
    def passed_partitions(self) -> bool:
        """Need the partitions judged now not be judged again? Those let through by a waiver must be."""
        return not self.has_failed and not any(waived.table in LARGE for waived in self.waived)

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
        judgements = _judge_tables(connection, state, release)
        if suppressed := judging.judge(connection, settings.disclosure):
            judgements = (*judgements, suppressed)
    except duckdb.Error as error:
        raise GateError(f"The candidate could not be judged ({type(error).__name__}).") from None
    finally:
        connection.close()
    verdict, waived = _after_waivers(judgements, on_file, state.as_at)
    carried = sum(held.judged for held in state.held.values())
    result = GateResult(
        build_id=state.build_id,
        verdict=verdict,
        judgements=judgements,
        waived=waived,
        partitions_judged=len(state.held) - carried,
        partitions_carried=carried,
        seconds=round(time.monotonic() - began, 2),
    )
    files.write_json(workspace.gate, result.to_dict())
    return result


def _judge_tables(
    connection: duckdb.DuckDBPyConnection, state: State, release: Release | None
) -> tuple[Judgement, ...]:
    tables = public_tables(connection)
    judged = set(suites().tables())
    if missing := judged - {table.name for table in tables}:
        raise GateError(f"The candidate lacks {', '.join(sorted(missing))}, for which there is a suite.")
    if unknown := {table.name for table in tables} - judged:
        raise GateError(f"Nobody wrote a publication suite for {', '.join(sorted(unknown))}.")
    counted = volumes.count(connection, tables)
    # A build as known on an instant speaks of another time than the current release does.
    before = release if state.known_on is None else None
    beside: dict[str, list[RuleResult]] = {table.name: [] for table in tables}
    for table, result in (
        *volumes.compare(counted, before),
        *volumes.compare_files(connection, before),
        *volumes.compare_partitions(connection, state),
        *reconcile.results(connection),
    ):
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
    judgements: Sequence[Judgement], on_file: Sequence[waivers.Waiver], as_at: dt.date
) -> tuple[Verdict, tuple[Waived, ...]]:
    waived: dict[tuple[str, str], Waived] = {}
    blocking = 0
    for table, each in _failed(judgements):
        if each.severity == "critical":
            waiver = next((waiver for waiver in on_file if waiver.covers(each.rule, table, as_at)), None)
            if waiver:
                waived[each.rule, table] = Waived(each.rule, table, waiver.reason, waiver.by, waiver.expires_on)
            else:
                blocking += 1
    verdict = Verdict.FAIL if blocking else Verdict.WARN if _failed(judgements) else Verdict.PASS
    return verdict, tuple(waived.values())


def _failed(judgements: Iterable[Judgement]) -> tuple[tuple[str, RuleResult], ...]:
    return tuple((judgement.suite, each) for judgement in judgements for each in judgement.failed)


def _where(table: str, result: RuleResult) -> str:
    """The table; of a rule about files also whose file it is."""
    return f"{table}, {result.column}" if result.rule in volumes.FILE_RULES else table


def _how_much(result: RuleResult) -> str:
    if result.unexpected_count is None or not result.element_count:
        return ""
    return f" ({result.unexpected_count} of {result.element_count})"
