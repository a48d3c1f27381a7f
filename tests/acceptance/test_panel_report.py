"""The panel report of June 2017 out of child-level extracts: every figure, and that it follows the children."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse import sql
from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.reference import collection_year
from childrens_warehouse.run import run_night
from childrens_warehouse.settings import Settings
from childrens_warehouse.simulate import delivery, panel_report, terms
from childrens_warehouse.simulate.extracts.rows import rendered
from childrens_warehouse.simulate.panel_report import Life, lists, places, returns
from childrens_warehouse.simulate.panel_report.lives import YEAR_ENDS, Stay, stream
from tests.acceptance.comparison import compare, figures
from tests.acceptance.conftest import Night

SCENARIO_FIGURES = Path(panel_report.__file__).parent / "figures.csv"


def test_the_scenario_is_after_the_figures_that_are_expected() -> None:
    with SCENARIO_FIGURES.open(encoding="utf-8", newline="") as file:
        wanted = [tuple(row.values()) for row in csv.DictReader(file)]
    expected = [
        (each.indicator, str(each.as_at), each.slice, _text(each.numerator), _text(each.denominator), each.printed)
        for each in figures()
    ]
    assert wanted == expected


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


@pytest.mark.slow
def test_every_figure_is_as_printed(night: Night) -> None:
    assert len(night.compared) == 143 + 44
    assert [each for each in night.compared if not each.is_equal] == []


@pytest.mark.slow
def test_the_night_is_published_without_a_refused_row_or_a_waiver(night: Night) -> None:
    assert night.result.is_new
    assert {outcome.status for outcome in night.result.outcomes} == {"accepted"}
    assert sum(outcome.rows_refused for outcome in night.result.outcomes) == 0
    assert night.result.build.gate is not None
    assert night.result.build.gate.waived == ()


# Two children are put right in one delivery, and each figure that may move is named under its change.
#
# Somebody with two placements in the year has three after one more move, from one of the council's own carers to
# another, both near home. So the share with three goes up and the list of those with two is one shorter. The type of
# placement on 28 February, the distance, and all that does not count moves stay.
MOVED_ON = dt.date(2017, 2, 13)
ONE_MORE_MOVE = {("cla_three_plus_placements_pct", YEAR_ENDS): 29, ("cla_two_moves_watchlist", YEAR_ENDS): 39}
# Somebody whose initial health assessment was in time by both clocks was seen on the last working day of that March:
# later than 28 days after coming into care, and than 20 working days after the request. Still once in the year, and in
# March, so that all other figures of health stay.
SEEN_ON = terms.working_day_on_or_before(YEAR_ENDS)
SEEN_LATE = {("iha_28_calendar_days_ytd_pct", YEAR_ENDS): 93, ("iha_within_20wd_pct", YEAR_ENDS): 13}


@dataclass(frozen=True)
class Moved:
    """The report's figures that moved, as indicator and day: their numerators, and the children who count otherwise."""

    numerators: dict[tuple[str, dt.date], int | None]
    children: dict[tuple[str, dt.date], set[int]]


@pytest.fixture(scope="module")
def moved(night: Night) -> Moved:
    lives = panel_report.draw()
    next(life for life in lives if _has_moved_once(life)).stays.append(
        Stay(MOVED_ON, places.placement(stream("one more move"), "own"))
    )
    next(life for life in lives if _was_seen_in_time(life)).assessments[0].seen_on = SEEN_ON
    corrected = run_night(night.settings, _correct_the_lists(night.settings, lives))
    assert night.result.release
    assert corrected.release
    after = compare(night.settings)
    return Moved(
        numerators={
            (now.figure.indicator, now.figure.as_at): now.computed.numerator
            for then, now in zip(night.compared, after, strict=True)
            if now.computed and now != then
        },
        children=_who_counts_otherwise(
            *(
                night.settings.home.releases / release.release_id / "marts.duckdb"
                for release in (night.result.release, corrected.release)
            )
        ),
    )


