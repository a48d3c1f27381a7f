"""Plain sentences about figures, made by rule from the columns of `indicator_value` alone.

Careful by rule: what is not beyond chance is "no clear change"; "better" and "worse" are said only of figures that have
a direction, and only with what they are compared with; what is suppressed or not known is said to be so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from childrens_warehouse.pages.reading import Figure, Indicator, Release
from childrens_warehouse.pages.words import day, financial_year, month_end_before

_RULES = {
    "outside_limits": "It lies {side} what its own months make likely",
    "shift": "For seven months or more it has been {side} its mean",
    "trend": "For seven months or more it has moved the same way",
    "two_of_three": "Two of its last three months were near the {limit} limit of what is usual",
}
_TARGETS = {"green": "meets", "amber": "is just short of", "red": "misses"}
_YEARS = ("year_to_date", "school_year_to_date", "rolling_12_months")


def of(release: Release, indicator_id: str, as_at: dt.date, period: str) -> list[str]:
    """All that is to be said of one figure: what it is, what moved, what is unusual, and the target."""
    figure = release.figure(indicator_id, as_at, period)
    if figure is None:
        return []
    indicator = release.indicators[indicator_id]
    before = release.figure(indicator_id, compared_with(as_at, period), period)
    parts = (moved(indicator, figure, before), unusual(figure, before), held_against(indicator, figure))
    return [" ".join(part for part in parts if part)]


def compared_with(as_at: dt.date, period: str) -> dt.date:
    """The day that a figure is told against: a year before where it grows through the year; of a quarter end the
    quarter end before, else the month end before."""
    if period in _YEARS:
        return month_end_before(as_at, 12)
    if period == "quarter" or (period == "snapshot" and as_at.month % 3 == 0):
        return month_end_before(as_at, 3)
    return month_end_before(as_at, 1)


def moved(indicator: Indicator, now: Figure, before: Figure | None) -> str:
    """What the figure is, and how it differs from another day's."""
    if now.is_suppressed:
        return f"{indicator.title}: suppressed."
    if not now.is_available:
        return f"{indicator.title}: none for {day(now.as_at)}. {now.reason}."
    told = f"{indicator.title}: {now.with_unit}{_parts(now)}"
    if before is None or not before.is_available:
        return f"{told}."
    then = f"{before.with_unit} on {day(before.as_at)}"
    if now.display == before.display:
        return f"{told}, as on {day(before.as_at)}."
    is_clear = is_beyond_chance(now, before)
    if is_clear is False:
        return f"{told}; {then}: no clear change."
    is_up = _number(now.value) > _number(before.value)
    if indicator.direction == "none":
        way = "up" if is_up else "down"
    else:
        way = "better" if is_up == (indicator.direction == "high") else "worse"
    if is_clear is None:
        # a number of children is what it is; of means and sums nobody knows what chance would make of them
        way = way if indicator.direction == "none" else ("up" if is_up else "down")
        return f"{told}, {way} from {then}."
    joined = "from" if way in ("up", "down") else "than"
    return f"{told}, {way} {joined} {then}: more than chance would explain."


def is_beyond_chance(now: Figure, before: Figure) -> bool | None:
    """Do the limits of two figures lie apart? As in `indicator_value.is_beyond_chance`; None where one has none."""
    if now.lower_95 is None or now.upper_95 is None or before.lower_95 is None or before.upper_95 is None:
        return None
    return now.lower_95 > before.upper_95 or now.upper_95 < before.lower_95


def unusual(figure: Figure, before: Figure | None = None) -> str:
    """What process control says of the month, where it says anything.

    For the better or worse is said only where the figure did not just go the other way, as a month can be both: worse
    than the last and better than most.
    """
    if figure.variation in (None, "common_cause") or figure.variation_rule is None or not figure.is_available:
        return ""
    is_high = _number(figure.value) > _number(figure.process_mean)
    told = _RULES[figure.variation_rule].format(
        side="above" if is_high else "below", limit="upper" if is_high else "lower"
    )
    if figure.variation == "special_cause_neither" or _went(figure, before) not in (None, is_high):
        return f"{told}."
    return f"{told}, which is {'good' if figure.variation == 'special_cause_improvement' else 'a concern'}."


def _went(figure: Figure, before: Figure | None) -> bool | None:
    """Did it go up? None where it did not go anywhere."""
    if before is None or not before.is_available or before.display == figure.display:
        return None
    return _number(figure.value) > _number(before.value)


def held_against(indicator: Indicator, figure: Figure) -> str:
    """Target, what can be expected of it, and the comparators."""
    if not figure.is_available:
        return ""
    parts = []
    if figure.target is not None and figure.rag:
        told = f"It {_TARGETS[figure.rag]} the target of {amount(indicator, figure.target)}"
        parts.append(f"{told}{_expected(figure)}.")
    others = [
        f"{name} {amount(indicator, value)}"
        for name, value in (
            ("statistical neighbours", figure.statistical_neighbour),
            ("England", figure.england),
        )
        if value is not None
    ]
    if others:
        parts.append(f"For comparison: {', '.join(others)}.")
    return " ".join(parts)


def _expected(figure: Figure) -> str:
    if figure.assurance == "hit_or_miss":
        return "; month by month it may or may not, by chance"
    if figure.assurance == "fail" and figure.rag != "green":
        return ", and will not reach it as things are"
    if figure.assurance == "pass" and figure.rag == "green":
        return ", and can be expected to"
    return ""


def provisional(figures: Iterable[Figure]) -> str:
    """Which years' figures are not final yet."""
    years = sorted({financial_year(each.as_at) for each in figures if each.finality == "provisional" and each.display})
    if not years:
        return ""
    told = _and(years) if len(years) < 3 else f"{years[-1]} and of earlier years"
    return f"Provisional: some figures of {told} may still change, as not every return they rest on is signed off."


def restated(figures: Iterable[Figure]) -> str:
    """How many figures are not what they were when the return was signed off."""
    found = sum(each.finality == "restated" for each in figures)
    if not found:
        return ""
    many = "figures marked r are" if found > 1 else "figure marked r is"
    return f"{found} {many} not what the signed return said."


def suppressed(figures: Sequence[Figure]) -> str:
    """How much of it cannot be shown."""
    found = sum(each.is_suppressed for each in figures)
    return f"{found} of {len(figures)} figures are suppressed." if found else ""


def amount(indicator: Indicator, value: float) -> str:
    """A target or comparator at the precision of the indicator, half up, with its unit."""
    places = Decimal(1).scaleb(-indicator.decimals)
    rounded = Decimal(f"{value:.9f}").quantize(places, ROUND_HALF_UP)
    return f"{rounded:,}{'%' if indicator.unit == 'percent' else ''}"


def _parts(figure: Figure) -> str:
    if figure.unit != "percent" or figure.numerator is None or figure.denominator is None:
        return ""
    return f" ({figure.numerator:,} of {figure.denominator:,})"


def _number(value: float | None) -> float:
    return 0.0 if value is None else value


def _and(words: Sequence[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
