"""The folders that the systems would have delivered: the returns of seven years, and one night of all three sources."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from childrens_warehouse.datasets import BY_NAME, Source
from childrens_warehouse.reference import collection_year, collection_year_end
from childrens_warehouse.simulate import delivery
from childrens_warehouse.simulate.extracts.rows import rendered
from childrens_warehouse.simulate.panel_report import lists, returns
from childrens_warehouse.simulate.panel_report.lives import AUTHORITY, NIGHT, Life
from childrens_warehouse.simulate.panel_report.schools import marks

FIRST_RETURN = 2011
# The return of the year that has just ended is sent before the night, all others by the end of June.
LAST_RETURN_SENT = dt.datetime(2017, 5, 26, 16, 0, tzinfo=dt.UTC)
ATTENDANCE = BY_NAME["attendance"]

Progress = Callable[[str], None]


def write(inbox: Path, lives: list[Life], tell: Progress) -> list[Path]:
    """Write all folders; returns those written. One that already holds the same files is left alone."""
    inbox.mkdir(parents=True, exist_ok=True)
    written = []
    for source, extract_date, generated_at in _folders():
        # Prepared beside the inbox, so that nothing half-made is ever found in it.
        with tempfile.TemporaryDirectory(prefix=".simulate-", dir=inbox.parent) as temporary:
            prepared = Path(temporary)
            files = list(_files(prepared, lives, source, extract_date))
            contents = delivery.manifest(prepared, AUTHORITY, source, extract_date, generated_at, files)
            target = inbox / AUTHORITY / source / extract_date.isoformat()
            if delivery.hand_over(prepared, target, contents):
                written.append(target)
                rows = sum(file.rows or 0 for file in files)
                tell(f"{extract_date} {source}: {len(files)} files, {rows:,} rows")
            else:
                tell(f"{extract_date} {source}: already there")
    return written


def _folders() -> Iterator[tuple[Source, dt.date, dt.datetime]]:
    for year in range(FIRST_RETURN, collection_year(NIGHT)):
        sent = dt.datetime(year, 6, 30, 16, 0, tzinfo=dt.UTC)
        yield Source.SOCIAL_CARE, collection_year_end(year), min(sent, LAST_RETURN_SENT)
    for source in Source:
        yield source, NIGHT, delivery.nightly_stamp(NIGHT)


def _files(folder: Path, lives: list[Life], source: Source, extract_date: dt.date) -> Iterator[delivery.DeliveredFile]:
    year = collection_year(extract_date)
    tables = returns.TABLES if source is Source.SOCIAL_CARE else {}
    if extract_date == NIGHT:
        tables = tables | lists.TABLES
    for name, build in tables.items():
        if BY_NAME[name].source is not source:
            continue
        rows = build(lives, extract_date)
        # A year with nothing to tell of a list has none; that nobody is unaccompanied is told.
        if rows or name == "ssda903_uasc" or extract_date == NIGHT:
            yield delivery.write_table(folder, name, rendered(name, rows), year)
    if source is Source.EDUCATION:
        yield _registers(folder, lives)


def _registers(folder: Path, lives: list[Life]) -> delivery.DeliveredFile:
    rows = [mark for life in lists.pupils_of(lives) for mark in marks(life)]
    # By day, school, pupil and session.
    rows.sort(key=lambda row: (row[2], row[1], row[0], row[3]))
    with (folder / ATTENDANCE.file).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.name for column in ATTENDANCE.columns)
        writer.writerows(rows)
    return delivery.DeliveredFile(ATTENDANCE.file, len(rows), delivery.coverage_of(ATTENDANCE.name, None))
