"""Invented extracts of the three sources, for trying the warehouse without a real child in it.

    simulate(inbox, Scenario(night=date(2017, 5, 31)))

writes `<inbox>/<authority>/<source>/<extract date>/` folders as the systems would deliver them: nightly ones of all
three sources for the nights asked for, and before them the year-end returns of social care for the two collection
years before. Social care's are CSV files, the census of children in need and, once a week, the workbook of an
inspection's lists. Everything follows from the seed: the same scenario gives the same bytes, and a scenario with a
further night gives the same bytes for the nights before.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from childrens_warehouse.datasets import Source
from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate import attendance, delivery, dirt, extracts, terms, workbook, world
from childrens_warehouse.simulate.attendance import ATTENDANCE
from childrens_warehouse.simulate.dirt import Planted
from childrens_warehouse.simulate.extracts import census, inspection
from childrens_warehouse.simulate.register import Roll, roll
from childrens_warehouse.simulate.scenario import Scenario
from childrens_warehouse.simulate.world import World

Progress = Callable[[str], None]

# The year-end return goes out some weeks after 31 March, when it has been corrected.
RETURN_SENT = (6, 30)


@dataclass(frozen=True)
class Simulation:
    """What a simulation left behind: the folders it wrote and the faults it planted in all its files."""

    folders: list[Path]
    planted: list[Planted]


@dataclass(frozen=True)
class _Folder:
    """One folder to write; its files are those of a night, or a year-end return's."""

    source: Source
    extract_date: dt.date
    generated_at: dt.datetime
    is_return: bool = False
    days: tuple[dt.date, ...] = field(default=())


def simulate(inbox: Path, scenario: Scenario, progress: Progress | None = None) -> list[Path]:
    """Write the extracts of a scenario; returns the extract folders written.

    A folder that already holds the same files is left alone and not among them.

    Raises:
        ConfigurationError: a folder of the inbox holds another delivery.
    """
    return simulate_with_dirt(inbox, scenario, progress).folders


def simulate_with_dirt(inbox: Path, scenario: Scenario, progress: Progress | None = None) -> Simulation:
    """The same, with the list of the faults planted."""
    tell = progress or (lambda message: None)
    tell(f"drawing some {scenario.children:,} children in care and {scenario.pupils:,} pupils")
    drawn = world.draw(scenario)
    on_roll = roll(drawn)
    written: list[Path] = []
    planted: list[Planted] = []
    inbox.mkdir(parents=True, exist_ok=True)
    for folder in _folders(scenario):
        # Prepared beside the inbox, so that nothing half-made is ever found in it.
        with tempfile.TemporaryDirectory(prefix=".simulate-", dir=inbox.parent) as temporary:
            prepared = Path(temporary)
            files, faults = _prepare(prepared, drawn, on_roll, folder, tell)
            planted += faults
            contents = delivery.manifest(
                prepared, scenario.authority, folder.source, folder.extract_date, folder.generated_at, files
            )
            target = inbox / scenario.authority / folder.source / folder.extract_date.isoformat()
            if delivery.hand_over(prepared, target, contents):
                written.append(target)
                rows = sum(file.rows or 0 for file in files)
                tell(f"{folder.extract_date} {folder.source}: {len(files)} files, {rows:,} rows")
            else:
                tell(f"{folder.extract_date} {folder.source}: already there")
    return Simulation(written, planted)


def planted_dirt(scenario: Scenario) -> list[Planted]:
    """Every fault that a scenario plants: which file, which row, and which rule must find it."""
    with tempfile.TemporaryDirectory(prefix="planted-") as temporary:
        return simulate_with_dirt(Path(temporary) / "inbox", scenario).planted


def _folders(scenario: Scenario) -> Iterator[_Folder]:
    """In the order of their stamps, so far as the returns allow."""
    first = scenario.first_night
    this_year = collection_year(first)
    for year in range(this_year - scenario.returns, this_year):
        sent = dt.datetime(year, *RETURN_SENT, 16, 0, tzinfo=dt.UTC)
        # Nothing the first night lands may be younger than that night.
        generated_at = min(sent, delivery.nightly_stamp(first) - dt.timedelta(hours=8))
        yield _Folder(Source.SOCIAL_CARE, dt.date(year, 3, 31), generated_at, is_return=True)
    for night in scenario.extract_dates:
        for source in Source:
            days: tuple[dt.date, ...] = ()
            if source is Source.EDUCATION and scenario.delivers(ATTENDANCE.name):
                if night == first:
                    days = terms.attendance_days(night, scenario.attendance_days)
                elif terms.is_school_day(night):
                    days = (night,)
            yield _Folder(source, night, delivery.nightly_stamp(night), days=days)


def _prepare(
    path: Path, drawn: World, on_roll: Roll, folder: _Folder, tell: Progress
) -> tuple[list[delivery.DeliveredFile], list[Planted]]:
    scenario, night = drawn.scenario, folder.extract_date
    files: list[delivery.DeliveredFile] = []
    planted: list[Planted] = []

    def rows_of(dataset: str, table: list[extracts.Row]) -> list[list[str]]:
        rows = extracts.rendered(dataset, table)
        if scenario.dirt:
            planted.extend(dirt.plant(dataset, rows, night, scenario.seed))
        return rows

    for dataset, table in extracts.tables(drawn, folder.source, night, folder.is_return):
        files.append(delivery.write_table(path, dataset, rows_of(dataset, table), collection_year(night)))
    if folder.source is Source.SOCIAL_CARE and extracts.has_census(night, scenario, folder.is_return):
        files.append(census.write(path, drawn, night))
    if folder.source is Source.SOCIAL_CARE and extracts.has_inspection_lists(night, scenario, folder.is_return):
        sheets = ((dataset, rows_of(dataset, table)) for dataset, table in inspection.tables(drawn, night))
        files.append(workbook.write(path, sheets, night))
    if folder.days:
        number, faults = attendance.write(
            path / ATTENDANCE.file,
            on_roll,
            folder.days,
            scenario,
            night,
            lambda rows: tell(f"{night} education: {rows:,} register marks so far"),
        )
        planted += faults
        files.append(delivery.DeliveredFile(ATTENDANCE.file, number, delivery.coverage_of(ATTENDANCE.name, None)))
    return files, planted


__all__ = ["Planted", "Scenario", "Simulation", "planted_dirt", "simulate", "simulate_with_dirt"]
