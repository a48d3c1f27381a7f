"""Several processes at one home at once, readers all the while.

Two runs of the same night, a backfill of older nights beside it, two builds, publications beside going back, retention
beside landing. Whoever is refused by a lock waits and tries again, as Airflow has them do. In the end, after one more
run alone, what counts and what is published is what the same deliveries come to in order, the ledger explains all of
it, and no reader ever met half a release.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from chaos import holding, released
from chaos.contract import Count, Form, Say
from chaos.deliveries import in_force_differs, private_home
from chaos.model import Model
from chaos.suppliers import Plan
from childrens_warehouse.build import steps
from childrens_warehouse.errors import BusyError, GateFailed, PublishFailed, SupersededError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy.retention import disposing
from childrens_warehouse.publish.steps import publish, switch_to
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.run import land_night
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, Settings

NIGHTS = 5
_ROUNDS = 25
_FIRST = dt.date(2017, 3, 29)
_PATIENCE = 120.0
_BUILDERS, _BUILDS = ("one", "two"), 3
_SCHEDULE = """[[class]]
name = "originals that were replaced"
layer = "archive"
trigger = "replacement"
period = "1 month"
source = "Made up"
basis = "local policy"

[[class]]
name = "names of what was replaced"
layer = "restricted"
trigger = "replacement"
period = "1 month"
source = "Made up"
basis = "local policy"
"""


def run(form: Form, seed: int, say: Say) -> Count:
    count = Count()
    with _workers() as pool:
        for number in range(_ROUNDS if form is Form.LONG else 1):
            broken = list(_Round(seed + number, pool).run(say))
            again = f"python -m chaos --one --part together --seed {seed + number}"
            count += Count(faults=not broken, broken=tuple(f"{each} [{again}]" for each in broken))
    return count


@dataclass
class _Round:
    seed: int
    pool: ProcessPoolExecutor

    def run(self, say: Say) -> Iterator[str]:
        rng, plan = random.Random(self.seed), Plan(self.seed, _FIRST, NIGHTS, 2, 0.1)
        with private_home() as settings, contextlib.ExitStack() as stack:
            released.install(stack)
            model, root = Model(dt.datetime.now(dt.UTC)), settings.home.root
            (root / "retention.toml").write_text(_SCHEDULE, encoding="utf-8")
            (root / "retention.toml").chmod(OWNER_ONLY_FILE)
            _write(plan, settings, model, 0, 2)
            land_night(settings, plan.nights[1], "before all")
            model.land(plan.nights[1].isoformat())
            publish(settings, steps.build(settings, "before all").build_id)
            _write(plan, settings, model, 2, NIGHTS)
            last, older = plan.nights[-1].isoformat(), plan.nights[2].isoformat()
            jobs: list[tuple[Callable[..., list[str]], tuple[object, ...]]] = [
                (_land, (last, "nightly")), (_land, (last, "twice")), (_land, (older, "backfill")),
                *((_build, (name,)) for name in _BUILDERS),
                (_go_back, ()), (_dispose, ()), (_read, ()),
            ]  # fmt: skip
            rng.shuffle(jobs)
            begin = time.time() + 0.3
            running: list[Future[list[str]]] = [
                self.pool.submit(job, root, begin + rng.random(), *arguments) for job, arguments in jobs
            ]
            for each in running:
                yield from each.result(timeout=600)
            yield from self._afterwards(settings, model, plan)
            say(f"seed {self.seed}: {len(jobs)} processes at once, then what is in order")

    @staticmethod
    def _afterwards(settings: Settings, model: Model, plan: Plan) -> Iterator[str]:
        land_night(settings, plan.nights[-1], "after all")
        model.land(plan.nights[-1].isoformat())
        yield from in_force_differs(settings, model)
        yield from _published_differs(settings, plan)
        for each in in_force(settings).extracts:
            if not list((settings.home.archive / each.authority / each.source).glob(f"*/{each.file_id}-*")):
                yield f"{each.dataset} of {each.extract_date} is in force and its original is gone"
        yield from holding.nothing_half_counts(settings)
        # A build that another took over ends without a word of its own: the ledger has the other's.
        yield from holding.explained(settings, [f"{name} {number}" for name in _BUILDERS for number in range(_BUILDS)])
        yield from holding.permissions_kept(settings)
        yield from holding.tidy(settings)
        for run_id in ("nightly", "twice", "backfill", "after all"):
            ended = Ledger(settings.home.ledger).query("select source from source_night where run_id = ?", (run_id,))
            if len(ended) != 3:
                yield f"run {run_id} closed {len(ended)} of three sources"
        if rows := holding.unaccounted(settings):
            yield f"{rows} rows are unaccounted for"


def _published_differs(settings: Settings, plan: Plan) -> Iterator[str]:
    """Published must be, hash by hash, what the same deliveries come to in a home where nothing happens at once.

    Of each authority that the gate does not keep as it was last published.
    """
    with private_home() as quiet:
        model = Model(dt.datetime.now(dt.UTC))
        for first, end in ((0, 2), (2, NIGHTS)):
            _write(plan, quiet, model, first, end)
            land_night(quiet, plan.nights[end - 1], f"in order {end}")
        told: list[dict[tuple[str, str], str]] = []
        kept_back: set[str] = set()
        for home in (settings, quiet):
            # The gate holds what is delivered against what was published before, and here that is not the same: then
            # the files that count must be the same, and are compared below.
            with contextlib.suppress(GateFailed):
                built = steps.build(home, "in order")
                if built.start.needed:
                    publish(home, built.build_id)
                hashes, of_home = holding.contents_of_authorities(home)
                told.append(hashes)
                kept_back |= of_home
        if len(told) == 2:
            differing = sorted(
                {table for table, code in told[0].keys() | told[1] if code not in kept_back
                 and told[0].get((table, code)) != told[1].get((table, code))}
            )  # fmt: skip
            if differing:
                yield f"published differs from what comes in order in {', '.join(differing)}"
        if in_force(settings).fingerprint != in_force(quiet).fingerprint:
            yield "what is in force differs from what comes in order"


def _write(plan: Plan, settings: Settings, model: Model, first: int, end: int) -> None:
    for writings in plan.written[first:end]:
        for each in writings:
            each.write(settings.home.inbox, model)


@contextlib.contextmanager
def _workers() -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(8, mp_context=context) as pool:
        yield pool


@contextlib.contextmanager
def _here(root: Path, begin: float) -> Iterator[Settings]:
    """The home in a worker, from the agreed moment on."""
    os.environ["WAREHOUSE_PSEUDONYM_KEY"] = "of sixty nights, and of nothing else"
    with contextlib.ExitStack() as stack:
        released.install(stack)
        time.sleep(max(begin - time.time(), 0))
        yield replace(Settings.from_environment(), home=Home(root), threads=1)


def _patiently(step: Callable[[], object]) -> list[str]:
    """Again while somebody else is at work, as Airflow does; anything else that is raised broke something."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            step()
        except BusyError:
            time.sleep(random.random() / 5)
        except (SupersededError, GateFailed):
            return []  # clear words, and nothing is changed: the next build takes it up
        except Exception as error:
            return [f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"]
        else:
            return []
    return [f"nobody came to an end within {_PATIENCE:.0f} seconds"]


def _land(root: Path, begin: float, night: str, run_id: str) -> list[str]:
    with _here(root, begin) as settings:
        return [
            f"{run_id}: {each}"
            for each in _patiently(lambda: land_night(settings, dt.date.fromisoformat(night), run_id))
        ]


def _build(root: Path, begin: float, run_id: str) -> list[str]:
    with _here(root, begin) as settings:
        found: list[str] = []
        for number in range(_BUILDS):
            built: list[steps.BuildResult] = []
            found += _patiently(functools.partial(_build_into, built, settings, f"{run_id} {number}"))
            if built and built[0].start.needed:
                found += _patiently(functools.partial(publish, settings, built[0].build_id))
        return [f"build {run_id}: {each}" for each in found]


def _build_into(built: list[steps.BuildResult], settings: Settings, run_id: str) -> None:
    built.append(steps.build(settings, run_id))


def _switch(settings: Settings, release_id: str) -> None:
    with contextlib.suppress(PublishFailed):  # it went as it came
        switch_to(settings, release_id)


def _go_back(root: Path, begin: float) -> list[str]:
    with _here(root, begin) as settings:
        found = []
        for _ in range(4):
            releases = sorted(path.parent.name for path in settings.home.releases.glob("*/manifest.json"))
            found += _patiently(functools.partial(_switch, settings, random.choice(releases)))
            time.sleep(0.3)
        return [f"going back: {each}" for each in found]


def _dispose(root: Path, begin: float) -> list[str]:
    with _here(root, begin) as settings:
        long_after = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
        found = []
        for _ in range(3):
            found += _patiently(lambda: disposing.dispose(settings, "J. Smith", "Its time is over", long_after))
            time.sleep(0.5)
        return [f"retention: {each}" for each in found]


def _read(root: Path, begin: float) -> list[str]:
    """Open what is published again and again: whole each time; and one that stays open keeps what it saw."""
    with _here(root, begin) as settings:
        found: list[str] = []
        until = time.monotonic() + 8
        while time.monotonic() < until and not found:
            every = {path.parent.name for path in settings.home.releases.glob("*/manifest.json")}
            said = holding.readers_see(settings, every | {None})
            # Between looking and looking another release may have come.
            now = {path.parent.name for path in settings.home.releases.glob("*/manifest.json")}
            found += [] if now != every else said
            found += _stays(settings)
        return [f"a reader: {each}" for each in found]


def _stays(settings: Settings) -> list[str]:
    """A report that reads for a while has one release from its first table to its last."""
    if not settings.home.marts.exists():
        return []
    with duckdb.connect(str(settings.home.marts), read_only=True) as connection:
        count = "select (select release_id from release), (select count(*) from marts.fct_attendance_session)"
        first = connection.execute(count).fetchone()
        time.sleep(0.2)
        return [] if connection.execute(count).fetchone() == first else ["what it read changed under its hands"]
