"""Whole nights, without an orchestrator: landed, built, gated and published for real."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from childrens_warehouse.run import NightResult, run_night
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import Planted, Scenario, simulate_with_dirt
from tests.observing.receiver import Receiver

NIGHT = dt.date(2017, 5, 24)  # a Wednesday in term
SCENARIO = Scenario(night=NIGHT, nights=2, children=40, pupils=80, attendance_days=30)


def home_at(root: Path) -> Settings:
    """Settings of a home of its own, whatever the environment says."""
    settings = dataclasses.replace(Settings.from_environment(), home=Home(root))
    settings.home.create()
    return settings


def contents(settings: Settings, release_id: str | None = None) -> Mapping[str, str]:
    """Content hash of every published table of a release; the current one by default."""
    if release_id is None:
        release_id = json.loads((settings.home.published / "current.json").read_text())["release_id"]
    manifest = json.loads((settings.home.releases / release_id / "manifest.json").read_text())
    return {name: table["content_hash"] for name, table in manifest["tables"].items()}


@dataclasses.dataclass(frozen=True)
class Nights:
    """A home in which the sample's nights were run one after the other."""

    settings: Settings
    results: tuple[NightResult, ...]
    planted: tuple[Planted, ...]


@pytest.fixture(scope="session")
def watcher() -> Iterator[Receiver]:
    """Who was told of lineage and figures, in those nights."""
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def night_by_night(tmp_path_factory: pytest.TempPathFactory, watcher: Receiver) -> Nights:
    """Two nights run in order, each published, and watched from outside meanwhile."""
    settings = home_at(tmp_path_factory.mktemp("night-by-night"))
    simulation = simulate_with_dirt(settings.home.inbox, SCENARIO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENLINEAGE_URL", watcher.address)
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", watcher.address)
        results = tuple(run_night(settings, NIGHT - dt.timedelta(days=back)) for back in (1, 0))
    return Nights(settings, results, tuple(simulation.planted))


def copy_inbox(source: Settings, target: Settings) -> None:
    shutil.copytree(source.home.inbox, target.home.inbox, dirs_exist_ok=True)
