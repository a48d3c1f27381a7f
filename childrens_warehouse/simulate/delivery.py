"""Folders as a source delivers them: the files, and last of all the manifest that says they are complete."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse.datasets import BY_NAME, Coverage, Source
from childrens_warehouse.errors import ConfigurationError

MANIFEST = "_manifest.json"


@dataclass(frozen=True)
class DeliveredFile:
    """rows: lines below the header, as a reader of lines counts them; None of a file that has no lines."""

    name: str
    rows: int | None
    coverage: str


def nightly_stamp(extract_date: dt.date) -> dt.datetime:
    """When a nightly extract is generated: 02:10 UTC of the next day."""
    return dt.datetime.combine(extract_date + dt.timedelta(days=1), dt.time(2, 10), dt.UTC)


def write_table(folder: Path, dataset: str, rows: Iterable[list[str]], year: int | None) -> DeliveredFile:
    """Write one small file. `year` is the collection year it speaks of, where its coverage is one."""
    declared = BY_NAME[dataset]
    number = 0
    with (folder / declared.file).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.name for column in declared.columns)
        for row in rows:
            writer.writerow(row)
            number += 1
    return DeliveredFile(declared.file, number, coverage_of(dataset, year))


def coverage_of(dataset: str, year: int | None) -> str:
    coverage = BY_NAME[dataset].coverage
    return f"{coverage}:{year}" if coverage is Coverage.COLLECTION_YEAR else str(coverage)


def manifest(
    folder: Path,
    authority: str,
    source: Source,
    extract_date: dt.date,
    generated_at: dt.datetime,
    files: list[DeliveredFile],
) -> dict[str, object]:
    """What a folder says of itself; its files are in `folder`."""
    listed = []
    for delivered in files:
        with (folder / delivered.name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        rows = {} if delivered.rows is None else {"rows": delivered.rows}
        listed.append({"name": delivered.name, **rows, "sha256": digest, "coverage": delivered.coverage})
    return {
        "authority": authority,
        "source": str(source),
        "extract_date": extract_date.isoformat(),
        "generated_at": generated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "files": listed,
    }


def hand_over(prepared: Path, target: Path, contents: dict[str, object]) -> bool:
    """Move prepared files into their folder of the inbox, the manifest last and in one step.

    A folder that already holds the very same files is left as it is, and False returned.

    Raises:
        ConfigurationError: the folder holds another delivery. An inbox is never overwritten: it may be real.
    """
    present = target / MANIFEST
    if present.exists():
        try:
            same = json.loads(present.read_text(encoding="utf-8"))["files"] == contents["files"]
        except (ValueError, KeyError, TypeError):
            same = False
        if same:
            return False
        raise ConfigurationError(
            f"{target} already holds another delivery, which is not overwritten. Choose another home or authority, "
            "or move that folder away. To add a night to a simulation keep its seed, sizes and first night."
        )
    listed = contents["files"]
    assert isinstance(listed, list)  # noqa: S101 - made by `manifest`
    names = sorted(entry["name"] for entry in listed)
    unfinished = target / f"{MANIFEST}.part"
    # What an interrupted run of this very function leaves behind may be replaced, nothing else.
    own = {*names, unfinished.name}
    foreign = {path.name for path in target.iterdir()} - own if target.exists() else set()
    if foreign:
        raise ConfigurationError(
            f"{target} holds files without a manifest ({', '.join(sorted(foreign))}), which are not overwritten. "
            "Choose another home or authority, or move that folder away."
        )
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.move(prepared / name, target / name)
    # Written beside its place and renamed: a reader sees the whole manifest or none.
    unfinished.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(present)
    return True
