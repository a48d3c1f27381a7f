"""The panel report of June 2017 out of child-level extracts: every figure, and that it follows the children."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from childrens_warehouse.datasets import Source
from childrens_warehouse.reference import collection_year
from childrens_warehouse.run import run_night
from childrens_warehouse.simulate import delivery, panel_report
from childrens_warehouse.simulate.extracts.rows import rendered
from childrens_warehouse.simulate.panel_report import Life, places, returns
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


MOVED_ON = dt.date(2017, 2, 13)
# Somebody with two placements in the year has three after one more move, from one of the council's own carers to
# another, both near home. So the share with three goes up and the list of those with two is one shorter. The type of
# placement on 28 February, the distance, and all that does not count moves stay.
MOVES = {"cla_three_plus_placements_pct": 29, "cla_two_moves_watchlist": 39}


@pytest.mark.slow
def test_one_more_move_in_february_moves_two_figures(night: Night) -> None:
    lives = panel_report.draw()
    child = next(life for life in lives if _has_moved_once(life))
    child.stays.append(Stay(MOVED_ON, places.placement(stream("one more move"), "own")))
    run_night(night.settings, _correct_the_returns(night, lives))
    moved = {
        (after.figure.indicator, after.figure.as_at): after.computed.numerator
        for before, after in zip(night.compared, compare(night.settings), strict=True)
        if after.computed and after != before
    }
    assert moved == {(indicator, YEAR_ENDS): numerator for indicator, numerator in MOVES.items()}


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


def _correct_the_returns(night: Night, lives: list[Life]) -> dt.date:
    """Deliver the episodes of the collection years 2017 and 2018 once more, on the next nights; the last of them."""
    inbox = night.settings.home.inbox
    extract_date = panel_report.NIGHT
    for told_on in (YEAR_ENDS, panel_report.NIGHT):
        extract_date += dt.timedelta(days=1)
        prepared = inbox.parent / f"prepared-{extract_date}"
        prepared.mkdir()
        rows = rendered("ssda903_episodes", returns.episodes(lives, told_on))
        files = [delivery.write_table(prepared, "ssda903_episodes", rows, collection_year(told_on))]
        stamp = delivery.nightly_stamp(extract_date)
        contents = delivery.manifest(prepared, panel_report.AUTHORITY, Source.SOCIAL_CARE, extract_date, stamp, files)
        folder = inbox / panel_report.AUTHORITY / Source.SOCIAL_CARE / extract_date.isoformat()
        assert delivery.hand_over(prepared, folder, contents)
    return extract_date
