"""Sixty nights of deliveries that go wrong, against a model of what should be published.

Several authorities and sources; the forty bad deliveries mixed at random, folders late, out of order, corrected and
twice, clocks that go back, stand still or run ahead, a week of nothing. After each night the outcomes, what is in force
row by row, quarantine and the night's summary are compared with chaos.model; on some nights a release is built, gated
and published (in SQL instead of dbt), and compared too. A trial that breaks is told with what is left of its plan when
all has been taken away that is not needed to break it.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

import duckdb

from chaos import built, released
from chaos.contract import Count, Form, Say
from chaos.lists import LISTS, raw_columns
from chaos.model import Model, Outcomes
from chaos.suppliers import Plan, Written
from childrens_warehouse.datasets import BY_NAME, Coverage
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.run import land_night
from childrens_warehouse.settings import Home, Settings

# Nights that cross the end of a collection year, a 29 February, a change of code lists.
_FIRST = (dt.date(2017, 2, 20), dt.date(2016, 1, 25), dt.date(2024, 2, 10), dt.date(2016, 8, 1))
_TRIALS = 5
_MOST_REPLAYS = 150


def run(form: Form, seed: int, say: Say) -> Count:
    if form is Form.SHORT:
        trials = [Trial(seed, authorities=2, missing=0.65, release_every=8, is_judged=False)]
    elif form is Form.ONE:
        trials = [Trial(seed, by_dbt=True)]
    else:
        trials = [Trial(seed + number, by_dbt=True) for number in range(_TRIALS)]
    count = Count()
    for trial in trials:
        came = trial.run(say)
        if came.broken and form is not Form.SHORT:
            trial.shrink(say)
        count += came
    return count


@dataclass
class Trial:
    """Nights of one seed.

    missing: share of folders that never come. release_every: so many nights apart a release is built. is_judged: by the
    arrivals suites too. stops: at the first night that is not as it should be. by_dbt: after all, dbt makes a release.
    """

    seed: int
    nights: int = 60
    authorities: int = 3
    missing: float = 0.1
    release_every: int = 1
    is_judged: bool = True
    broken: list[str] = field(default_factory=list)
    unaccounted: int = 0
    deliveries: int = 0
    stops: bool = True
    releases: bool = True
    by_dbt: bool = False

    def plan(self) -> Plan:
        first = _FIRST[self.seed % len(_FIRST)] + dt.timedelta(days=self.seed // len(_FIRST) % 20)
        return Plan(self.seed, first, self.nights, self.authorities, self.missing)

    def run(self, say: Say, plan: Plan | None = None) -> Count:
        plan = plan or self.plan()
        began = f"nights from {plan.nights[0]}, seed {self.seed}"
        with private_home() as settings, contextlib.ExitStack() as stack:
            released.install(stack, self.is_judged)
            model = Model(dt.datetime.now(dt.UTC))
            releases = released.Releases(settings, model, random.Random(self.seed))
            for number, night in enumerate(plan.nights):
                for written in plan.written[number]:
                    written.write(settings.home.inbox, model)
                said = self._night(settings, model, night)
                if self.releases and (number % self.release_every == 0 or _has(plan.written[number], "40")):
                    said += releases.night(night)
                if said:
                    what = "; ".join(f"{'/'.join(each.place)}: {each.what}" for each in plan.written[number])
                    self.broken += [f"night {number} ({night}): {each}" for each in said]
                    say(f"night {number} ({night}) broke on {what}")
                    for each in said[:5]:
                        say(f"  {each}")
                    if self.stops:
                        break
                if self.by_dbt and number == len(plan.nights) - 1:
                    self.broken += [f"after all: {each}" for each in built.differs(settings, model)]
                if number % 10 == 9:
                    say(f"{began}: {number + 1} nights, {self.deliveries} files, {releases.count} releases, "
                        f"{releases.held} held")  # fmt: skip
        again = f"python -m chaos --one --part deliveries --seed {self.seed}"
        return Count(
            deliveries=self.deliveries, unaccounted=self.unaccounted,
            broken=tuple(f"{each} [{again}]" for each in self.broken),
        )  # fmt: skip

    def _night(self, settings: Settings, model: Model, night: dt.date) -> list[str]:
        """Land the night, and say in what it is not as the model has it."""
        run_id = f"night {night}"
        land_night(settings, night, run_id)
        expected = model.land(night.isoformat())
        events = [
            event
            for event in Ledger(settings.home.ledger).query("select * from file_event where run_id = ?", (run_id,))
            # Without rows it is a note on what nobody tried to land; quarantine has it too.
            if event["status"] in ("accepted", "unchanged", "refused") and event["rows_read"] is not None
        ]
        self.deliveries += len({(e["authority"], e["source"], e["extract_date"], e["file_name"]) for e in events})
        self.unaccounted += _unaccounted(events)
        return [
            *_outcomes_differ(events, expected), *in_force_differs(settings, model),
            *_quarantine_differs(settings, model), *_summary_differs(settings, model, run_id, night),
        ]  # fmt: skip

    def shrink(self, say: Say) -> list[Written]:
        """Take away what is not needed to break it, and tell what is left."""
        plan, replays = self.plan(), 0
        number = 0
        while number < len(plan.nights) and replays < _MOST_REPLAYS:
            for written in list(reversed(plan.written[number])):
                without = [each for each in plan.written[number] if each is not written]
                smaller = _with(plan, number, without)
                replays += 1
                if self._breaks(smaller):
                    plan = smaller
            number += 1
        say(f"what is left of seed {self.seed} after {replays} replays:")
        left = []
        for night, writings in zip(plan.nights, plan.written, strict=True):
            for each in writings:
                left.append(each)
                say(f"  before {night}: {'/'.join(each.place)} {sorted(each.files)} {each.what}")
        return left

    def _breaks(self, plan: Plan) -> bool:
        again = replace(self, broken=[], unaccounted=0, deliveries=0, is_judged=False, releases=False, by_dbt=False)
        return bool(again.run(lambda _: None, plan).broken)


@contextlib.contextmanager
def private_home() -> Iterator[Settings]:
    """A home of its own, in memory where there is any: sixty nights write and flush thousands of small files."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        settings = replace(Settings.from_environment(), home=Home(Path(folder) / "home").create(), threads=1)
        with mock.patch.dict("os.environ", {"WAREHOUSE_PSEUDONYM_KEY": "of sixty nights, and of nothing else"}):
            yield settings


