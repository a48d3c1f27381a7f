"""The half-terms that the warehouse goes by where an authority told none are those that the sample extracts keep."""

from __future__ import annotations

import csv
import datetime as dt
from itertools import pairwise

from childrens_warehouse.reference import SEEDS
from childrens_warehouse.simulate import terms

TERMS = ("autumn", "autumn", "spring", "spring", "summer", "summer")


def half_terms(year: int) -> list[tuple[dt.date, dt.date]]:
    """First and last school day of each half-term: what lies between two holidays of a week or more."""
    days = terms.school_days_of(year)
    starts = [days[0]] + [later for earlier, later in pairwise(days) if later - earlier > terms.WEEK]
    ends = [earlier for earlier, later in pairwise(days) if later - earlier > terms.WEEK] + [days[-1]]
    return list(zip(starts, ends, strict=True))


def test_typical_half_terms_follow_the_rule():
    with (SEEDS / "school_term.csv").open(encoding="utf-8", newline="") as file:
        typical = [row for row in csv.DictReader(file) if not row["authority_code"]]
    told = [(row["school_year"], row["half_term"], row["term"], row["first_day"], row["last_day"]) for row in typical]
    assert told == [
        (str(year), str(number), term, str(first), str(last))
        for year in range(2005, 2029)
        for number, (term, (first, last)) in enumerate(zip(TERMS, half_terms(year), strict=True), start=1)
    ]