@pytest.mark.slow
def test_a_child_that_is_put_right_moves_the_figures_that_tell_of_it_and_no_other(moved: Moved) -> None:
    assert moved.numerators == ONE_MORE_MOVE | SEEN_LATE


@pytest.mark.slow
def test_each_figure_moved_by_the_child_that_was_put_right(moved: Moved) -> None:
    assert moved.children.keys() == ONE_MORE_MOVE.keys() | SEEN_LATE.keys()
    (one,), (other,) = ({frozenset(moved.children[figure]) for figure in of} for of in (ONE_MORE_MOVE, SEEN_LATE))
    assert len(one) == len(other) == 1
    assert one != other


def _has_moved_once(life: Life) -> bool:
    return (
        life.is_starter
        and life.in_care(dt.date(2017, 5, 31))
        and len(life.stays) == 2
        and all(stay.placement.provider == "PR1" and stay.placement.place.startswith("U") for stay in life.stays)
        and life.stays[1].started_on < MOVED_ON
        and not life.stays[1].placement.postcode.startswith(places.FAR)
        and not life.is_unaccompanied
    )


def _was_seen_in_time(life: Life) -> bool:
    return (
        life.is_starter
        and life.in_care(dt.date(2017, 5, 31))
        and [each.kind for each in life.assessments] == ["IHA"]
        and YEAR_ENDS.replace(day=1) <= life.assessments[0].seen_on <= life.started_on + dt.timedelta(days=28) < SEEN_ON
        and life.assessments[0].seen_on <= life.assessments[0].due_on < SEEN_ON
    )


def _correct_the_lists(settings: Settings, lives: list[Life]) -> dt.date:
    """Deliver the episodes of collection years 2017 and 2018 and all health assessments once more; the last night."""
    first, last = (panel_report.NIGHT + dt.timedelta(days=days) for days in (1, 2))
    for extract_date, dataset, rows in (
        (first, "ssda903_episodes", returns.episodes(lives, YEAR_ENDS)),
        (last, "ssda903_episodes", returns.episodes(lives, panel_report.NIGHT)),
        (last, "health_assessments", lists.health_assessments(lives, panel_report.NIGHT)),
    ):
        source = BY_NAME[dataset].source
        prepared = settings.home.root / f"prepared-{source}-{extract_date}"
        prepared.mkdir()
        year = collection_year(YEAR_ENDS if extract_date == first else panel_report.NIGHT)
        files = [delivery.write_table(prepared, dataset, rendered(dataset, rows), year)]
        stamp = delivery.nightly_stamp(extract_date)
        contents = delivery.manifest(prepared, panel_report.AUTHORITY, source, extract_date, stamp, files)
        folder = settings.home.inbox / panel_report.AUTHORITY / source / extract_date.isoformat()
        assert delivery.hand_over(prepared, folder, contents)
    return last


def _who_counts_otherwise(before: Path, after: Path) -> dict[tuple[str, dt.date], set[int]]:
    """The subjects of the report's figures that are not the same in both releases."""
    behind = "select indicator_id, as_at, period, subject_key, in_denominator, in_numerator from {}.indicator_subject"
    then, now = behind.format("older"), behind.format("newer")
    with duckdb.connect() as connection:
        for name, marts in (("older", before), ("newer", after)):
            connection.execute(f"attach {sql.literal(marts)} as {name} (read_only)")
        rows = connection.execute(f"(({then}) except ({now})) union (({now}) except ({then}))").fetchall()
    wanted = {(each.indicator, each.as_at, each.period) for each in figures()}
    children: dict[tuple[str, dt.date], set[int]] = {}
    for indicator, as_at, period, subject, *_ in rows:
        if (indicator, as_at, period) in wanted:
            children.setdefault((indicator, as_at), set()).add(subject)
    return children