def _has(writings: Sequence[Written], kind: str) -> bool:
    return any(kind in each.what.split() for each in writings)


def _with(plan: Plan, number: int, writings: list[Written]) -> Plan:
    other = object.__new__(Plan)
    other.nights = plan.nights
    other.written = [writings if at == number else each for at, each in enumerate(plan.written)]
    return other


def _unaccounted(events: Sequence[dict[str, object]]) -> int:
    """Rows that were read and are neither loaded nor refused; or loaded, and neither new, changed nor unchanged."""
    found = 0
    for event in events:
        read, loaded, refused, new, changed, unchanged = (
            int(event[f"rows_{what}"] or 0)  # type: ignore[call-overload]
            for what in ("read", "loaded", "refused", "new", "changed", "unchanged")
        )
        found += abs(read - loaded - refused)
        if event["status"] == "accepted" and event["marks"] is not None:
            duplicates = json.loads(str(event["marks"])).get("KEY-DUPLICATE", 0)
            found += abs(loaded - duplicates - new - changed - unchanged)
    return found


def _outcomes_differ(events: Sequence[dict[str, object]], expected: Outcomes) -> Iterator[str]:
    """The ledger's word on each dataset of each file, against the model's."""
    found: dict[tuple[str, ...], tuple[object, ...]] = {}
    for event in events:
        refusals = json.loads(str(event["refusals"])) if event["refusals"] else {}
        found[tuple(str(event[name]) for name in ("authority", "source", "extract_date", "file_name", "dataset"))] = (
            event["status"], event["rule"], event["scope"],
            *(event[f"rows_{what}"] for what in (
                "read", "loaded", "refused", "new", "changed", "unchanged", "withdrawn",
            )),
            tuple(sorted(refusals.items())),
        )  # fmt: skip
    for key in sorted(found.keys() | expected.keys()):
        each = expected.get(key)
        wanted = each and (
            each.status, each.rule, each.scope if each.status != "refused" else found.get(key, (None,) * 3)[2],
            each.read, each.loaded, each.refused, each.new, each.changed, each.unchanged, each.withdrawn, each.refusals,
        )  # fmt: skip
        if found.get(key) != wanted:
            yield f"{' '.join(map(str, key))} became {found.get(key)}, should be {wanted}"


