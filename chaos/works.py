"""The pieces of work that are broken off: each with the home it starts from, and what makes it good again.

Imported by the process that others are forked from: everything heavy is loaded here, once.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import uuid
from collections.abc import Callable
from pathlib import Path

import expectations.arrivals  # noqa: F401 - takes seconds, and each process would pay
from chaos import small
from childrens_warehouse.build import steps as building
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.privacy.retention import disposing
from childrens_warehouse.privacy.rotation import rotate
from childrens_warehouse.publish import steps as publishing
from childrens_warehouse.quality import judge  # noqa: F401
from childrens_warehouse.run import land_night
from childrens_warehouse.serving import steps as serving
from childrens_warehouse.settings import OWNER_ONLY_FILE, Settings

FIRST, SECOND, *_ = small.NIGHTS


@dataclasses.dataclass(frozen=True)
class Work:
    """One piece of work.

    start: the name of the home it begins in (chaos.stages). act: the work. again: what is done after it was cut short,
    until which all must be as if nothing had happened.
    """

    name: str
    start: str
    act: Callable[[Settings], None]
    again: Callable[[Settings], None]


def land(settings: Settings) -> None:
    land_night(settings, SECOND, _run_id("land"))


def build(settings: Settings) -> None:
    building.build(settings, _run_id("build"))


def publish(settings: Settings) -> None:
    state = Workspace.of(settings).load()
    assert state, "a gated build waits to be published"
    publishing.publish(settings, state.build_id)


def night(settings: Settings) -> None:
    small.run(settings, SECOND)


def roll_back(settings: Settings) -> None:
    publishing.switch_to(settings, _earliest(settings))


def give_new_key(settings: Settings) -> None:
    rotate(settings, pseudonyms.of_text(small.NEW_KEY, "chaos"), _run_id("rotate"), lambda said: None)


def give_new_key_and_build(settings: Settings) -> None:
    give_new_key(settings)
    os.environ["WAREHOUSE_PSEUDONYM_KEY"] = small.NEW_KEY
    night(settings)


def end_retention(settings: Settings) -> None:
    """As it will be one day: some children's rows are due, and originals that were replaced."""
    schedule = settings.home.root / "retention.toml"
    schedule.touch(OWNER_ONLY_FILE)
    schedule.write_text(_SCHEDULE, encoding="utf-8")
    disposing.dispose(settings, "chaos", "their time is over", dt.datetime(2020, 1, 1, tzinfo=dt.UTC))


def end_retention_and_build(settings: Settings) -> None:
    end_retention(settings)
    night(settings)


_SCHEDULE = """
[[class]]
name = "children"
layer = "raw"
datasets = ["ssda903_*"]
trigger = "birth"
period = "23 years"
source = "invented"
basis = "local policy"

[[class]]
name = "originals that were replaced"
layer = "archive"
trigger = "replacement"
period = "1 month"
source = "invented"
basis = "local policy"
"""

WORKS = (
    Work("night", "delivered", night, night),
    Work("landing", "delivered", land, night),
    Work("build", "landed", build, night),
    Work("publication", "gated", publish, night),
    Work("rollback", "published", roll_back, roll_back),
    Work("key rotation", "published", give_new_key, give_new_key_and_build),
    Work("retention", "published", end_retention, end_retention_and_build),
)


def load(settings: Settings) -> None:
    serving.load(settings)


def first_night(settings: Settings) -> None:
    """Publish the first night and deliver the second."""
    small.sample().deliver(settings, FIRST)
    small.run(settings, FIRST)
    small.sample().deliver(settings, SECOND)


def _earliest(settings: Settings) -> str:
    return min(path.parent.name for path in settings.home.releases.glob("*/manifest.json"))


def _run_id(what: str) -> str:
    return f"{what}-{uuid.uuid4().hex[:8]}"


def root_of(folder: Path) -> Path:
    """Where every trial's home lies: databases name their files by path, so a home is never moved."""
    return folder / "home"
