"""Releases of sixty nights: built in SQL instead of dbt, gated and published for real, against the model."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from unittest import mock

import duckdb

from chaos import holding
from chaos.model import Accepted, Model, Published, Row, refused
from childrens_warehouse.build import steps
from childrens_warehouse.errors import GateFailed
from childrens_warehouse.landing import dataset as landing_dataset
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.quality.judge import Judgement, Verdict
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse

# The small warehouse knows one collection year; here a child may be in two.
_HEADER = "select _authority_code, child_key, sex, _source_file from raw.ssda903_header;"
_ONCE = "select _authority_code, child_key, max(sex), max(_source_file) from raw.ssda903_header group by all;"


def install(stack: contextlib.ExitStack, with_arrivals: bool = False) -> None:
    """SQL in dbt's place, and no suites of publication: what compares with files and with the last release is judged.

    with_arrivals: judge what arrives by its suites too, which costs more than all the rest.
    """

    def patch(what: object, name: str, value: object) -> None:
        stack.enter_context(mock.patch.object(what, name, value))

    small_warehouse.install(patch)
    # A name is all that is asked of them: Great Expectations need not be imported, in this process or in many.
    patch(small_warehouse.Suites, "Publication", staticmethod(lambda *told: SimpleNamespace(table=told[0])))
    patch(small_warehouse.Suites, "suite_for", staticmethod(lambda told: told.table.name))
    core = small_warehouse.SQL["core"].replace(_HEADER, _ONCE)
    stack.enter_context(mock.patch.dict(small_warehouse.SQL, {"core": core}))
    if not with_arrivals:
        nothing = Judgement("none", Verdict.PASS, ())
        patch(landing_dataset.DatasetLanding, "_judge", lambda landing, text: nothing)


# Rows that count, as chaos.model has them: authority, dataset, scope and hash -> the file and its rows.
Counting = Mapping[tuple[str, str, str, str], tuple[Accepted, tuple[Row, ...]]]


class Releases:
    """What was published last, by the model; and a person who lets through what is refused, or waits."""

    def __init__(self, settings: Settings, model: Model, rng: random.Random) -> None:
        self._settings, self._model, self._rng = settings, model, rng
        self._shown: Counting = {}
        self._last: Published | None = None
        self._allowed: list[str | None] = [None]
        self._kept_back: set[str] = set()
        self.count = self.held = 0

    def night(self, night: dt.date) -> Iterator[str]:
        """Build, gate and publish, and say in what it is not as the model has it."""
        counting = self._model.in_force()
        now = _of(counting)
        wanted = refused(now, self._last)
        rules = {rule for of_one in wanted.values() for rule in of_one}
        is_held = bool(wanted) and set(wanted) == {key[0] for key in counting}
        try:
            built = steps.build(self._settings, f"night {night}")
        except GateFailed:
            self.held += 1
            if not is_held:
                yield f"the gate held everybody, should refuse {sorted(wanted)} alone"
            found = self._held()
            # Who was refused before is in it as last published, and breaks nothing.
            if not found <= rules or (not self._kept_back and found != rules):
                yield f"the gate held {sorted(found)}, should hold {sorted(rules)}"
            yield from holding.readers_see(self._settings, self._allowed, is_settled=self._last is not None)
            if self._rng.random() < 0.5:
                return
            self._waive(rules)
            built, wanted = steps.build(self._settings, f"night {night}, waived"), {}
        else:
            if is_held and built.start.needed:
                yield f"the gate let pass what it should hold: {sorted(rules)}"
        yield from self._publish(built, counting, set(wanted))
        if wanted and self._rng.random() < 0.5:
            waived = self._rng.choice(sorted(wanted))
            self._waive(wanted[waived], waived)
            built = steps.build(self._settings, f"night {night}, {waived} waived")
            yield from self._publish(built, counting, set(wanted) - {waived})

    def _publish(self, built: steps.BuildResult, counting: Counting, kept_back: set[str]) -> Iterator[str]:
        """Publish what passed: what counts, but of those kept back what was shown before."""
        shown = {key: each for key, each in counting.items() if key[0] not in kept_back}
        shown |= {key: each for key, each in self._shown.items() if key[0] in kept_back}
        now = _of(shown)
        if not built.start.needed:
            if self._last is None or now.files != self._last.files:
                yield "no build was thought needed, though other rows count"
            return
        release = publish(self._settings, built.build_id)
        self.count += 1
        self._last, self._shown, self._allowed, self._kept_back = now, shown, [release.release_id], kept_back
        yield from holding.readers_see(self._settings, self._allowed, is_settled=True)
        yield from self._marts_differ(now)

    def _held(self) -> set[tuple[str, str]]:
        rows = Ledger(self._settings.home.ledger).query(
            "select suite, failed from gate_event"
            " where build_id = (select build_id from gate_event order by rowid desc limit 1)"
        )
        return {
            (each["rule"], each["column"] or row["suite"])
            for row in rows for each in json.loads(row["failed"]) if each["severity"] == "critical"
        }  # fmt: skip

    def _waive(self, held: set[tuple[str, str]], authority: str | None = None) -> None:
        of_whom = {"authority": authority} if authority else {}
        as_at = max(each.day for each, _ in self._model.in_force().values())
        waivers = [
            {
                "rule": rule, "table": table if rule == "PUB-ROWS-HALVED" else "dim_extract", "by": "J. Smith",
                "reason": "It is so", "expires_on": as_at, **of_whom,
            }
            for rule, table in held
        ]  # fmt: skip
        (self._settings.home.root / "waivers.json").write_text(json.dumps(waivers), encoding="utf-8")

    def _marts_differ(self, now: Published) -> Iterator[str]:
        """What readers open, against the model: how many, of which authority and month, and as of when."""
        with duckdb.connect(str(self._settings.home.marts), read_only=True) as marts:
            for table, wanted in now.volumes.items():
                found = dict(marts.execute(f"select authority_code, count(*) from marts.{table} group by 1").fetchall())
                if found != wanted:
                    yield f"{table} has {found}, should have {wanted}"
            months = Counter(
                {
                    (code, f"{month:%Y-%m}"): rows
                    for code, month, rows in marts.execute(
                        "select authority_code, session_month, count(*) from marts.fct_attendance_session group by all"
                    ).fetchall()
                }
            )
            kept_back = {
                code for (code,) in marts.execute(
                    "select authority_code from marts.release_authority where is_kept_back"
                ).fetchall()
            }  # fmt: skip
            as_of = {
                tuple(key): str(day)
                for *key, day in marts.execute(
                    "select authority_code, dataset, max(extract_date) from marts.dim_extract group by all"
                ).fetchall()
            }
        if kept_back != self._kept_back:
            yield f"kept back are {sorted(kept_back)}, should be {sorted(self._kept_back)}"
        told = Counter(
            (key[0], str(row.register[2])[:7])
            for key, (_, rows) in self._shown.items() if key[1] == "attendance" for row in rows
        )  # fmt: skip
        if months != told:
            yield f"sessions by month are {dict(months)}, should be {dict(told)}"
        days: dict[tuple[str, ...], str] = defaultdict(str)
        for (authority, dataset, *_), (each, _) in self._shown.items():
            days[authority, dataset] = max(days[authority, dataset], each.day)
        if as_of != days:
            yield f"dim_extract speaks as of {as_of}, should be {dict(days)}"


def _of(counting: Counting) -> Published:
    """What a release of these rows would hold."""
    volumes: dict[str, dict[str, set[object]]] = defaultdict(lambda: defaultdict(set))
    files = {}
    for key, (each, rows) in counting.items():
        authority, dataset, *_ = key
        files[key] = len(each.rows), len(rows)
        volumes["dim_extract"][authority].add(key)
        for row in rows:
            if dataset == "ssda903_header":
                volumes["dim_child"][authority].add(row.key)
            elif dataset == "ssda903_reviews":
                volumes["fct_review"][authority].add((key, row.number))
            elif dataset == "attendance":
                month = str(row.register[2])[:7]
                volumes["fct_attendance_session"][authority].add((key, row.number))
                volumes["fct_attendance_pupil_month"][authority].add((row.key[0], month))
                volumes["fct_attendance_partition"][authority].add(month)
    return Published({table: {a: len(what) for a, what in of.items()} for table, of in volumes.items()}, files)
