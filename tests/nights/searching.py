"""Search everything a night leaves for canaries: invented identities that must not leave the restricted store.

Files are searched as they lie, and what they hold is decoded and searched again: compression hides text.
"""

from __future__ import annotations

import gzip
import re
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

# What every canary looks like, in lower case and without blanks or with one; tests/nights/canaries.py makes them so.
# Of fixed length, so that what stands right behind one in a file of bytes does not hide it.
WORD = rb"zqx[a-z]{7}|zqx\d{7}"
POSTCODE = rb"zq\d\d ?\d[a-z]{2}"
NHS_NUMBER = rb"(?<!\d)975[ -]?31\d[ -]?\d{4}(?!\d)"
UPN = rb"(?<!\d)8977\d{8}(?!\d)"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TEXT = re.compile(b"|".join((WORD, POSTCODE, NHS_NUMBER, UPN)))
_YEAR_FIRST = re.compile(
    rb"(?<!\d)(\d{4})(?:-|/|, )(\d{1,2})(?:-|/|, )(\d{1,2})(?!\d)"
    rb"|(?<![\d.])(\d{4})(\d\d)(\d\d)(?!\d)"  # but no decimals
)
_DAY_FIRST = re.compile(
    rb"(?<!\d)(\d{1,2})[/. -](\d{1,2}|" + "|".join(_MONTHS).encode() + rb")[a-z]*[/. -](\d{4})(?!\d)"
)


@dataclass(frozen=True, order=True)
class Finding:
    """A canary where none should be: which one, and in which file, table and column."""

    where: str
    canary: str

    def __str__(self) -> str:
        return f"{self.where}: {self.canary}"


@dataclass(frozen=True)
class Searcher:
    """Knows the canaries: spelled in lower case without blanks or hyphens, or as an ISO date -> what it is.

    calendars: tables of days, not of persons, in which a canary's date of birth says nothing.
    """

    canaries: Mapping[str, str]
    calendars: frozenset[str] = frozenset()

    def in_text(self, text: str | bytes, where: str) -> set[Finding]:
        data = (text.encode(errors="replace") if isinstance(text, str) else text).lower()
        found = self._in_bytes(data, where)
        if b"\0" in data:
            found |= self._in_bytes(data.replace(b"\0", b""), f"{where} (UTF-16)")
        return found

    def _in_bytes(self, data: bytes, where: str) -> set[Finding]:
        spelled = {re.sub(rb"[ -]", b"", each) for each in set(_TEXT.findall(data))}
        names = {each.decode() for each in spelled}
        for match in set(_YEAR_FIRST.findall(data)):
            year, month, day = match[:3] if match[0] else match[3:]
            names.add(f"{year.decode()}-{int(month):02}-{int(day):02}")
        for day, month, year in set(_DAY_FIRST.findall(data)):
            number = int(month) if month.isdigit() else _MONTHS.index(month.decode()[:3]) + 1
            names.add(f"{year.decode()}-{number:02}-{int(day):02}")
        return {Finding(where, self.canaries[name]) for name in names if name in self.canaries}

    def in_tree(self, root: Path, allowed: frozenset[str] = frozenset()) -> set[Finding]:
        """Everything below `root` but the top folders `allowed`: names of files, bytes and decoded content."""
        found: set[Finding] = set()
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            if relative.parts[0] in allowed:
                continue
            found |= self.in_text(str(relative), f"the name of {relative}")
            if path.is_file():
                found |= self.in_file(path, str(relative))
        return found

    def in_file(self, path: Path, named: str) -> set[Finding]:
        data = path.read_bytes()
        found = self.in_text(data, named)
        if path.suffix == ".parquet" and data:
            with duckdb.connect() as connection:
                found |= self._in_relation(connection, f"read_parquet('{path}')", named, path.stem)
        elif path.suffix == ".duckdb":
            found |= self._in_duckdb(path, named)
        elif data.startswith(b"SQLite format 3\0"):
            found |= self._in_sqlite(path, named)
        elif data.startswith(b"\x1f\x8b"):
            found |= self.in_text(gzip.decompress(data), f"{named} (unpacked)")
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for member in archive.namelist():
                    found |= self.in_text(archive.read(member), f"{named} ({member})")
        return found

    def _in_duckdb(self, path: Path, named: str) -> set[Finding]:
        found: set[Finding] = set()
        with tempfile.TemporaryDirectory() as folder:
            # A copy, because opening one that was killed plays its log in.
            for each in path.parent.glob(f"{path.name}*"):
                shutil.copy(each, folder)
            with duckdb.connect(str(Path(folder) / path.name)) as connection:
                tables = connection.execute(
                    "select schema_name, table_name from duckdb_tables() where not internal"
                ).fetchall()
                for schema, table in tables:
                    found |= self._in_relation(connection, f'"{schema}"."{table}"', f"{named} {schema}.{table}", table)
                for kind in ("views", "tables", "columns", "functions"):
                    found |= self._in_relation(connection, f"duckdb_{kind}()", f"{named} {kind}", kind)
        return found

    def _in_relation(
        self, connection: duckdb.DuckDBPyConnection, relation: str, named: str, table: str
    ) -> set[Finding]:
        """Every column, as text; numbers and dates too."""
        found: set[Finding] = set()
        cursor = connection.execute(f"select * from {relation} limit 0")
        for column in [each[0] for each in cursor.description or ()]:
            quoted = '"' + column.replace('"', '""') + '"'
            values = connection.execute(
                f"select distinct cast({quoted} as varchar) from {relation} where {quoted} is not null"
            ).fetchall()
            for each in self.in_text("\n".join(value for (value,) in values), f"{named}.{column}"):
                if not (table in self.calendars and each.canary.startswith("date of birth")):
                    found.add(each)
        return found

    def _in_sqlite(self, path: Path, named: str) -> set[Finding]:
        found: set[Finding] = set()
        with tempfile.TemporaryDirectory() as folder:
            for each in path.parent.glob(f"{path.name}*"):
                shutil.copy(each, folder)
            connection = sqlite3.connect(Path(folder) / path.name)
            try:
                tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
                for (table,) in tables:
                    cursor = connection.execute(f'select * from "{table}"')
                    columns = [each[0] for each in cursor.description]
                    for row in cursor:
                        for column, cell in zip(columns, row, strict=True):
                            for text in _unpacked(cell):
                                found |= self.in_text(text, f"{named} {table}.{column}")
            finally:
                connection.close()
        return found


def _unpacked(cell: object) -> Iterator[str | bytes]:
    """A cell, and what it is when unpacked: Airflow may keep what it serialises compressed."""
    if cell is None:
        return
    if not isinstance(cell, bytes):
        yield str(cell)
        return
    yield cell
    for unpack in (zlib.decompress, gzip.decompress):
        try:
            yield unpack(cell)
        except (zlib.error, OSError, EOFError):
            continue
