"""The rows of originals, in the archive and in the inbox, that are about a person: read as landing reads them.

Found by what the rows say, not by what became of them: refused rows and files that never were taken in are asked too.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import Dataset, DeliveredFile, Identifier, files_of
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.identity import persons
from childrens_warehouse.landing import formats, rows
from childrens_warehouse.landing.formats.readable import check_text, plain_name
from childrens_warehouse.landing.formats.text_rows import TextRows
from childrens_warehouse.privacy.subject.tables import Collected, of_others_as_delivered
from childrens_warehouse.reference import collection_year
from childrens_warehouse.settings import Home, Settings


@dataclass(frozen=True)
class Known:
    """What a person is known by. values: domain -> as numbers and ids are written, normalised. names: folded, with the
    day of birth."""

    authority: str
    values: dict[str, frozenset[str]]
    names: frozenset[tuple[str, dt.date]]

    def spelled(self) -> frozenset[str]:
        return frozenset(value for values in self.values.values() for value in values)


@dataclass(frozen=True)
class Original:
    """A delivered file: in the archive, or in the inbox and nowhere else."""

    path: Path
    layer: str
    source: str
    extract_date: dt.date
    file_name: str


def collect(settings: Settings, known: Known, collected: Collected) -> set[tuple[str, int]]:
    """Add the person's rows; returns (file in the home, row) of each, which is how quarantine points to them."""
    found: set[tuple[str, int]] = set()
    for original in _originals(settings.home, known.authority):
        where = str(original.path.relative_to(settings.home.root))
        try:
            declared = {file.name: file for file in files_of(original.source)}[plain_name(original.file_name)]
        except KeyError:
            _withhold_if_named(known, original, where, "no list is declared for it", collected)
            continue
        try:
            with persons.private_folder(settings) as scratch, persons.private_connection(settings) as connection:
                for dataset, text in _parts(settings, connection, original, declared, scratch):
                    if isinstance(text, FileRefused):
                        _withhold_if_named(known, original, where, f"{dataset.name}: {text.rule}", collected)
                        continue
                    found |= _add(settings.home, connection, known, original, where, dataset, text, collected)
                    if text.unreadable:
                        _withhold_if_named(known, original, where, "it has rows that could not be split", collected)
        except FileRefused as refusal:
            _withhold_if_named(known, original, where, refusal.rule, collected)
    return found


def _originals(home: Home, authority: str) -> Iterator[Original]:
    for path in sorted((home.archive / authority).glob("*/*/*")):
        if path.is_file() and path.name[0] != ".":
            yield _original(path, "archive", path.name.partition("-")[2])
    for path in sorted((home.inbox / authority).glob("*/*/*")):
        kept = home.archive / path.parent.relative_to(home.inbox)
        if path.is_file() and path.name[0] not in "._" and not _is_kept(path, kept):
            yield _original(path, "inbox", path.name)


def also_in_inbox(home: Home, where: str) -> str:
    """The file of the inbox that an original of the archive is a copy of, where it still lies there."""
    path = Path(where)
    delivered = home.inbox.joinpath(*path.parts[1:4], path.name.partition("-")[2])
    return str(delivered.relative_to(home.root)) if path.parts[0] == "archive" and delivered.exists() else ""


def _is_kept(path: Path, kept: Path) -> bool:
    return any(each.stat().st_size == path.stat().st_size for each in kept.glob(f"*-{path.name}"))


def _original(path: Path, layer: str, file_name: str) -> Original:
    return Original(path, layer, path.parent.parent.name, dt.date.fromisoformat(path.parent.name), file_name)


def _parts(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    original: Original,
    declared: DeliveredFile,
    scratch: Path,
) -> Iterator[tuple[Dataset, TextRows | FileRefused]]:
    parts = formats.read(
        connection, original.path, original.file_name, declared, collection_year(original.extract_date), scratch,
        settings.encodings, check_text(original.path),
    )  # fmt: skip
    for dataset in declared.datasets:
        if dataset.name in parts:
            yield dataset, parts[dataset.name]


def _add(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    known: Known,
    original: Original,
    where: str,
    dataset: Dataset,
    text: TextRows,
    collected: Collected,
) -> set[tuple[str, int]]:
    condition = _is_about(known, dataset, text.columns)
    if not condition:
        return set()
    relation = (
        f"read_parquet({sql.literal(text.path)})" if text.is_numbered else rows.numbered(connection, text, text.path)
    )
    columns = [column.name.lower() for column in dataset.columns if column.name.lower() in text.columns]
    names = ", ".join(map(sql.name, columns))
    told = connection.execute(
        f"select _source_row, {names} from {relation} as r where {condition} order by 1"
    ).fetchall()
    own = {
        column.name.lower(): _as_delivered(connection, relation, column.name.lower(), column.identifier, known)
        for column in dataset.columns
        if column.identifier and column.identifier.value in known.values and column.name.lower() in columns
    }
    also = also_in_inbox(home, where)
    collected.add(
        original.layer,
        dataset.name,
        ("file", "also_in_inbox", "extract_date", "row", *columns),
        [(where, also, original.extract_date, *row) for row in told],
        of_others_as_delivered(dataset.name),
        own,
    )
    return {(where, int(row[0])) for row in told}


def _is_about(known: Known, dataset: Dataset, columns: tuple[str, ...]) -> str:
    """SQL: does a row name the person by a number of theirs, or by name and day of birth?"""
    conditions = []
    for column in dataset.columns:
        name = column.name.lower()
        if name in columns and column.identifier and (values := known.values.get(column.identifier.value)):
            conditions.append(f"{_normalised(name, column.identifier)} in ({sql.literals(sorted(values))})")
    if {"forename", "surname", "date_of_birth"} <= set(columns):
        for folded, born in sorted(known.names):
            name = "upper(strip_accents(concat(forename, surname)))"
            conditions.append(
                f"(regexp_replace({name}, '[^A-Z]', '', 'g') = {sql.literal(folded)}"
                f" and trim(date_of_birth) = {sql.literal(born.strftime(dataset.date_format))})"
            )
    return " or ".join(conditions)


def _normalised(name: str, identifier: Identifier) -> str:
    """`landing.identifiers.normalise` in SQL."""
    blanks = "[\\s-]" if identifier is Identifier.NHS_NUMBER else "\\s"
    return f"upper(regexp_replace({sql.name(name)}, '{blanks}', '', 'g'))"


def _as_delivered(
    connection: duckdb.DuckDBPyConnection, relation: str, name: str, identifier: Identifier, known: Known
) -> frozenset[str]:
    """How the file spells the person's own values of a column."""
    values = sql.literals(sorted(known.values[identifier.value]))
    found = connection.execute(
        f"select distinct {sql.name(name)} from {relation} as r where {_normalised(name, identifier)} in ({values})"
    ).fetchall()
    return frozenset(text for (text,) in found)


def _withhold_if_named(known: Known, original: Original, where: str, why: str, collected: Collected) -> None:
    """A file that cannot be taken apart may be full of others: that it names the person is said."""
    data = b"".join(_bytes(original.path)).upper().replace(b"\0", b"")
    plain = b"".join(data.split())
    if any(value.encode() in plain or value.encode() in plain.replace(b"-", b"") for value in known.spelled()):
        collected.withheld.append((original.layer, where, f"names the person, and cannot be taken apart: {why}"))


def _bytes(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield data
    if data.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, EOFError):
            yield gzip.decompress(data)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive, contextlib.suppress(RuntimeError, zipfile.BadZipFile):
            for member in archive.infolist():
                if member.file_size < 256_000_000:
                    yield archive.read(member)
