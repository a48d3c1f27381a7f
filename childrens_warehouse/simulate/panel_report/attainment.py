"""Results at the end of key stages 2 and 4 of the children in care for a year on 31 March of that year."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.simulate.panel_report import figures
from childrens_warehouse.simulate.panel_report.lives import Life, present, stream

PRIMARY = ("Mathematics", "Reading", "Writing")
GRADES = {
    # English and mathematics first.
    "five A* to C with both": ("C", "B", "C", "C", "B", "D", "C"),
    "five A* to C": ("C", "D", "C", "B", "C", "C", "E"),
    "five A* to G": ("D", "E", "C", "F", "D", "G"),
    "some": ("F", "U", "E"),
}
SUBJECTS = ("English Language", "Mathematics", "Combined Science", "Religious Studies", "Art and Design", "History",
            "Drama")  # fmt: skip
# Of 2016 the report tells of all in care besides: 14 of 25 have a grade, eight five of them, three from A* to C.
NEWER_IN_2016 = ("five A* to C", "five A* to G", "five A* to G", "some")


def examine(lives: list[Life]) -> None:
    """Give the year groups of 2011 to 2016 their results."""
    for day in figures.days_of("cla_ks2_l4_maths_pct"):
        _primary(_year_group(lives, day, 11), day)
    for day in figures.days_of("cla_gcse_1_ag_pct"):
        _secondary(_year_group(lives, day, 16), day)
    day = dt.date(2016, 3, 31)
    newer = [life for life in present(lives, day) if _school_year(life, day) == 16 and not life.twelve_months(day)]
    for life, kind in zip(newer, NEWER_IN_2016, strict=False):
        _grade(life, day.year, kind)


def _school_year(life: Life, day: dt.date) -> int:
    """Age on the last day of the school year."""
    return day.year - life.born_on.year - (life.born_on.month > 8)


def _year_group(lives: list[Life], day: dt.date, years: int) -> list[Life]:
    found = [life for life in lives if life.twelve_months(day) and _school_year(life, day) == years]
    stream("results", day, years).shuffle(found)
    return found


def _primary(group: list[Life], day: dt.date) -> None:
    assert len(group) == figures.denominator("cla_ks2_l4_rwm_pct", day)
    maths, reading, writing, all_three = (
        figures.numerator(f"cla_ks2_l4_{subject}_pct", day) for subject in ("maths", "reading", "writing", "rwm")
    )
    # Those who reach it in all three first; writing of the others from the end, so that nobody else does.
    last = len(group) - (writing - all_three)
    for position, life in enumerate(group):
        in_writing = position < all_three or position >= last
        for subject, is_reached in zip(PRIMARY, (position < maths, position < reading, in_writing), strict=True):
            life.results.append((day.year, "KS2", subject, "4" if is_reached else "3"))


def _secondary(group: list[Life], day: dt.date) -> None:
    assert len(group) == figures.denominator("cla_gcse_1_ag_pct", day)
    with_both, five_c, five_g, one = (
        figures.numerator(f"cla_gcse_{what}_pct", day) for what in ("5_ac_em", "5_ac", "5_ag", "1_ag")
    )
    kinds = list(GRADES)
    for position, life in enumerate(group[:one]):
        reached = (position < with_both, position < five_c, position < five_g, True)
        _grade(life, day.year, kinds[reached.index(True)])


def _grade(life: Life, year: int, kind: str) -> None:
    life.results += [(year, "KS4", subject, grade) for subject, grade in zip(SUBJECTS, GRADES[kind], strict=False)]
