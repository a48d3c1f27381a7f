"""Pictures in words: figures with their units, what changed, what is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from childrens_warehouse.pages.picture import Cell
from childrens_warehouse.pages.reading import NOT_AVAILABLE, SUPPRESSED, Figure
from childrens_warehouse.pages.words import day

_UNITS = {"percent": " per cent", "mean_days": " days", "per_10k": " per 10,000"}
_ON_THE_AXIS = {"percent": "per cent", "mean_days": "days", "per_10k": "per 10,000"}
FINALITY = {"provisional": "provisional", "final": "", "restated": "restated"}


def said(figure: Figure) -> str:
    """A figure with its unit, or why there is none."""
    if figure.is_suppressed:
        return "suppressed"
    return f"{figure.display}{_UNITS.get(figure.unit, '')}" if figure.value is not None else "not available"


def unit_of_axis(figures: Sequence[Figure]) -> str:
    """What the numbers of an axis are, where they are not simply counts."""
    return unit_name(figures[0].unit) if figures else ""


def unit_name(unit: str) -> str:
    """What numbers in a unit are, where they are not simply counts."""
    return _ON_THE_AXIS.get(unit, "")


def in_words(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def with_figure(figures: Iterable[Figure]) -> list[Figure]:
    return [figure for figure in figures if figure.value is not None and figure.is_available]


def missing(figures: Sequence[Figure]) -> list[str]:
    """How many figures are not shown, and why."""
    suppressed = sum(figure.is_suppressed for figure in figures)
    absent = sum(not figure.is_suppressed and figure.value is None for figure in figures)
    return [f"{suppressed} suppressed"] * (suppressed > 0) + [f"{absent} not available"] * (absent > 0)


def over_time(figures: Sequence[Figure], is_brief: bool = False) -> str:
    """A series in a clause: the last figure, the first, the ends, what is beyond chance, what is missing.

    is_brief: only the last and the first.
    """
    known = with_figure(figures)
    if not figures:
        return "there are no figures"
    if not known:
        return "no figure can be shown: " + ", ".join(missing(figures))
    last, first = known[-1], known[0]
    parts = [f"{said(last)} on {day(last.as_at)}"]
    if is_brief:
        return parts[0] + (f", {_moved(last, first)} {first.display}" if len(known) > 1 else "")
    if len(known) > 1:
        parts[0] += f", {_moved(last, first)} {said(first)} on {day(first.as_at)}"
        lowest, highest = min(known, key=_value), max(known, key=_value)
        parts.append(f"lowest {lowest.display}, highest {highest.display} of {len(known)} figures")
    beyond = sum((figure.variation or "common_cause") != "common_cause" for figure in known)
    if known[-1].process_mean is not None:
        parts.append(f"{beyond or 'none'} of them beyond what chance explains")
    if last.target is not None:
        parts.append(f"target {last.target:g}")
    return "; ".join([*parts, *missing(figures)])


def sentence(*parts: str) -> str:
    """Parts, of which none is empty, as one sentence with a capital and a full stop."""
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "."


def cell(figure: Figure | None) -> Cell | str:
    """A figure in a table, with the marks that lead to its definition."""
    return NOT_AVAILABLE if figure is None else Cell(figure.shown, figure.marks)


def optional(value: float | None) -> str:
    """A comparator in a table: empty where none was set."""
    return "" if value is None else f"{value:,.1f}".removesuffix(".0")


def letter(figure: Figure) -> str:
    """What stands in a picture in the place of a figure that is not shown."""
    return SUPPRESSED if figure.is_suppressed else NOT_AVAILABLE


def _value(figure: Figure) -> float:
    return figure.value or 0.0


def _moved(last: Figure, first: Figure) -> str:
    if last.display == first.display:
        return "the same as"
    return "up from" if _value(last) > _value(first) else "down from"
