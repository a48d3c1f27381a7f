"""The star: the core layer against hand-written SQL, one more night over one and over five years, dbt's own share.

Five years of 2,000 children in care and 14.06 million register marks (7,400 pupils x 190 days x 2 sessions x 5 years)
land once; the years of marks before the first are the same pupils' marks, moved by whole weeks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.running import timed
from childrens_warehouse.simulate import Scenario, simulate
from childrens_warehouse.sql import literal

YEARS = 5
MOST_TIMES_CORE = 3.0
MOST_SECONDS_MORE = 10.0
MOST_RATIO_OF_YEARS = 1.2
MOST_SECONDS_DBT = 60.0
# 52 weeks keep weekdays; the school years drift by a day each.
ONE_YEAR = dt.timedelta(weeks=52)


@dataclass(frozen=True)
class Home:
    """A home with some years behind it, and what its nights took."""

    first: dict[str, object]
    more: dict[str, object]

    @property
    def core_seconds(self) -> float:
        """Models of intermediate, quality and core, in dbt's nodes."""
        return float(str(self.first["core_models"]))

    @property
    def more_seconds(self) -> float:
        """Without the indicators, which are measured on their own (bench.indicators)."""
        return float(str(self.more["dbt"])) - float(str(self.more["indicators"]))


def measure(options: argparse.Namespace, folder: Path, night: dt.date) -> bool:
    """Print the figures; is a bound missed?"""
    pupils = options.pupils // YEARS
    by_hand, homes, empties = [], {}, []
    for years in (YEARS, 1):
        inbox = folder / f"star-inbox-{years}"
        if not inbox.exists():
            _extracts(inbox, night, years, pupils, options)
        home = folder / f"star-home-{years}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "inbox").symlink_to(inbox)
        first = timed("bench.night", night.isoformat(), home=home).printed
        if years == YEARS:
            by_hand.append(timed("bench.star_by_hand", str(folder / "star-by-hand"), home=home).printed)
        more = timed("bench.night", (night + dt.timedelta(days=1)).isoformat(), home=home).printed
        homes[years] = Home(first, more)
        print(f"{years} years: first load {first['laps']}, one more night {more['laps']}", flush=True)
    for number in range(options.runs):
        told = timed("bench.empty", str(folder / f"star-empty-{number}")).printed
        empties.append((float(str(told["seconds"])), float(str(told["indicators"]))))
    empty, empty_indicators = sorted(empties)[len(empties) // 2]

    by_hand_seconds = sum(float(str(seconds)) for seconds in by_hand[0].values())
    ratio = homes[YEARS].core_seconds / by_hand_seconds
    above = homes[YEARS].more_seconds - (empty - empty_indicators)
    of_years = homes[YEARS].more_seconds / homes[1].more_seconds
    print(f"\ncore by hand: {by_hand_seconds:.1f} s; core models in dbt: {homes[YEARS].core_seconds:.1f} s")
    print(f"core against hand-written SQL: {ratio:.2f} (bound {MOST_TIMES_CORE:.0f})")
    print(f"dbt on empty data, all data tests: {empty:.1f} s (bound {MOST_SECONDS_DBT:.0f} s)")
    print(f"one more night above that, without the indicators: {above:.1f} s (bound {MOST_SECONDS_MORE:.0f} s)")
    print(f"one more night, five years against one: {of_years:.2f} (bound {MOST_RATIO_OF_YEARS})")
    return (
        ratio > MOST_TIMES_CORE
        or empty > MOST_SECONDS_DBT
        or above > MOST_SECONDS_MORE
        or of_years > MOST_RATIO_OF_YEARS
    )


def _extracts(inbox: Path, night: dt.date, years: int, pupils: int, options: argparse.Namespace) -> None:
    print(f"Making extracts of {years} years: {pupils:,} pupils, {options.children:,} children …", flush=True)
    simulate(
        inbox,
        Scenario(
            night=night + dt.timedelta(days=1), nights=2, pupils=pupils, children=options.children,
            attendance_days=options.days, dirt=False, returns=years - 1,
        ),
    )  # fmt: skip
    repeat_years(inbox / "310", night, years)


def repeat_years(authority: Path, night: dt.date, years: int) -> None:
    """Deliver an authority's marks of a night again for the years before, moved by whole weeks, in all so many years.

    night: the first of two; in both the pupils are on their rolls for as long.
    """
    newest = authority / "education" / night.isoformat()
    for back in range(1, years):
        day = night - back * ONE_YEAR
        earlier = newest.with_name(day.isoformat())
        earlier.mkdir(parents=True)
        marks = earlier / "attendance.csv"
        duckdb.execute(
            f"copy (select * replace (date - {364 * back} as date) from read_csv({literal(newest / 'attendance.csv')}, "
            f"types = {{'date': 'date'}}, all_varchar = false)) to {literal(marks)} (header)"
        )
        _tell(earlier, marks, day, authority.name)
    if years > 1:
        for folder in (newest, newest.with_name((night + dt.timedelta(days=1)).isoformat())):
            _on_roll_since(folder / "enrolments.csv", (years - 1) * 364)


def _on_roll_since(enrolments: Path, days: int) -> None:
    """Let the pupils be on their rolls for as long as there are marks of them, and the manifest say so."""
    partial = enrolments.with_suffix(".partial")
    duckdb.execute(
        f"copy (select * replace (start_date - {days} as start_date) from read_csv({literal(enrolments)}, "
        f"types = {{'start_date': 'date', 'end_date': 'date'}})) to {literal(partial)} (header)"
    )
    partial.replace(enrolments)
    manifest = enrolments.with_name("_manifest.json")
    told = json.loads(manifest.read_text(encoding="utf-8"))
    for file in told["files"]:
        if file["name"] == enrolments.name:
            file["sha256"] = hashlib.sha256(enrolments.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(told), encoding="utf-8")


def _tell(folder: Path, marks: Path, day: dt.date, authority: str) -> None:
    rows = duckdb.execute(f"select count(*) from read_csv({literal(marks)})").fetchone()
    told = {
        "authority": authority, "source": "education", "extract_date": day.isoformat(),
        "generated_at": f"{day.isoformat()}T22:00:00Z",
        "files": [{
            "name": marks.name, "rows": rows[0] if rows else 0, "coverage": "school_date",
            "sha256": hashlib.sha256(marks.read_bytes()).hexdigest(),
        }],
    }  # fmt: skip
    (folder / "_manifest.json").write_text(json.dumps(told), encoding="utf-8")
