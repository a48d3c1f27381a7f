"""An acceptance: "this content, generated at that moment, replaces that scope".

Content and acceptance are apart: the same content delivered again under a newer stamp is a new acceptance of
old Parquet. An acceptance is one small JSON file, written last and by rename: it is the commit of a landing.

    raw/<dataset>/<authority>/content/<file id>-<scope>-<key id>.parquet            the rows
    raw/<dataset>/<authority>/content/<file id>-<scope>-<key id>.registers.parquet  (school_date) its registers
    raw/<dataset>/<authority>/accepted/<scope>/<stamp>-<file id>-<key id>.json      the acceptance

Only acceptances of the epoch in force count (childrens_warehouse.raw.epoch).
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse import unfinished
from childrens_warehouse.publish import files
from childrens_warehouse.raw import epoch
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private


@dataclass(frozen=True)
class Acceptance:
    """One accepted file. Times are UTC; rows_read = rows_loaded + rows_refused + rows_disposed.

    derived_with: which directory and rules its derived columns were made with; None when it has none.
    rows_disposed: rows of persons whose time was over, taken out since (childrens_warehouse.raw.disposal).
    """

    authority: str
    source: str
    dataset: str
    scope: str
    extract_date: dt.date
    generated_at: dt.datetime
    file_name: str
    sha256: str
    rows_read: int
    rows_loaded: int
    rows_refused: int
    key_id: str
    derived_with: str | None = None
    rows_disposed: int = 0

    @property
    def file_id(self) -> str:
        return self.sha256[:16]

    @property
    def collection_year(self) -> int | None:
        kind, _, year = self.scope.partition(":")
        return int(year) if kind == "collection_year" else None

    @property
    def order(self) -> tuple[dt.datetime, dt.date, str]:
        """Newer wins; of one stamp (a clock that stands still) the later night, then the content: never arrival."""
        return self.generated_at, self.extract_date, self.sha256

    def folder(self, home: Home) -> Path:
        return home.raw / self.dataset / self.authority

    def content(self, home: Home) -> Path:
        return self.folder(home) / "content" / f"{self.file_id}-{as_file(self.scope)}-{self.key_id}.parquet"

    def registers(self, home: Home) -> Path:
        """Which (supplier, school, date) a school_date file contains."""
        return self.content(home).with_suffix(".registers.parquet")

    def record(self, home: Home) -> Path:
        stamp = self.generated_at.strftime("%Y%m%dT%H%M%S%fZ")
        return self.folder(home) / "accepted" / as_file(self.scope) / f"{stamp}-{self.file_id}-{self.key_id}.json"

    def to_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "extract_date": self.extract_date.isoformat(),
            "generated_at": self.generated_at.isoformat(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Acceptance:
        return cls(
            **{
                **values,
                "extract_date": dt.date.fromisoformat(values["extract_date"]),
                "generated_at": dt.datetime.fromisoformat(values["generated_at"]),
            }
        )


def as_file(scope: str) -> str:
    """A scope as part of the name of a file."""
    return scope.replace(":", "-")


def commit(acceptance: Acceptance, home: Home) -> None:
    """Write the acceptance. From this moment on the file counts; before it, nothing of it does.

    Raises ConfigurationError when raw is under another key.
    """
    epoch.begin(home, acceptance.key_id)
    with epoch.held(home):
        epoch.require(home, acceptance.key_id)
        if not _is_of_a_later_night(acceptance.record(home), acceptance):
            write_record(acceptance, home)


def _is_of_a_later_night(record: Path, acceptance: Acceptance) -> bool:
    """Was the same content under the same stamp accepted of a later night? It is that night's, whichever came last."""
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return Acceptance.from_dict(known).extract_date > acceptance.extract_date


def write_record(acceptance: Acceptance, home: Home) -> None:
    """Write the acceptance's file alone: it counts when its key is the one in force."""
    write_atomically(acceptance.record(home), json.dumps(acceptance.to_dict(), indent=1).encode())
    files.flush(acceptance.record(home).parent)


def accepted(home: Home, dataset: str | None = None, authority: str | None = None) -> Iterator[Acceptance]:
    """Every acceptance of the epoch in force, in no particular order."""
    now = epoch.current(home)
    if now is None:
        return
    for record in home.raw.glob(f"{dataset or '*'}/{authority or '*'}/accepted/*/*-{now.key_id}.json"):
        yield Acceptance.from_dict(json.loads(record.read_text(encoding="utf-8")))


def write_atomically(path: Path, content: bytes) -> None:
    """Write a private file so that a reader sees all of it or nothing, also after a power cut."""
    make_private(path.parent)
    part = unfinished.part_of(path)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
