"""The fault suite sees what it is there to see: each thing that must hold is broken once, by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from chaos import holding, small
from chaos.range import Range, shared
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse


@pytest.fixture(scope="module")
def range_() -> Iterator[Range]:
    """The range, and afterwards the product as it was: other tests of this process build with dbt."""
    with pytest.MonkeyPatch.context() as patched:
        small_warehouse.install(patched.setattr)
        patched.setattr(small_warehouse, "SQL", dict(small_warehouse.SQL))
        patched.setattr(small_warehouse, "TABLES", small_warehouse.TABLES)
        patched.setattr(small_warehouse.Suites, "suite_for", small_warehouse.Suites.__dict__["suite_for"])
        patched.setenv("WAREHOUSE_PSEUDONYM_KEY", small.KEY)
        yield shared()


@pytest.fixture
def settings(range_: Range) -> Settings:
    range_.start_from("published")
    return range_.settings


def everything(settings: Settings) -> list[str]:
    release = current_release(settings)
    return [
        *holding.readers_see(settings, [release.release_id if release else None], is_settled=True),
        *holding.nothing_half_counts(settings),
        *holding.tidy(settings),
        *holding.permissions_kept(settings),
        *holding.explained(settings, ()),
        *holding.leaks(settings, small.sample().searcher),
    ]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _first_of_another_night(settings: Settings) -> None:
    first = min(settings.home.releases.glob("*/marts_aggregate.duckdb"))
    settings.home.marts_aggregate.unlink()
    shutil.copy(first, settings.home.marts_aggregate)
    settings.home.marts_aggregate.chmod(0o640)


def _name_another(settings: Settings) -> None:
    path = settings.home.published / "current.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "release_id": "another"}))


def _forget_a_night(settings: Settings) -> None:
    with Ledger(settings.home.ledger).transaction() as connection:
        connection.execute("delete from source_night where source = 'education'")


def _name_a_child(settings: Settings) -> None:
    name = next(iter(small.sample().searcher.canaries))
    (settings.home.logs / "night.log").write_text(f"could not read {name}")
    (settings.home.logs / "night.log").chmod(0o600)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda s: _cut(next(s.home.releases.glob("*/dim_child.parquet"))), "is not as its manifest says"),
        (lambda s: min(s.home.releases.glob("*/manifest.json")).unlink(), "has no manifest"),
        (lambda s: _cut(next(accepted(s.home)).content(s.home)), "its rows are not all in raw"),
        (lambda s: shutil.rmtree(s.home.archive), "its original is gone, untold"),
        (lambda s: (s.home.raw / ".x.csv.1.part").touch(mode=0o600), "was left by an attempt"),
        (lambda s: s.home.marts.chmod(0o644), "published/marts.duckdb has mode 644"),
        (_first_of_another_night, "the suppressed figures are of release 2017-05-30"),
        (_name_another, "current.json names release another"),
        (_forget_a_night, "landed education and came to no end"),
        (_name_a_child, "logs/night.log: "),
    ],
)
def test_what_does_not_hold_is_seen(settings: Settings, spoil: Callable[[Settings], object], said: str) -> None:
    spoil(settings)
    assert [each for each in everything(settings) if said in each]


@pytest.mark.slow
def test_an_undisturbed_home_holds(settings: Settings) -> None:
    assert everything(settings) == []
    assert holding.unaccounted(settings) == 0


@pytest.mark.slow
def test_another_release_than_allowed_is_seen(settings: Settings) -> None:
    assert holding.readers_see(settings, ["2017-01-01-abcdefgh"])


@pytest.mark.slow
def test_what_a_disposal_has_begun_to_put_in_its_place_is_no_half_accepted_file(settings: Settings) -> None:
    content = next(accepted(settings.home)).content(settings.home)
    with duckdb.connect() as connection:
        shorter = content.with_name("shorter.parquet")
        connection.execute(f"copy (from '{content}' limit 1) to '{shorter}' (format parquet)")
        shorter.replace(content)
    assert holding.nothing_half_counts(settings)
    journal = {"disposal_id": "D-1", "files": [["raw/new", str(content.relative_to(settings.home.root))]]}
    (settings.home.raw / "disposal.json").write_text(json.dumps(journal))
    assert holding.nothing_half_counts(settings) == []
