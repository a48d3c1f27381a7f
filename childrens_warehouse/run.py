"""One night without an orchestrator: land, build, gate, publish and load into PostgreSQL, in this process.

What the DAGs do task by task, for the command line, tests and the benchmark. Operators run the DAGs.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from childrens_warehouse.build.steps import BuildResult, build
from childrens_warehouse.catalogue import page as indicators_page
from childrens_warehouse.datasets import Source
from childrens_warehouse.landing import night as landing
from childrens_warehouse.landing import pseudonyms, standing
from childrens_warehouse.observing import logs
from childrens_warehouse.publish.steps import Release, current_release, publish
from childrens_warehouse.quality import page
from childrens_warehouse.serving import steps as serving
from childrens_warehouse.settings import Settings

Progress = Callable[[str], None]


@dataclass(frozen=True)
class NightResult:
    """What one night came to. `release` is the one that stands afterwards; `is_new` says if it is tonight's."""

    run_id: str
    outcomes: tuple[landing.Outcome, ...]
    build: BuildResult
    release: Release | None
    is_new: bool


def land_night(
    settings: Settings, night: dt.date, run_id: str, progress: Progress | None = None
) -> tuple[landing.Outcome, ...]:
    """Land what lies in the inbox for `night` and any earlier night not landed yet, of every source and authority."""
    pseudonyms.check(settings, run_id)
    standing.check(settings)
    outcomes: list[landing.Outcome] = []
    for source in Source:
        late = []
        for authority in landing.authorities(settings):
            is_skipped = landing.is_skipped(settings, authority, source, night)
            if not is_skipped and not landing.is_complete(settings, authority, source, night):
                late.append(authority)
            for delivery in landing.expect(settings, source, night, authority, run_id):
                if progress:
                    progress(f"landing {authority} {delivery.file_name} {delivery.extract_date}")
                outcomes += landing.land(settings, delivery, run_id)
        landing.close(settings, source, night, run_id, late)
    return tuple(outcomes)


def run_night(settings: Settings, night: dt.date, progress: Progress | None = None) -> NightResult:
    """Land, build, gate and publish one night, and bring the PostgreSQL server to the release, where there is one.

    Raises what the build or the gate raises; PostgresUnavailable or ServingFailed once the release is published.
    """
    settings.home.create()
    run_id = f"run-{night}-{uuid.uuid4().hex[:6]}"
    with logs.about(run_id=run_id, night=night):
        return _run(settings, night, run_id, progress)


def _run(settings: Settings, night: dt.date, run_id: str, progress: Progress | None) -> NightResult:
    try:
        outcomes = land_night(settings, night, run_id, progress)
        built = build(settings, run_id, progress)
        release = publish(settings, built.build_id) if built.start.needed else current_release(settings)
    finally:
        # a night that failed needs its page most
        for drawn in (page, indicators_page):
            said = drawn.write_after_a_night(settings)
            if progress:
                progress(said)
    if settings.postgres and release:
        served = serving.load(settings, say=progress or logs.say)
        if progress:
            progress(served.sentence())
    return NightResult(run_id, outcomes, built, release, built.start.needed)
