"""What travels between the steps of a landing: a file to be landed, and what became of each dataset it bears."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse.datasets import DeliveredFile, files_of
from childrens_warehouse.landing.formats.readable import plain_name
from childrens_warehouse.settings import Home


@dataclass(frozen=True)
class Delivery:
    """One file to be landed. Dates are ISO text, so that it can travel between tasks as it is.

    rows_told, sha256_told, coverage: what the manifest says, None where it is silent. Of a file that bears
        several datasets, the rows are those of all of them together.
    leave_out: datasets of the file that the same folder delivers as a file of their own.
    is_known: the folder is as it was when it was landed last.
    """

    authority: str
    source: str
    extract_date: str
    night: str
    file_name: str
    generated_at: str | None
    rows_told: int | None
    sha256_told: str | None
    coverage: str | None
    leave_out: tuple[str, ...] = ()
    is_known: bool = False

    def folder(self, home: Home) -> Path:
        return home.inbox / self.authority / self.source / self.extract_date

    @property
    def file(self) -> DeliveredFile:
        """The declared file. Raises KeyError when nothing declares it."""
        return {file.name: file for file in files_of(self.source)}[plain_name(self.file_name)]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "leave_out": list(self.leave_out)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Delivery:
        return cls(**{**values, "leave_out": tuple(values["leave_out"])})


@dataclass(frozen=True)
class Outcome:
    """What became of one dataset of one file. rows_read = rows_loaded + rows_refused.

    marks and refusals: rule -> rows. columns: the header as delivered.
    """

    authority: str
    source: str
    extract_date: str
    dataset: str
    file_name: str
    status: str
    rule: str | None = None
    reason: str | None = None
    notes: str | None = None
    scope: str | None = None
    generated_at: str | None = None
    sha256: str | None = None
    rows_read: int = 0
    rows_loaded: int = 0
    rows_refused: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_withdrawn: int = 0
    marks: dict[str, int] | None = None
    refusals: dict[str, int] | None = None
    verdict: str | None = None
    columns: list[str] | None = None
    archived_as: str | None = None
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Outcome:
        return cls(**values)
