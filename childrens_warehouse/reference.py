"""Dated code lists, read from `seeds/`: the same files dbt loads, so a code has one home."""

from __future__ import annotations

import csv
import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

from childrens_warehouse.settings import PROJECT

SEEDS = PROJECT / "seeds"

AUTHORITIES, DISTRICTS = "local_authority.csv", "local_authority_district.csv"

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
def spellings(list_name: str) -> dict[str, str]:
    """How people spell the codes of one list: spelling, made `plain` -> code.

    The seed `code_spelling`, the codes themselves, their labels, and both together. What could be two codes is none of
    them. Raises KeyError for a list that no seed holds.
    """
    codes = code_list(list_name)
    told = {plain(row["spelling"]): row["code"] for row in _rows("code_spelling.csv") if row["list_name"] == list_name}
    meant: dict[str, set[str]] = {}
    for each in codes:
        for spelling in (each.label, f"{each.code} {each.label}", f"{each.label} {each.code}"):
            meant.setdefault(plain(spelling), set()).add(each.code)
    unmistakable = {spelling: min(found) for spelling, found in meant.items() if len(found) == 1}
    known = unmistakable | told | {plain(each.code): each.code for each in codes}
    return {spelling: code for spelling, code in known.items() if spelling}


def plain(text: str) -> str:
    """What letter case, blanks and punctuation do not change. `landing.rows` says the same in SQL."""
    return " ".join(re.findall("[a-z0-9]+", text.lower()))


@cache
def authority_by_area() -> dict[str, str]:
    """ONS code of an English district, county or unitary authority -> three-digit code of its upper-tier authority."""
    areas = {row["ons_code"]: row["local_authority_code"] for row in _rows(AUTHORITIES) if row["country"] == "England"}
    return areas | {row["ons_code"]: row["local_authority_code"] for row in _rows(DISTRICTS)}


@cache
def english_authorities() -> frozenset[str]:
    """Three-digit codes of all authorities of England, former ones too."""
    return frozenset(row["local_authority_code"] for row in _rows(AUTHORITIES) if row["country"] == "England")


def authorities_of_region(region: str, day: dt.date) -> tuple[str, ...]:
    """The authorities of a region of England on a day, by code; the region as people write it.

    Raises KeyError, with the regions there are, for one that is none.
    """
    english = [row for row in _rows(AUTHORITIES) if row["country"] == "England"]
    found = [row for row in english if plain(row["region"]) == plain(region)]
    if not found:
        raise KeyError(", ".join(sorted({row["region"] for row in english if row["region"]})))
    return tuple(
        sorted(
            row["local_authority_code"]
            for row in found
            if (_day(row["valid_from"]) or day) <= day <= (_day(row["valid_to"]) or day)
        )
    )


@cache
def successors(authority: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The authorities that took over the area of a former one: those that lie in it wholly, those that only overlap it.

    Worked example: 928 (Northamptonshire) became 940 and 941, wholly. 835 (the county of Dorset) became 838 wholly,
    and 839 in part: that one has Bournemouth and Poole too.
    """
    followed = {row["local_authority_code"]: row["succeeded_by"].split(";") for row in _rows(AUTHORITIES)}
    found = [code for code in followed.get(authority, ()) if code]
    shared = tuple(code for code in found if sum(code in others for others in followed.values()) > 1)
    return tuple(code for code in found if code not in shared), shared


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
