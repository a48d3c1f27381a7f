"""The manifest of a night's folder: which files, how many rows, which hash, what they cover, when generated."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from childrens_warehouse.datasets import Coverage, Dataset
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.plain_files import open_plain
from childrens_warehouse.reference import collection_year

NAME = "_manifest.json"
# It names some forty files.
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class ManifestFile:
    name: str
    rows: int | None
    sha256: str | None
    coverage: str | None
    # Where it differs from the manifest's own: a file that was fetched by another way than its siblings.
    generated_at: dt.datetime | None = None


@dataclass(frozen=True)
class Manifest:
    authority: str
    source: str
    extract_date: dt.date
    generated_at: dt.datetime
    files: tuple[ManifestFile, ...]

    def file(self, name: str) -> ManifestFile | None:
        return next((file for file in self.files if file.name == name), None)


def read(folder: Path, authority: str, source: str, extract_date: dt.date) -> Manifest | None:
    """The manifest of a folder, or None where it has none. Raises what `parse` raises."""
    try:
        with open_plain(folder / NAME) as handle:
            content = handle.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    return parse(content, authority, source, extract_date)


def parse(content: bytes, authority: str, source: str, extract_date: dt.date) -> Manifest:
    """The manifest of the folder of that authority, source and date.

    Raises FileRefused when it cannot be believed: not JSON, another folder's, or naming a file outside its folder.
    """
    if len(content) > _MOST_BYTES:
        raise FileRefused("MANIFEST-UNREADABLE", f"{NAME} has more than {_MOST_BYTES >> 20} MB: it is no manifest.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused("MANIFEST-UNREADABLE", f"{NAME} is not UTF-8 text.") from None
    try:
        document = json.loads(text)
        manifest = Manifest(
            authority=str(document["authority"]),
            source=str(document["source"]),
            extract_date=dt.date.fromisoformat(document["extract_date"]),
            generated_at=_instant(document["generated_at"]),
            files=tuple(_file(entry) for entry in document["files"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileRefused(
            "MANIFEST-UNREADABLE",
            f"{NAME} cannot be read ({_why(error)}): ask the supplier to write it again.",
        ) from None
    told = (manifest.authority, manifest.source, manifest.extract_date)
    if told != (authority, source, extract_date):
        raise FileRefused(
            "MANIFEST-ELSEWHERE",
            f"{NAME} speaks of {told[0]}/{told[1]}/{told[2]}, but lies in {authority}/{source}/{extract_date}.",
        )
    for file in manifest.files:
        if PurePosixPath(file.name).name != file.name or file.name in ("", ".", "..") or "\\" in file.name:
            raise FileRefused("MANIFEST-PATH", f"{NAME} names a file outside its folder.")
    return manifest


def scope(dataset: Dataset, coverage: str | None, extract_date: dt.date) -> str:
    """The scope one file replaces: full, collection_year:2017 or school_date.

    Raises FileRefused for a coverage this dataset cannot have.
    """
    if coverage is None:
        if dataset.coverage is Coverage.COLLECTION_YEAR:
            return f"{Coverage.COLLECTION_YEAR}:{collection_year(extract_date)}"
        return dataset.coverage.value
    kind, _, year = coverage.partition(":")
    if kind == Coverage.COLLECTION_YEAR and dataset.coverage is Coverage.COLLECTION_YEAR:
        if len(year) == 4 and year.isdigit():
            return f"{kind}:{year}"
    elif coverage == dataset.coverage or (coverage == Coverage.FULL and dataset.coverage is Coverage.COLLECTION_YEAR):
        return coverage
    raise FileRefused(
        "COVERAGE-UNKNOWN",
        f"The manifest gives {dataset.files[0]} the coverage {coverage!r}; it may be {_allowed(dataset)}.",
    )


def _allowed(dataset: Dataset) -> str:
    if dataset.coverage is Coverage.COLLECTION_YEAR:
        return "full or collection_year:<year>"
    return dataset.coverage.value


def _file(entry: dict[str, object]) -> ManifestFile:
    rows = entry.get("rows")
    return ManifestFile(
        name=str(entry["name"]),
        rows=None if rows is None else int(str(rows)),
        sha256=str(entry["sha256"]).lower() if entry.get("sha256") else None,
        coverage=str(entry["coverage"]) if entry.get("coverage") else None,
        generated_at=_instant(str(entry["generated_at"])) if entry.get("generated_at") else None,
    )


def _why(error: Exception) -> str:
    """What is wrong, without the manifest's own words: nobody knows what stands in a file that is not as agreed."""
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error.msg} in line {error.lineno}"
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return f"{type(error).__name__}: a field has another form than agreed"


def _instant(text: str) -> dt.datetime:
    instant = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return instant.replace(tzinfo=dt.UTC) if instant.tzinfo is None else instant.astimezone(dt.UTC)
