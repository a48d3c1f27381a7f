"""A figure that moved after it was published is told with who counts otherwise and what was delivered of them."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.changes.compare import Side
from childrens_warehouse.changes.restated import Restated, restated
from childrens_warehouse.cli import app
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.settings import Settings
from tests.changes import figures
from tests.changes.figures import JUNE_1, MARCH_31

MAY_31 = dt.date(2017, 5, 31)


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    figures.install(settings, monkeypatch)
    return settings


def told(home: Settings, indicator: str | None = None, as_at: dt.date | None = MARCH_31) -> list[Restated]:
    sides = Side.of(home, "previous"), Side.of(home, "current")
    return restated(duckdb.connect(), home, *sides, indicator, as_at)


def test_a_review_told_late_and_one_withdrawn_are_named_as_the_reason(home: Settings) -> None:
    figures.deliver(home, MAY_31, (1, "2016-05-03"), (2, "2016-06-01"))
    figures.released(home)
    figures.deliver(home, JUNE_1, (1, "2016-05-03"), (3, "2016-07-01"), (4, "2016-07-02"))
    figures.released(home)
    (found,) = told(home)
    assert (found.indicator_id, found.before, found.now) == ("reviewed", "2", "3")
    assert (found.entered, found.left, found.otherwise) == (2, 1, 0)
    assert [(why.reason, why.table, why.dataset, why.children) for why in found.because] == [
        ("late", "fct_review", "ssda903_reviews", 2), ("withdrawn", "fct_review", "ssda903_reviews", 1),
    ]  # fmt: skip
    assert {why.known_at for why in found.because} == {dt.datetime(2017, 6, 1, 22)}
    assert not found.is_unexplained


def test_figures_that_are_told_alike_are_not_listed(home: Settings) -> None:
    figures.deliver(home, MAY_31, (1, "2016-05-03"))
    figures.released(home)
    figures.deliver(home, JUNE_1, (1, "2016-05-03"), (2, "2017-05-03"))
    figures.released(home)
    assert told(home) == []
    # one child for another: the number is the same, the figure of the year is not restated
    figures.deliver(home, dt.date(2017, 6, 2), (9, "2016-05-03"), (2, "2017-05-03"))
    figures.released(home)
    assert told(home) == []


def test_an_indicator_that_no_release_has_is_named(home: Settings) -> None:
    figures.deliver(home, MAY_31, (1, "2016-05-03"))
    figures.released(home)
    figures.deliver(home, JUNE_1, (1, "2016-05-03"), (2, "2016-05-03"))
    figures.released(home)
    with pytest.raises(WarehouseError, match="an indicator nobody"):
        told(home, "nobody")
    assert [each.indicator_id for each in told(home, "reviewed")] == ["reviewed"]


def test_the_command_says_what_differs_and_why(home: Settings) -> None:
    figures.deliver(home, MAY_31, (1, "2016-05-03"))
    figures.released(home)
    figures.deliver(home, JUNE_1, (1, "2016-05-03"), (2, "2016-05-03"))
    figures.released(home)
    done = CliRunner().invoke(app, ["restated", "--as-at", "2017-03-31"])
    assert done.exit_code == 0, done.output
    assert "1 figures differ" in done.output
    assert "310 reviewed 2017-03-31 year_to_date: 1 -> 2 (provisional); subjects: 1 entered, 0 left" in done.output
    assert "late: fct_review of 1, from ssda903_reviews, known 2017-06-01T22:00:00Z" in done.output


def test_what_was_published_of_a_figure_stays_to_be_read(home: Settings) -> None:
    figures.deliver(home, MAY_31, (1, "2016-05-03"))
    first = figures.released(home)
    figures.deliver(home, JUNE_1, (1, "2016-05-03"), (2, "2017-05-03"))
    second = figures.released(home)
    figures.deliver(home, dt.date(2017, 6, 2), (1, "2016-05-03"), (2, "2016-05-03"))
    third = figures.released(home)
    with duckdb.connect(str(home.home.marts), read_only=True) as connection:
        rows = connection.execute(
            "select as_at, display, first_release_id, published_until is null from indicator_publication order by all"
        ).fetchall()
    # the figure of the night of 1 June is of that night only
    assert rows == [(MARCH_31, "1", first.release_id, False), (MARCH_31, "2", third.release_id, True)]
    one, other = (home.home.releases / each.release_id / "indicator_history.parquet" for each in (first, second))
    assert one.samefile(other), "nothing of it changed on 1 June"
