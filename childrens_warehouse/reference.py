"""Dated code lists, read from `seeds/`: the same files dbt loads, so a code has one home."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache

from childrens_warehouse.settings import PROJECT

SEEDS = PROJECT / "seeds"

# Lists that carry more than a label have a seed of their own: (file, column that holds the code).
_OWN_SEED = {
    "PLACE": ("placement_type.csv", "placement_type_code"),
    "LS": ("legal_status.csv", "legal_status_code"),
    "ETHNIC": ("ethnicity.csv", "ethnicity_code"),
    "ATTENDANCE": ("attendance_code.csv", "mark"),
}


@dataclass(frozen=True)
class Code:
    """One code and the days it is valid on (both inclusive; None is open)."""

    code: str
    label: str
    valid_from: dt.date | None
    valid_to: dt.date | None


@cache
def code_list(list_name: str) -> tuple[Code, ...]:
    """The codes of one list. Raises KeyError for a list that no seed holds."""
    if list_name in _OWN_SEED:
        file, column = _OWN_SEED[list_name]
        rows = [row for row in _rows(file) if row[column]]
    else:
        column = "code"
        rows = [row for row in _rows("code_list.csv") if row["list_name"] == list_name]
    if not rows:
        raise KeyError(f"No seed holds the code list {list_name}.")
    return tuple(Code(row[column], row["label"], _day(row["valid_from"]), _day(row["valid_to"])) for row in rows)


@cache
def _rows(file: str) -> tuple[dict[str, str], ...]:
    with (SEEDS / file).open(newline="", encoding="utf-8") as handle:
        return tuple(csv.DictReader(handle))


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def collection_year(day: dt.date) -> int:
    """The collection year a day lies in: year N runs from 1 April N-1 to 31 March N."""
    return day.year + (day.month >= 4)


def collection_year_end(year: int) -> dt.date:
    return dt.date(year, 3, 31)
