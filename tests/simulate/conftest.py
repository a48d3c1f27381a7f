"""One clean and one dirty simulation of the default size, made once for all tests of this folder."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import json
from functools import cache
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import csv as pa_csv

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.simulate import Planted, Scenario, simulate, simulate_with_dirt

# Two school days and a Saturday, after the change of collection year and before that of the school year.
NIGHT = dt.date(2017, 5, 20)
CLEAN = Scenario(night=NIGHT, dirt=False)
# Beside it: an age of each code list, and the nights on which the lists change.
NIGHTS = [dt.date(2018, 3, 31), dt.date(2024, 3, 31), dt.date(2024, 10, 9), dt.date(2026, 6, 2)]
DIRTY = Scenario(night=NIGHT)


@dataclasses.dataclass(frozen=True)
class Extracts:
    """An inbox, and what its files hold."""

    inbox: Path
    scenario: Scenario
    planted: tuple[Planted, ...]

    def folder(self, source: str, day: dt.date) -> Path:
        return self.inbox / self.scenario.authority / source / day.isoformat()

    def folders(self) -> list[Path]:
        return sorted(path.parent for path in self.inbox.glob("*/*/*/_manifest.json"))

    def files(self, dataset: str) -> list[Path]:
        declared = BY_NAME[dataset]
        # What comes only as a part of a document or a workbook has no file of its own.
        return sorted(self.inbox.glob(f"*/{declared.source}/*/{declared.file}")) if declared.file else []

    def rows(self, dataset: str, day: dt.date) -> list[dict[str, str]]:
        declared = BY_NAME[dataset]
        return read(self.folder(declared.source, day) / declared.file)

    def cells(self, dataset: str, day: dt.date) -> list[list[str]]:
        """Every row of a file, the header first: row n of the file is element n - 1."""
        declared = BY_NAME[dataset]
        folder = self.folder(declared.source, day)
        return _cells(folder / declared.file) if declared.file else sheet(folder / "annex_a.xlsx", dataset)

    def marks(self, day: dt.date) -> pa.Table:
        """The register marks of a night as text; there are too many for dictionaries."""
        return read_marks(self.folder("education", day) / "attendance.csv")


def read_marks(path: Path) -> pa.Table:
    columns = dict.fromkeys((column.name for column in BY_NAME["attendance"].columns), pa.string())
    return pa_csv.read_csv(path, convert_options=pa_csv.ConvertOptions(column_types=columns))


def read(path: Path) -> list[dict[str, str]]:
    header, *rows = _cells(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


@cache
def _cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def sheet(path: Path, dataset: str) -> list[list[str]]:
    """Every row of a list of the workbook, its days written as the dataset writes them."""
    declared = BY_NAME[dataset]
    width = len(declared.columns)
    # Blank cells at the end of a row are not written.
    return [
        [_written(value, declared.date_format) for value in (*row, *[None] * (width - len(row)))]
        for row in _sheets(path)[declared.parts[0].name]
    ]


@cache
def _sheets(path: Path) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(path, read_only=True)
    return {each.title: list(each.iter_rows(values_only=True)) for each in book.worksheets}


def _written(value: object, date_format: str) -> str:
    return value.strftime(date_format) if isinstance(value, dt.datetime) else "" if value is None else str(value)


def manifest(folder: Path) -> dict:  # type: ignore[type-arg]
    return json.loads((folder / "_manifest.json").read_text(encoding="utf-8"))


def day_of(dataset: str, text: str) -> dt.date | None:
    return dt.datetime.strptime(text, BY_NAME[dataset].date_format).date() if text else None


def contents(inbox: Path) -> dict[str, bytes]:
    """Every file below an inbox, byte for byte."""
    return {str(path.relative_to(inbox)): path.read_bytes() for path in sorted(inbox.rglob("*")) if path.is_file()}


def _simulated(folder: Path, scenario: Scenario) -> Extracts:
    inbox = folder / "inbox"
    return Extracts(inbox, scenario, tuple(simulate_with_dirt(inbox, scenario).planted))


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Extracts:
    return _simulated(tmp_path_factory.mktemp("clean"), CLEAN)


@pytest.fixture(scope="session")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Extracts:
    return _simulated(tmp_path_factory.mktemp("dirty"), DIRTY)


@pytest.fixture(scope="session", params=[None, *NIGHTS], ids=str)
def told(request: pytest.FixtureRequest, clean: Extracts, tmp_path_factory: pytest.TempPathFactory) -> Extracts:
    """Clean extracts of several nights, far apart."""
    if request.param is None:
        return clean
    scenario = Scenario(night=request.param, nights=1, children=250, dirt=False, attendance_days=40)
    inbox = tmp_path_factory.mktemp("clean") / "inbox"
    simulate(inbox, scenario)
    return Extracts(inbox, scenario, ())
