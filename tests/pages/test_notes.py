"""Sentences about figures: careful, and true of every case of the columns they are made from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from childrens_warehouse.pages import notes
from childrens_warehouse.pages.reading import Figure, Indicator
from tests.pages.figures import children, figure, hidden

MARCH, DECEMBER = dt.date(2017, 3, 31), dt.date(2016, 12, 31)
SHARE = Indicator(
    "made_up_pct", 1, "Reviews on time", *["-"] * 7, "-", "-", "Head of service", "percent", 1, "high", "monthly",
    "snapshot", "C10", None, None,
)  # fmt: skip
NUMBER = dataclasses.replace(SHARE, title="Children", unit="count", decimals=0, direction="none")


def now(value: float | None = 90.0, **given: Any) -> Figure:
    return figure(value, MARCH, **given)


def before(value: float | None = 80.0, **given: Any) -> Figure:
    return figure(value, DECEMBER, **given)


def limits(low: float, high: float) -> dict[str, float]:
    return {"lower_95": low, "upper_95": high}


@pytest.mark.parametrize(
    ("direction", "value", "told"),
    [
        ("high", 90.0, "better than 80.0% on 31 December 2016: more than chance would explain."),
        ("high", 70.0, "worse than 80.0% on 31 December 2016: more than chance would explain."),
        ("low", 90.0, "worse than 80.0% on 31 December 2016: more than chance would explain."),
        ("low", 70.0, "better than 80.0% on 31 December 2016: more than chance would explain."),
        ("none", 90.0, "up from 80.0% on 31 December 2016: more than chance would explain."),
        ("none", 70.0, "down from 80.0% on 31 December 2016: more than chance would explain."),
    ],
)
def test_a_clear_change_is_better_or_worse_only_by_its_direction(direction: str, value: float, told: str) -> None:
    indicator = dataclasses.replace(SHARE, direction=direction)
    said = notes.moved(indicator, now(value, **limits(value - 1, value + 1)), before(**limits(79, 81)))
    assert said == f"Reviews on time: {value}%, {told}"


@pytest.mark.parametrize("direction", ["high", "low", "none"])
def test_what_chance_may_have_made_is_no_change(direction: str) -> None:
    indicator = dataclasses.replace(SHARE, direction=direction)
    said = notes.moved(indicator, now(**limits(70, 95)), before(**limits(60, 85)))
    assert said == "Reviews on time: 90.0%; 80.0% on 31 December 2016: no clear change."


def test_where_chance_cannot_be_told_nothing_is_judged() -> None:
    assert notes.moved(SHARE, now(), before()) == "Reviews on time: 90.0%, up from 80.0% on 31 December 2016."
    assert notes.moved(NUMBER, children(211), before(201.0, unit="count", display="201")) == (
        "Children: 211, up from 201 on 31 December 2016."
    )


def test_what_is_shown_alike_is_not_a_change() -> None:
    said = notes.moved(SHARE, now(90.04, **limits(90, 91)), before(89.96, display="90.0", **limits(80, 81)))
    assert said == "Reviews on time: 90.0%, as on 31 December 2016."


@pytest.mark.parametrize("then", [None, before(None), hidden(DECEMBER)])
def test_without_a_figure_before_only_the_figure_is_told(then: Figure | None) -> None:
    assert notes.moved(SHARE, now(numerator=9, denominator=10), then) == "Reviews on time: 90.0% (9 of 10)."


def test_what_is_not_shown_says_so_and_why() -> None:
    assert notes.moved(SHARE, hidden(MARCH), before()) == "Reviews on time: suppressed."
    assert notes.moved(SHARE, now(None, denominator=0), before()) == (
        "Reviews on time: none for 31 March 2017. Nobody to count."
    )
    assert "Not known" in notes.moved(SHARE, now(None), before())
    for hides in (hidden(MARCH, target=95.0, rag="red", variation="special_cause_concern", variation_rule="shift"),):
        assert notes.unusual(hides) == notes.held_against(SHARE, hides) == ""


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("outside_limits", "It lies above what its own months make likely"),
        ("shift", "For seven months or more it has been above its mean"),
        ("trend", "For seven months or more it has moved the same way"),
        ("two_of_three", "Two of its last three months were near the upper limit of what is usual"),
    ],
)
def test_an_unusual_month_is_told_by_its_rule(rule: str, told: str) -> None:
    control = {"process_mean": 50.0, "variation_rule": rule}
    assert notes.unusual(now(variation="special_cause_neither", **control)) == f"{told}."
    assert notes.unusual(now(variation="special_cause_improvement", **control)) == f"{told}, which is good."
    assert notes.unusual(now(variation="special_cause_concern", **control)) == f"{told}, which is a concern."


def test_the_usual_is_not_worth_a_sentence() -> None:
    assert notes.unusual(now(variation="common_cause", process_mean=50.0)) == ""
    assert notes.unusual(now()) == ""


def test_good_for_its_months_is_not_said_of_what_just_went_the_other_way() -> None:
    high = now(variation="special_cause_improvement", variation_rule="outside_limits", process_mean=50.0)
    assert notes.unusual(high, before(100.0)) == "It lies above what its own months make likely."
    assert notes.unusual(high, before(80.0)).endswith("which is good.")


@pytest.mark.parametrize(
    ("rag", "assurance", "told"),
    [
        ("green", "pass", "It meets the target of 85.0%, and can be expected to."),
        ("green", "hit_or_miss", "It meets the target of 85.0%; month by month it may or may not, by chance."),
        ("green", "fail", "It meets the target of 85.0%."),
        ("amber", "fail", "It is just short of the target of 85.0%, and will not reach it as things are."),
        ("red", "fail", "It misses the target of 85.0%, and will not reach it as things are."),
        ("red", "pass", "It misses the target of 85.0%."),
        ("red", "none", "It misses the target of 85.0%."),
    ],
)
def test_target_and_what_can_be_expected_of_it(rag: str, assurance: str, told: str) -> None:
    assert notes.held_against(SHARE, now(target=85.0, rag=rag, assurance=assurance)) == told


def test_comparators_are_told_without_a_judgement_and_rounded_half_up() -> None:
    said = notes.held_against(SHARE, now(statistical_neighbour=11.05, england=60.0))
    assert said == "For comparison: statistical neighbours 11.1%, England 60.0%."


@pytest.mark.parametrize(
    ("as_at", "period", "other"),
    [
        (MARCH, "snapshot", DECEMBER),
        (MARCH, "quarter", DECEMBER),
        (dt.date(2017, 4, 30), "snapshot", MARCH),
        (MARCH, "month", dt.date(2017, 2, 28)),
        (MARCH, "year_to_date", dt.date(2016, 3, 31)),
        (dt.date(2017, 2, 28), "school_year_to_date", dt.date(2016, 2, 29)),
        (MARCH, "rolling_12_months", dt.date(2016, 3, 31)),
    ],
)
def test_like_is_compared_with_like(as_at: dt.date, period: str, other: dt.date) -> None:
    assert notes.compared_with(as_at, period) == other


def test_provisional_restated_and_suppressed_are_counted() -> None:
    of_2016 = dataclasses.replace(before(), as_at=dt.date(2016, 3, 31), finality="provisional")
    assert notes.provisional([now()]) == ""
    assert notes.provisional([now(finality="provisional"), of_2016]).startswith(
        "Provisional: some figures of 2015/16 and 2016/17 may still change"
    )
    assert notes.provisional([now(None, finality="provisional")]) == ""
    assert notes.restated([now()]) == notes.suppressed([now()]) == ""
    assert notes.restated([now(finality="restated"), now()]).startswith("1 figure marked r is")
    assert notes.suppressed([hidden(), now()]) == "1 of 2 figures are suppressed."
