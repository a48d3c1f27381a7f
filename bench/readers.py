"""Readers while releases are published: 16 processes, ten queries a second in all, beside ten publications.

    python -m bench --only-readers

First the PostgreSQL server, then the DuckDB files. The readers run the pages' own code on a connection that asks for
the release in the statement of the figures, and the questions of docs/bi-guide.md. Two invented releases of the size of
a real one take turns; every row that is read bears the number of its release, so an answer of both shows. On the server
every second publication loads its release whole, the others go back, and the one they leave is dropped.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import multiprocessing
import random
import re
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count, cycle
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

import duckdb
import psycopg

from bench import postgresql
from bench.readers_release import AUTHORITY, DAYS, INDICATORS, NIGHT, SLICES, tables
from childrens_warehouse import sql
from childrens_warehouse.pages import reading
from childrens_warehouse.pages.managers import worklists
from childrens_warehouse.pages.managers.reading import HEADLINES, ChildLevel
from childrens_warehouse.pages.reading import Edition, Release
from childrens_warehouse.publish.steps import switch_to
from childrens_warehouse.serving import readers, steps
from childrens_warehouse.serving.readers import Reader, Role, Verdict
from childrens_warehouse.settings import Home, PostgresSettings, Settings

READERS, QUERIES_A_SECOND, PUBLICATIONS, SECONDS_BETWEEN = 16, 10.0, 10, 8.0
MOST_MILLISECONDS = 150.0
# Of one statement on the server; longer is an error.
MOST_SECONDS = 60
LOGINS = {Edition.PUBLIC: ("everybody", Role.AGGREGATE_READER), Edition.MANAGER: ("manager", Role.CHILD_READER)}
# They hold the number of the release that a row is of.
_BEAR = frozenset({"decimals", "process_mean", "measure", "worker_key"})
_QUESTIONS = {
    "scorecard of a month end": (
        "select i.title, i.decimals, v.period, v.as_at, v.display, v.unit, v.target, v.rag, v.finality, v.process_mean"
        " from release.indicator_value as v inner join release.indicator as i using (indicator_id, definition_version)"
        " where v.authority_code = '310' and v.dimension = 'all' and v.as_at = ? order by i.title",
        ("as_at",),
    ),
    "trend of an indicator": (
        "select v.as_at, i.decimals, v.numerator, v.denominator, v.display, v.finality, v.process_mean"
        " from release.indicator_value as v inner join release.indicator as i using (indicator_id, definition_version)"
        " where v.authority_code = '310' and v.indicator_id = ? and v.dimension = 'all' order by v.as_at",
        ("indicator_id",),
    ),
    "slice on a month end": (
        "select v.member_label, v.numerator, v.process_mean from release.indicator_value as v"
        " where v.authority_code = '310' and v.indicator_id = ? and v.dimension = ? and v.as_at = ?",
        ("indicator_id", "dimension", "as_at"),
    ),
}  # fmt: skip
_AGGREGATE = (*_QUESTIONS, "definitions", "all whole figures", "slice of an indicator")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came of one statement. seconds: until all rows were there, and of a file its opening too."""

    kind: str
    seconds: float
    release_id: str | None = None
    is_mixed: bool = False
    error: str | None = None


class _Failed(Exception):
    """A statement had no answer, and that is written down."""


