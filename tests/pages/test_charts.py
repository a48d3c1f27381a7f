"""Pictures: what they draw of figures, and what never."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import altair as alt
import pytest
import scipy.stats
from lxml import etree

from childrens_warehouse.pages.charts import (
    calendar,
    composition,
    drawing,
    funnel,
    places,
    pyramid,
    quarters,
    ranking,
    region_funnel,
    stability,
    telling,
    theme,
    trend,
    waterfall,
    year,
)
from childrens_warehouse.pages.picture import Cell, Picture
from tests.pages import regional
from tests.pages.figures import children, counted, figure, hidden, month_ends, series

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Children looked after in homes or schools that are subject to the Children's Homes Regulations, and elsewhere"
RUN = [60.0, 61.5, 64.0, "c", "c", 63.0, 66.0, None, 71.0, 70.0, 74.0, 73.0]


def _limits(**given: Any) -> dict[str, Any]:
    return {"process_mean": 66.0, "process_lower": 58.0, "process_upper": 74.0, **given}


def _slices() -> list[Any]:
    own = [("Boys", 20, 40), ("Girls", 12, 30), (LONG, 9, 11)]
    found = [counted(a, b, member=name, member_label=name, lower_95=100 * a / b - 9, upper_95=min(100, 100 * a / b + 9))
             for name, a, b in own]  # fmt: skip
    return [
        *found,
        hidden(member="few", member_label="Few"),
        figure(None, member="none", member_label="Nobody", denominator=0),
    ]


def _members(*counts: int | None) -> list[Any]:
    names = [
        "Foster care",
        "Kinship",
        "Children's homes",
        "Adoption",
        "Secure",
        "Parents",
        "School",
        "Other",
        "Hospital",
    ]
    return [children(count, member=name, member_label=name) for name, count in zip(names, counts, strict=False)]


def _day(count: int | None) -> Any:
    return children(count, as_at=dt.date(2017, 3, 31))


DRAWN: dict[str, Callable[[], Picture]] = {
    "ranking": lambda: ranking.ranking(regional.figure("cla_three_plus_placements_pct", hidden=regional.LONDON[:2])),
    "ranking_without_direction": lambda: ranking.ranking(regional.figure("cla_rate_per_10k")),
    "ranking_of_two": lambda: ranking.ranking(regional.figure("cla_sessions_missed_pct_1yr", regional.LONDON[:2])),
    "region_funnel": lambda: region_funnel.region_funnel(regional.figure("cla_reviews_on_time_pct")),
    "region_funnel_of_rates": lambda: region_funnel.region_funnel(regional.figure("cla_rate_per_10k")),
    "region_funnel_of_two": lambda: region_funnel.region_funnel(
        regional.figure("cla_three_plus_placements_pct", regional.LONDON[:2])
    ),
    "trend": lambda: trend.trend(
        series(RUN, **_limits(target=70.0, england=68.0, statistical_neighbour=67.0)), "Reviews"
    ),
    "trend_one_point": lambda: trend.trend([figure(61.0, target=70.0)], "Reviews"),
    "trend_suppressed": lambda: trend.trend(series(["c"] * 12), "Reviews"),
    "trend_without_figures": lambda: trend.trend([], "Reviews"),
    "trend_wide": lambda: trend.trend(series(RUN, **_limits(target=70.0)), "Reviews", theme.PAGE),
    "sparkline": lambda: trend.sparkline(series(RUN, target=70.0), "Reviews"),
    "sparkline_suppressed": lambda: trend.sparkline(series(["c", "c"]), "Reviews"),
    "small_multiples": lambda: trend.small_multiples(
        [(LONG, series(RUN)), ("Two", series(["c"])), ("Three", [])], "Three"
    ),
    "year": lambda: year.through_the_year(
        [("2015/16", series(RUN, period="year_to_date")), ("2016/17", series(RUN[:4], period="year_to_date"))], "Moves"
    ),
    "year_suppressed": lambda: year.through_the_year([("2016/17", series(["c"] * 3, period="year_to_date"))], "Moves"),
    "quarters": lambda: quarters.quarters(
        [figure(61.0, dt.date(2016, 6, 30), period="quarter", previous_year=50.0, target=80.0),
         hidden(dt.date(2016, 9, 30), period="quarter"), figure(None, dt.date(2016, 12, 31), period="quarter"),
         figure(70.0, dt.date(2017, 3, 31), period="quarter", finality="provisional")], "Health",
    ),
    "quarters_suppressed": lambda: quarters.quarters([hidden(period="quarter")], "Health"),
    "quarters_zero": lambda: quarters.quarters([figure(0.0, period="quarter")], "Health"),
    "mix": lambda: composition.mix_over_time(
        [(day, _members(90, 30, 12, 7, None, 6, 8, 20, None), children(180)) for day in month_ends(13)], "Placements"
    ),
    "mix_of_nothing": lambda: composition.mix_over_time(
        [(dt.date(2017, 3, 31), _members(None, None), hidden(unit="count"))], "Placements"
    ),
    "shares": lambda: composition.shares(
        [composition.bar_of("Here", _members(90, None, 12, 8), children(112)),
         composition.Bar("England", {"Foster care": 74.0, "Kinship": 5.0}, 100.0),
         composition.bar_of(LONG, _members(0, 0), children(0))], "Placements",
    ),
    "slices": lambda: composition.slices(_slices(), counted(32, 70, target=60.0), "Visits"),
    "slices_suppressed": lambda: composition.slices([hidden(member_label="Boys")], hidden(), "Visits"),
    "pyramid": lambda: pyramid.pyramid([pyramid.Band("Under 1", 2, 0), pyramid.Band("16 and over", 49, 25)], "Ages"),
    "pyramid_of_nobody": lambda: pyramid.pyramid([], "Ages"),
    "streams": lambda: places.streams(
        [places.Stream("Here", "Up to 20 miles", 78), places.Stream("Elsewhere", "Up to 20 miles", 77),
         places.Stream("Elsewhere", "Further", 30), places.Stream("Not measured", "Not measured", 28)], "Placed",
    ),
    "streams_of_nobody": lambda: places.streams([], "Placed"),
    "boroughs": lambda: places.boroughs(
        [places.Place("310", "Harrow", "London", 78), places.Place("304", "Brent", "London", 3),
         places.Place("919", "Hertfordshire", "East of England", 22),
         places.Place("330", "Birmingham", "West Midlands", 1)],
        "310", "Placed",
    ),
    "heat_map": lambda: calendar.heat_map(
        [("Year 7", calendar.days_of(series([91.0, "c", 94.5]))), (LONG, calendar.days_of(series([88.0, None, 93.0]))),
         ("Nobody", calendar.days_of(series([None, None, None])))], "Attendance",
    ),
    "heat_map_of_nothing": lambda: calendar.heat_map([], "Attendance"),
    "stability": lambda: stability.over_time(
        series(RUN[:6], period="year_to_date"), series(RUN, target=70.0), "Stability"
    ),
    "placements": lambda: stability.placements_per_child([("One", 168), ("Two", 35), ("Three", None)], "Placements"),
    "placements_of_nobody": lambda: stability.placements_per_child([], "Placements"),
    "funnel": lambda: funnel.funnel(
        [counted(20 + n, 35 + n, england=68.0, statistical_neighbour=64.7, as_at=day)
         for n, day in enumerate(month_ends(6))],
        "Same placement",
    ),
    "funnel_without_denominator": lambda: funnel.funnel([figure(None, denominator=0, england=68.0)], "Same placement"),
    "funnel_suppressed": lambda: funnel.funnel([hidden(england=68.0)], "Same placement"),
    "funnel_without_average": lambda: funnel.funnel([counted(20, 35)], "Same placement"),
    "came_and_went": lambda: waterfall.came_and_went(_day(180), _day(191), _day(160), _day(211), "Flow"),
    "came_and_went_unequal": lambda: waterfall.came_and_went(_day(180), _day(20), _day(10), _day(187), "Flow"),
    "came_and_went_suppressed": lambda: waterfall.came_and_went(
        _day(213), _day(None), _day(None), _day(213), "Flow"
    ),
    "came_and_went_nothing": lambda: waterfall.came_and_went(_day(None), _day(None), _day(None), _day(None), "Flow"),
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn() -> dict[str, Picture]:
    return {name: draw() for name, draw in DRAWN.items()}


def svgs(picture: Picture) -> list[str]:
    return [picture.svg, picture.narrow] if picture.narrow else [picture.svg]


def words(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in etree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_stands_on_its_own(name: str, drawn: dict[str, Picture]) -> None:
    for svg in svgs(drawn[name]):
        root = etree.fromstring(svg)
        assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert root[0].text == drawn[name].title
        assert root[1].text == drawn[name].description
        assert len(svg) < 60_000
        assert not re.search(r"NaN|undefined|null|Infinity|<script|<style|href|url\(|\bid=|xlink", svg)
        assert set(re.findall(r"https?://[^\"]+", svg)) == {"http://www.w3.org/2000/svg"}


def test_the_same_figures_make_the_same_bytes_in_another_process(drawn: dict[str, Picture]) -> None:
    names = ("trend", "mix", "boroughs", "heat_map")
    draw = f"from tests.pages import test_charts as t\nfor name in {names}: print(t.DRAWN[name]().svg)"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", draw], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines() == [drawn[name].svg for name in names]


@pytest.mark.parametrize("name", DRAWN)
def test_every_picture_is_told_in_a_sentence_and_has_its_table(name: str, drawn: dict[str, Picture]) -> None:
    picture = drawn[name]
    assert picture.description.startswith(picture.title)
    assert picture.description.endswith(".")
    assert "None" not in picture.description
    assert all(len(row) == len(picture.table.columns) for row in picture.table.rows)


@pytest.fixture
def specifications(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    seen: list[dict[str, Any]] = []
    render = drawing.vl_convert.vegalite_to_svg
    monkeypatch.setattr(
        drawing.vl_convert, "vegalite_to_svg", lambda spec, **options: (seen.append(spec), render(spec, **options))[1]
    )
    yield seen


@pytest.mark.parametrize(
    "name", ["trend", "small_multiples", "quarters", "mix", "slices", "streams", "heat_map", "funnel"]
)
def test_what_is_rendered_is_vega_lite(name: str, specifications: list[dict[str, Any]]) -> None:
    DRAWN[name]()
    for specification in specifications:
        alt.Chart.from_dict(specification, validate=True)


def test_no_gap_is_drawn_as_a_point(specifications: list[dict[str, Any]]) -> None:
    picture = trend.trend(series([60.0, "c", "c", None, 64.0]), "Reviews")
    rows = [row for rows in _data(specifications[0]) for row in rows if "value" in row]
    assert {row["value"] for row in rows} == {60.0, 64.0}
    assert words(picture.svg).count("c") == 2  # on the axis, and in the key
    assert [row[1].text for row in picture.table.rows if isinstance(row[1], Cell)] == ["60.0", "c", "c", "–", "64.0"]


def test_a_line_ends_at_gaps_and_where_year_or_definition_changes() -> None:
    def lines(figures: list[Any]) -> int:
        return len({segment for _, segment in trend.segments(figures)})

    assert lines(series([1.0, 2.0, 3.0])) == 1
    assert lines(series([1.0, "c", 3.0])) == 2
    year_to_date = series([1.0, 2.0, 3.0], period="year_to_date")
    assert lines(year_to_date) == 1
    assert lines([*year_to_date, figure(4.0, dt.date(2017, 4, 30), period="year_to_date")]) == 2
    assert lines([*series([1.0, 2.0]), figure(3.0, dt.date(2017, 4, 30), definition_version=2)]) == 2
    assert lines([figure(1.0, dt.date(2011, 3, 31)), *series([1.0, 2.0, 3.0])]) == 2


def test_points_beyond_chance_differ_by_shape_and_provisional_ones_are_hollow(
    specifications: list[dict[str, Any]],
) -> None:
    figures = [
        *series([60.0, 61.0]),
        figure(80.0, dt.date(2017, 4, 30), variation="special_cause_improvement", variation_rule="outside_limits"),
        figure(40.0, dt.date(2017, 5, 31), variation="special_cause_concern", finality="provisional"),
    ]
    picture = trend.trend(figures, "Reviews")
    points = [row for rows in _data(specifications[0]) for row in rows if "shape" in row]
    assert [point["shape"] for point in points] == ["circle", "circle", "square", "triangle-up"]
    assert [point["fill"] == theme.PAPER for point in points] == [False, False, False, True]
    assert {"better than chance explains", "worse than chance explains", "provisional"} <= set(words(picture.svg))


def test_target_and_comparators_are_named_beside_their_lines() -> None:
    svg = trend.trend(series(RUN, target=70.0, england=68.2, statistical_neighbour=67.0), "Reviews").svg
    assert {"Target 70", "England 68.2", "Neighbours 67", "73.0"} <= set(words(svg))


def test_a_target_that_ended_says_until_when() -> None:
    figures = [*series([60.0, 61.0], target=70.0), figure(62.0, dt.date(2017, 4, 30))]
    assert "Target 70 to Mar 2017" in words(trend.trend(figures, "Reviews").svg)


def test_quarters_show_the_year_before_and_no_bar_for_what_is_hidden(specifications: list[dict[str, Any]]) -> None:
    picture = DRAWN["quarters"]()
    bars = [row["value"] for rows in _data(specifications[0]) for row in rows if "to" in row]
    assert sorted(bars) == [50.0, 61.0, 70.0]
    assert {"c", "–", "61.0", "70.0", "Q12016/17"} <= set(words(picture.svg))


def test_suppressed_parts_are_one_part_of_a_known_whole(specifications: list[dict[str, Any]]) -> None:
    picture = DRAWN["mix"]()
    assert any("small numbers" in text for text in words(picture.svg))
    ends: dict[float, float] = {}
    for rows in _data(specifications[0]):
        for row in rows:
            if "high" in row:
                ends[row["from"]] = max(ends.get(row["from"], 0), row["high"])
    assert len(ends) == 13
    assert all(end == pytest.approx(100) for end in ends.values())


def test_parts_of_an_unknown_whole_are_not_drawn(specifications: list[dict[str, Any]]) -> None:
    DRAWN["mix_of_nothing"]()
    assert not [row for rows in _data(specifications[0]) for row in rows if "high" in row]


def test_printed_shares_that_are_not_complete_are_not_stretched(specifications: list[dict[str, Any]]) -> None:
    composition.shares([composition.Bar("England", {"Foster care": 74.0, "Kinship": 5.0}, 100.0)], "Placements")
    assert max(row["to"] for rows in _data(specifications[0]) for row in rows if "to" in row) == pytest.approx(79)


def test_slices_have_their_limits_and_suppressed_ones_their_mark(specifications: list[dict[str, Any]]) -> None:
    picture = DRAWN["slices"]()
    limits = [row for rows in _data(specifications[0]) for row in rows if "lower" in row]
    assert limits and all(row["lower"] < row["value"] < row["upper"] for row in limits)
    assert {"c", "20 of 40", "All 45.7"} <= set(words(picture.svg))
    assert "Nobody" not in words(picture.svg)
    assert "Nobody" in [row[0] for row in picture.table.rows]


def test_few_children_in_a_place_are_not_told() -> None:
    picture = DRAWN["boroughs"]()
    told = " ".join([*words(picture.svg), picture.description])
    assert "78" in told and "22" in told and places.FEW in told
    assert not {"1", "3"} & set(words(picture.svg))
    assert {row[1] for row in picture.table.rows} == {"78", "22", places.FEW}


def test_streams_are_as_wide_as_the_children_are_many(specifications: list[dict[str, Any]]) -> None:
    DRAWN["streams"]()
    bands = [rows[0]["bottom"] - rows[0]["top"] for rows in _data(specifications[0]) if "bottom" in rows[0]]
    unit = bands[0] / 78
    assert [round(band / unit) for band in bands] == [78, 107, 28, 78, 77, 30, 28]


def test_what_came_and_went_leaves_is_shown() -> None:
    assert "−3" in words(DRAWN["came_and_went_unequal"]().svg)
    picture = DRAWN["came_and_went_suppressed"]()
    assert words(picture.svg).count("c") == 2
    assert "suppressed started" in picture.description


def test_heat_map_cells_carry_their_figures_and_leave_out_groups_without_any() -> None:
    picture = DRAWN["heat_map"]()
    assert {"91.0", "c", "94.5", "–"} <= set(words(picture.svg))
    assert "Nobody" not in words(picture.svg)
    assert len(picture.table.rows) == 3


@pytest.mark.parametrize(("count", "share"), [(20, 50.0), (35, 68.0), (211, 10.0), (8, 2.0)])
def test_funnel_limits_leave_the_tails_of_the_binomial(count: int, share: float) -> None:
    for tail in (0.025, 0.001):
        low, high = funnel.limits(count, share, tail)
        below, above = (scipy.stats.binom.ppf(each, count, share / 100) for each in (tail, 1 - tail))
        assert 0 <= low < share < high <= 100
        assert below - 1 <= low * count / 100 <= below
        assert above - 1 <= high * count / 100 <= above


def test_funnel_limits_at_the_ends() -> None:
    assert funnel.limits(10, 0.0, 0.025) == (0.0, 0.0)
    assert funnel.limits(10, 100.0, 0.025) == (100.0, 100.0)


def test_funnel_says_whether_chance_explains_it() -> None:
    assert "within what chance explains" in DRAWN["funnel"]().description
    far = funnel.funnel([counted(30, 100, england=68.0)], "Same placement")
    assert "beyond what chance explains" in far.description


def test_colours_can_be_told_from_paper_and_from_their_neighbours() -> None:
    marks = (theme.ACCENT, theme.MARK, theme.BEFORE, theme.CONCERN, theme.IMPROVEMENT, *theme.CATEGORIES)
    assert min(theme.contrast(colour, theme.PAPER) for colour in marks) >= 3
    assert min(theme.contrast(text, theme.PAPER) for text in (theme.INK, theme.QUIET, theme.ACCENT)) >= 4.5
    assert min(theme.contrast(a, b) for a, b in itertools.pairwise(theme.CATEGORIES)) >= 2.5


def test_text_on_colours_can_be_read() -> None:
    shades = [theme.shade(step / 50) for step in range(51)]
    assert min(theme.contrast(theme.text_on(colour), colour) for colour in [*shades, *theme.CATEGORIES]) >= 4.5


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        ([99, 213], {}, [50, 100, 150, 200, 250]),
        ([96.8, 100], {"top": 100, "least": 10}, [90, 92.5, 95, 97.5, 100]),
        ([100.0], {"top": 100, "least": 10}, [90, 92.5, 95, 97.5, 100]),
        ([3, 97], {"top": 100}, [0, 25, 50, 75, 100]),
        ([0.0, 0.0], {"with_zero": True}, [0, 0.25, 0.5, 0.75, 1]),
        ([], {}, [0, 0.25, 0.5, 0.75, 1]),
        ([61.0], {}, [60, 60.5, 61, 61.5, 62]),
        ([0, 53], {"with_zero": True}, [0, 20, 40, 60]),
    ],
)
def test_axes_have_round_numbers(values: list[float], options: dict[str, Any], expected: list[float]) -> None:
    assert drawing.ticks(values, **options) == expected


def test_labels_are_spread_no_further_than_needed() -> None:
    assert drawing.spread([10, 50], [14, 14], 0, 100) == [10, 50]
    assert drawing.spread([50, 50, 52], [14, 14, 14], 0, 100) == [50, 64, 78]
    crowded = drawing.spread([98, 99], [14, 14], 0, 100)
    assert crowded == [79, 93]


def test_a_series_is_told_with_its_ends_and_gaps() -> None:
    told = telling.over_time(series(RUN, process_mean=66.0, variation="common_cause", target=80.0))
    assert told == (
        "73.0 per cent on 31 March 2017, up from 60.0 per cent on 30 April 2016;"
        " lowest 60.0, highest 74.0 of 9 figures;"
        " none of them beyond what chance explains; target 80; 2 suppressed; 1 not available"
    )


def test_pictures_for_the_page_have_a_narrow_drawing(drawn: dict[str, Picture]) -> None:
    for name in ("small_multiples", "mix", "streams", "boroughs", "heat_map", "stability"):
        width = etree.fromstring(drawn[name].narrow).get("width")
        assert float(str(width)) == theme.COLUMN.width
        assert float(str(etree.fromstring(drawn[name].svg).get("width"))) == theme.PAGE.width
    assert not drawn["trend"].narrow


def _data(specification: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [layer["data"]["values"] for layer in specification["layer"]]
