"""A release can be made again from what it names, content hash for content hash, whatever came since."""

from __future__ import annotations

import datetime as dt

import pytest
from typer.testing import CliRunner

from childrens_warehouse.build import inputs
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.changes.reproducing import reproduce
from childrens_warehouse.cli import app
from childrens_warehouse.decisions import neighbours
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse
from tests.changes import figures
from tests.changes.figures import JUNE_1

MAY_31 = dt.date(2017, 5, 31)


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    figures.install(settings, monkeypatch)
    return settings


def silent(_: str) -> None:
    return


def test_a_release_is_made_again_although_other_files_came_since(home: Settings) -> None:
    figures.deliver(home, dt.date(2017, 5, 30), (1, "2016-05-03"), (7, "2016-05-03"))
    small_warehouse.deliver_two_months(home)
    figures.deliver(home, MAY_31, (1, "2016-05-03"))
    first = figures.released(home)
    # a register of May and a list that are stamped before the release, and a night after it
    corrected = small_warehouse.marks(dt.date(2017, 4, 28), mark="O")
    small_warehouse.deliver(home, "attendance", corrected, MAY_31, "school_date")
    figures.deliver(home, JUNE_1, (2, "2016-05-03"))
    current = figures.released(home)
    made = reproduce(home, first.release_id, silent)
    assert made.release_id == first.release_id and made.tables > 10 and made.differing == ()
    assert reproduce(home, "current", silent).differing == ()
    now = current_release(home)
    assert now is not None and now.release_id == current.release_id
    assert not list(home.home.build.glob("again-*")), "what was made to compare is removed"


def test_a_release_is_made_again_with_the_neighbours_of_its_time(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is replaced as a whole: nothing in the home knows what it said."""
    monkeypatch.setattr(
        small_warehouse, "TABLES", tuple(sorted((*small_warehouse.TABLES, "dim_statistical_neighbour")))
    )
    table = "create or replace table marts.dim_statistical_neighbour as from raw.statistical_neighbour;"
    monkeypatch.setitem(small_warehouse.SQL, "core", small_warehouse.SQL["core"] + table)
    head, listed = ",".join(neighbours.COLUMNS), neighbours.path(home.home)
    listed.write_text(f"{head}\n310,304,A list\n", encoding="utf-8")
    figures.deliver(home, MAY_31, (1, "2016-05-03"))
    first = figures.released(home)
    listed.write_text(f"{head}\n310,305,Another list\n", encoding="utf-8")
    second = figures.released(home)
    assert second.release_id != first.release_id
    listed.unlink()
    assert reproduce(home, first.release_id, silent).differing == ()
    assert reproduce(home, second.release_id, silent).differing == ()


def test_other_content_is_named_table_by_table(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    figures.deliver(home, MAY_31, (1, "2016-05-03"))
    released = figures.released(home)
    # the small warehouse's own review and then ours, which takes its place
    core = small_warehouse.SQL["core"].replace("review as held_on", "review + 1 as held_on")
    assert core != small_warehouse.SQL["core"]
    monkeypatch.setitem(small_warehouse.SQL, "core", core)
    assert reproduce(home, released.release_id, silent).differing == ("fct_review",)
    done = CliRunner().invoke(app, ["reproduce"])
    assert "fct_review: other content" in done.output and isinstance(done.exception, WarehouseError)


def test_what_cannot_be_made_again_says_why(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    figures.deliver(home, MAY_31, (1, "2016-05-03"))
    released = figures.released(home)
    with pytest.raises(WarehouseError, match="no release nowhere"):
        reproduce(home, "nowhere", silent)
    with monkeypatch.context() as other:
        other.setattr(inputs, "code_fingerprint", lambda: "other")
        with pytest.raises(WarehouseError, match="built by other code"):
            reproduce(home, released.release_id, silent)
    next(iter(accepted(home.home))).content(home.home).unlink()
    with pytest.raises(WarehouseError, match="1 files it was built of are no longer in raw"):
        reproduce(home, released.release_id, silent)
    assert not Workspace.of(home).folder.joinpath(f"again-{released.release_id}").exists()