class Asking:
    """A connection as the pages have one: it waits for its turn, and asks for the release beside what it is asked."""

    def __init__(self, source: str, edition: Edition, numbers: dict[str, int], turns: Iterable[float]) -> None:
        self.answers: list[Answer] = []
        self._source, self._edition, self._numbers, self._turns = source, edition, numbers, iter(turns)
        self.is_file = Path(source).is_dir()
        self._connection: Any = None

    def execute(self, query: str, parameters: Sequence[Any] = (), kind: str | None = None) -> SimpleNamespace:
        """Of a query about tables `release.<table>`: its rows. What failed is among the answers."""
        if query.startswith("describe "):
            names, _ = self._run(f"select * from ({query.removeprefix('describe ')}) as answer limit 0", ())
            return SimpleNamespace(fetchall=lambda: [(name,) for name in names])
        kind = kind or _kind(query)
        time.sleep(max(0.0, next(self._turns) - time.monotonic()))
        started = time.perf_counter()
        try:
            names, rows = self._run(
                f"select (select release_id from release.release) as of_release, answer.* from ({query}) as answer",
                parameters,
            )
            if not rows:
                raise RuntimeError("an answer without rows")
        except Exception as error:
            said = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            self.answers.append(Answer(kind, time.perf_counter() - started, error=said))
            self.close()
            raise _Failed from error
        seconds = time.perf_counter() - started
        number = self._numbers[rows[0][0]]
        bear = [place for place, name in enumerate(names) if name in _BEAR]
        is_mixed = any(row[0] != rows[0][0] or any(row[place] != number for place in bear) for row in rows)
        self.answers.append(Answer(kind, seconds, rows[0][0], is_mixed))
        return SimpleNamespace(fetchall=lambda: [row[1:] for row in rows])

    def let_go(self) -> None:
        """Close a file, as whoever comes next opens the one that is published then; a server is left connected."""
        if self.is_file:
            self.close()

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _run(self, query: str, parameters: Sequence[Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
        if self.is_file:
            if not self._connection:
                file = reading.database(Home(Path(self._source)), self._edition)
                self._connection = duckdb.connect()
                self._connection.execute("set enable_progress_bar = false")
                self._connection.execute(f"attach {sql.literal(file)} as release (read_only)")
            cursor = self._connection.execute(query, parameters)
        else:
            if not self._connection:
                self._connection = psycopg.connect(self._source, user=LOGINS[self._edition][0], autocommit=True)
                self._connection.execute(f"set statement_timeout = {MOST_SECONDS}000".encode())
            schema = "marts_aggregate" if self._edition is Edition.PUBLIC else "marts"
            # What PostgreSQL has not: of each indicator there is one definition here, so it changes no answer.
            query = re.sub(r" qualify [^)]*\([^)]*\) over \([^)]*\) order by all", "", query)
            query = re.sub(r"\brelease\.(?=\w)", f"{schema}.", query).replace("?", "%s")
            cursor = self._connection.execute(query.encode(), parameters)
        return [column[0] for column in cursor.description or ()], cursor.fetchall()


def measure(options: argparse.Namespace, folder: Path) -> bool:
    """Readers on the server and then on the files. Is a bound missed?"""
    settings = dataclasses.replace(Settings.from_environment(), home=Home(folder / "readers"), postgres=None)
    shutil.rmtree(settings.home.root, ignore_errors=True)
    told = argparse.Namespace(pupils=370, children=options.children, sessions=False)
    numbers = {
        postgresql.publish(settings, told, number, tables(number, options.children)): number for number in (1, 2)
    }
    for login, role in LOGINS.values():
        of = (AUTHORITY, readers.ALL_TEAMS) if role is Role.CHILD_READER else ("", "")
        readers.append(
            settings.home, Reader(Verdict.GRANTED, login, role, *of, "bench", "bench", dt.datetime.now(dt.UTC))
        )
    with postgresql.local_server() as server:
        served = dataclasses.replace(settings, postgres=PostgresSettings(server.address()))
        steps.load(served)
        missed = _beside_publications("PostgreSQL", served, server.address(), numbers)
    return _beside_publications("DuckDB files", settings, str(settings.home.root), numbers) or missed


def _beside_publications(title: str, settings: Settings, source: str, numbers: dict[str, int]) -> bool:
    """Have them read while releases are published in turn, and tell. Is a bound missed?"""
    context = multiprocessing.get_context("spawn")
    begin, stop, told = context.Barrier(READERS + 1), context.Event(), context.Queue()
    processes = [
        context.Process(target=_read, args=(number, source, numbers, begin, stop, told), daemon=True)
        for number in range(READERS)
    ]
    for process in processes:
        process.start()
    begin.wait(300)
    started = time.monotonic()
    published: list[float] = []
    loaded = 0
    try:
        for number, release_id in zip(range(PUBLICATIONS), cycle(numbers), strict=False):
            time.sleep(max(0.0, started + (number + 1) * SECONDS_BETWEEN - time.monotonic()))
            since = time.perf_counter()
            is_new = switch_to(settings, release_id).is_new
            if settings.postgres:
                keep = dataclasses.replace(settings.postgres, keep_releases=2 - number % 2)
                done = steps.load(dataclasses.replace(settings, postgres=keep))
                is_new, loaded = is_new and done.is_new, loaded + bool(done.tables)
            if is_new:
                published.append(time.perf_counter() - since)
        time.sleep(SECONDS_BETWEEN / 2)
    finally:
        stop.set()
        seconds = time.monotonic() - started
        answers: list[Answer] = []
        for _ in processes:
            try:
                answers += told.get(timeout=120)
            except Empty:
                answers.append(Answer("the reader itself", 0.0, error="gone"))
        for process in processes:
            process.join(5)
            process.terminate()
    return _tell(title, answers, seconds, published, loaded)


def _tell(title: str, answers: list[Answer], seconds: float, published: list[float], loaded: int) -> bool:
    errors = Counter(answer.error for answer in answers if answer.error)
    mixed = sum(answer.is_mixed for answer in answers)
    seen = {answer.release_id for answer in answers if answer.release_id}
    by_kind: dict[str, list[float]] = {}
    for answer in answers:
        by_kind.setdefault(answer.kind, []).append(1000 * answer.seconds)
    aggregate = [each for kind in _AGGREGATE for each in by_kind.get(kind, ())]
    print(f"\n{title}: {len(answers)} answers in {seconds:.0f} s, {len(answers) / seconds:.1f} a second")
    for kind, taken in sorted(by_kind.items()):
        print(f"  {kind:<42}{_percentiles(taken)}")
    print(f"  {'queries for figures':<42}{_percentiles(aggregate)} (bound p95 {MOST_MILLISECONDS:.0f} ms)")
    print(f"errors: {errors.total()} (bound 0); answers of two releases: {mixed} (bound 0)")
    for error, times in errors.most_common(5):
        print(f"  {times} times {error}")
    whole = f", {loaded} of them loaded it" if loaded else ""
    print(f"publications: {len(published)} of {PUBLICATIONS}{whole}; longest {max(published, default=0):.1f} s")
    print(f"longest anybody waited: {max((answer.seconds for answer in answers), default=0):.2f} s", flush=True)
    slow = len(aggregate) < 2 or _percentile(aggregate, 95) > MOST_MILLISECONDS
    return bool(errors or mixed or slow or len(seen) < 2 or len(published) < PUBLICATIONS)


def _read(number: int, source: str, numbers: dict[str, int], begin: Any, stop: Any, told: Any) -> None:
    """One reader, to the end: reports and managers' pages by the pages' code, and a BI tool's questions between."""
    chance = random.Random(number)
    begin.wait(300)
    step = READERS / QUERIES_A_SECOND
    first = time.monotonic() + number * step / READERS
    turns = (first + turn * step for turn in count())
    asking = {edition: Asking(source, edition, numbers, turns) for edition in LOGINS}
    error: list[Answer] = []
    for edition in cycle([Edition.PUBLIC, Edition.MANAGER][:: 1 if number % 2 else -1]):
        for session in chance.sample((_ask, _page), 2):
            try:
                session(asking[edition], edition, chance, stop)
            except _Failed:
                pass
            except Exception as fault:
                error = [Answer("the reader itself", 0.0, error=repr(fault))]
            asking[edition].let_go()
            if error or stop.is_set():
                told.put([*error, *(answer for each in asking.values() for answer in each.answers)])
                return


def _ask(asking: Asking, edition: Edition, chance: random.Random, stop: Any) -> None:
    """A dashboard: each question by itself, on what is published then."""
    for kind, (query, names) in chance.sample(sorted(_QUESTIONS.items()), len(_QUESTIONS)):
        known = {
            "as_at": chance.choice(DAYS),
            "indicator_id": chance.choice(INDICATORS),
            "dimension": chance.choice(SLICES),
        }
        asking.execute(query, [known[name] for name in names], kind)
        asking.let_go()
        if stop.is_set():
            return


def _page(asking: Asking, edition: Edition, chance: random.Random, stop: Any) -> None:
    """As many questions as a report asks, or a part of a manager's page."""
    release = Release(asking, edition, AUTHORITY)  # type: ignore[arg-type]
    release.month_ends  # noqa: B018
    for dimension in SLICES:
        if stop.is_set():
            return
        release.members(chance.choice(INDICATORS), NIGHT, "snapshot", dimension)
    if edition is Edition.MANAGER:
        level = ChildLevel(release)
        level.worklist(chance.choice(worklists.ALL))
        if asking.is_file:
            level.children()
        else:
            # The pages ask this of a file, all headlines at once; who asks the server asks for one.
            name, period = chance.choice(sorted(HEADLINES))
            asking.execute(
                "select c.child_key, c.measure, c.placed_since, c.team_name, c.worker_key"
                " from release.indicator_child as c"
                " where c.as_at = ? and c.authority_code = '310' and c.indicator_id = ? and c.period = ?",
                (NIGHT, name, period),
            )


def _kind(query: str) -> str:
    if "from release.indicator_value" in query:
        return "all whole figures" if "dimension = 'all'" in query else "slice of an indicator"
    (table,) = re.findall(r"from release\.(\w+)", query)
    return {"indicator": "definitions", "release": "the release", "indicator_child": "children behind figures"}.get(
        table, "work list"
    )


def _percentile(taken: list[float], share: int) -> float:
    return statistics.quantiles(taken, n=100, method="inclusive")[share - 1] if len(taken) > 1 else taken[0]


def _percentiles(taken: list[float]) -> str:
    each = "".join(f"  p{share} {_percentile(taken, share):6.0f} ms" for share in (50, 95, 99)) if taken else ""
    return f"{len(taken):5}{each}  most {max(taken, default=0):6.0f} ms"