def in_force_differs(settings: Settings, model: Model) -> Iterator[str]:
    """Files, counts and rows of raw, cell by cell but for identities."""
    force = in_force(settings)
    wanted = model.in_force()
    files = {
        (each.authority, each.dataset, each.scope, each.sha256): (
            each.generated_at, each.extract_date.isoformat(), force.rows_in_force[each.dataset, each.file_id],
        )
        for each in force.extracts
    }  # fmt: skip
    told = {key: (each.stamp, each.day, len(rows)) for key, (each, rows) in wanted.items()}
    for key in sorted(files.keys() | told.keys()):
        if files.get(key) != told.get(key):
            yield f"in force of {key[:3]} is {files.get(key)}, should be {told.get(key)}"
    with duckdb.connect() as connection:
        partitions = [(each.authority, each.month) for each in force.partitions]
        create_raw_schema(connection, settings, force, partitions, with_children=False)
        for dataset in (name for names in LISTS.values() for name in names):
            columns = ", ".join(f'cast("{raw}" as varchar)' for _, raw in raw_columns(BY_NAME[dataset]))
            found = Counter(
                connection.execute(
                    f"select _authority_code, _source_file, _source_row, {columns} from raw.{dataset}"
                ).fetchall()
            )
            rows = Counter(
                (key[0], key[3][:16], row.number, *row.cells)
                for key, (_, counting) in wanted.items() if key[1] == dataset for row in counting
            )  # fmt: skip
            if found != rows:
                yield f"raw.{dataset} has {(found - rows).total()} rows too many and lacks {(rows - found).total()}"


def _quarantine_differs(settings: Settings, model: Model) -> Iterator[str]:
    """What is refused now, and which rows are set aside by which rule."""
    home = settings.home
    refused: dict[tuple[str, ...], object] = {}
    aside: dict[tuple[str, ...], object] = {}
    for path in home.quarantine.glob("*/*/*/*"):
        place = path.parts[-4:-1]
        if path.name.endswith(".refused.json"):
            refused[*place, path.name.removesuffix(".refused.json")] = json.loads(path.read_text())["rule"]
        elif path.name.endswith(".rows.csv"):
            with path.open(newline="", encoding="utf-8") as handle:
                aside[*place, path.name.removesuffix(".rows.csv")] = {
                    (int(row["row"]), row["rule"]) for row in csv.DictReader(handle)
                }
    for what, found, told in (("refused", refused, model.refused_files), ("set aside", aside, model.rows_aside)):
        wanted: dict[tuple[str, ...], object] = {
            (*place, name): each for place, names in told.items() for name, each in names.items()
        }
        for key in sorted(found.keys() | wanted.keys()):
            if found.get(key) != wanted.get(key):
                yield f"{what}: {'/'.join(key)} is {found.get(key)}, should be {wanted.get(key)}"


def _summary_differs(settings: Settings, model: Model, run_id: str, night: dt.date) -> Iterator[str]:
    """Who was late, and as of when each source speaks."""
    codes = sorted({place[0] for place in model.inbox})
    told = Ledger(settings.home.ledger).query("select source, summary from source_night where run_id = ?", (run_id,))
    for source, summary in ((row["source"], json.loads(row["summary"])) for row in told):
        late = [code for code in codes if model.is_late((code, source, night.isoformat()))]
        if summary["late"] != late:
            yield f"late of {source}: {summary['late']}, should be {late}"
        as_of: dict[str, str | None] = dict.fromkeys(codes)
        counting = [(key[0], key[1], each.day) for key, (each, _) in model.in_force().items()]
        counting += [
            (code, dataset, each.day)
            for (code, dataset), files in model.accepted.items()
            if BY_NAME[dataset].coverage is Coverage.SCHOOL_DATE for each in files
        ]  # fmt: skip
        for code, dataset, day in counting:
            if BY_NAME[dataset].source == source:
                as_of[code] = max(as_of[code] or "", day)
        if summary["as_of"] != as_of:
            yield f"{source} speaks as of {summary['as_of']}, should be {as_of}"
