"""Receive one file: archive it untouched, fingerprint it, and check what can be checked without reading rows."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse.datasets import Dataset
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.manifest import ManifestFile
from childrens_warehouse.settings import OWNER_ONLY_FILE, make_private

_BLOCK = 8 * 1024 * 1024
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Received:
    """An archived file. `not_utf8` is (byte offset, value of the byte, line) of the first byte that is not UTF-8."""

    path: Path
    sha256: str
    size: int
    not_utf8: tuple[int, int, int] | None

    @property
    def file_id(self) -> str:
        """What rows are known by: the first 16 characters of the fingerprint."""
        return self.sha256[:16]


def receive(delivered: Path, archive_folder: Path) -> Received:
    """Copy `delivered` into the archive, owner only, under its fingerprint. A second time changes nothing.

    Raises FileRefused when the file is not there, is a link, or changed while it was read.
    """
    if delivered.is_symlink():
        raise FileRefused("FILE-LINK", "the file is a link: deliver the file itself.")
    make_private(archive_folder)
    part = archive_folder / f".{delivered.name}.{os.getpid()}.part"
    try:
        before = delivered.stat()
        digest, size, not_utf8 = _copy(delivered, part)
        after = delivered.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
            raise FileRefused("FILE-CHANGING", "the file changed while it was read: it is still being written.")
        kept = archive_folder / f"{digest[:16]}-{delivered.name}"
        part.replace(kept)
    except FileNotFoundError:
        raise FileRefused("FILE-MISSING", "the manifest names this file and it is not in the folder.") from None
    finally:
        part.unlink(missing_ok=True)
    return Received(kept, digest, size, not_utf8)


def _copy(source: Path, target: Path) -> tuple[str, int, tuple[int, int, int] | None]:
    """Copy, hash and look for the first byte that is not UTF-8, in one pass."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    not_utf8: tuple[int, int, int] | None = None
    size = 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE)
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
            if not_utf8 is None:
                pending = len(decoder.getstate()[0])
                if pending or not block.isascii():
                    try:
                        decoder.decode(block)
                    except UnicodeDecodeError as error:
                        at = max(error.start - pending, 0)
                        not_utf8 = (size + at, block[at], _line_of(source, size + at))
            size += len(block)
        if not_utf8 is None and decoder.getstate()[0]:
            not_utf8 = (size - 1, decoder.getstate()[0][0], _line_of(source, size - 1))
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest(), size, not_utf8


def _line_of(path: Path, offset: int) -> int:
    with path.open("rb") as handle:
        return handle.read(offset).count(b"\n") + 1


def check(received: Received, told: ManifestFile | None) -> None:
    """Is this the file its manifest speaks of, and is there anything in it? Raises FileRefused."""
    if told and told.sha256 and told.sha256 != received.sha256:
        raise FileRefused(
            "FILE-HASH",
            f"the manifest says SHA-256 {told.sha256[:12]}…, the file has {received.sha256[:12]}… "
            f"({received.size} bytes): it was changed or cut short on the way. Ask for it again.",
        )
    if received.size == 0:
        raise FileRefused("FILE-EMPTY", "the file has no bytes. Ask the supplier to run the extract again.")


def readable_copy(received: Received, encodings: tuple[str, ...], scratch: Path) -> tuple[Path, str]:
    """A UTF-8 form of the file and the encoding it was delivered in.

    The archived file itself when it is UTF-8; a private copy when another encoding is allowed by
    WAREHOUSE_ENCODINGS. Raises FileRefused when none of the allowed ones fits.
    """
    if received.not_utf8 is None:
        return received.path, "utf-8"
    offset, byte, line = received.not_utf8
    with received.path.open("rb") as handle:
        start = handle.read(2)
    looks_like = "UTF-16" if start in _UTF16_MARKS else "Windows-1252"
    for encoding in encodings:
        if encoding.lower() in ("utf-8", "utf8"):
            continue
        if ("16" in encoding) != (start in _UTF16_MARKS):
            continue
        copy = scratch / "utf8.csv"
        try:
            with (
                received.path.open(encoding=encoding, newline="") as reader,
                copy.open("w", encoding="utf-8", newline="") as writer,
            ):
                while text := reader.read(_BLOCK):
                    writer.write(text)
        except (UnicodeError, LookupError):
            continue
        return copy, encoding
    raise FileRefused(
        "FILE-ENCODING",
        f"the file is not UTF-8: byte 0x{byte:02X} in line {line} (offset {offset}); it looks like {looks_like}. "
        f"Ask for UTF-8, or allow it with WAREHOUSE_ENCODINGS=utf-8,{looks_like.lower()}.",
    )


def check_header(path: Path, dataset: Dataset) -> tuple[list[str], list[str]]:
    """The header as delivered and notes worth saying. Raises FileRefused for missing columns.

    Order and letter case do not matter. A column nobody declared is left in the archive, and said.
    """
    with path.open(encoding="utf-8-sig", newline="") as handle:
        line = handle.readline()
    header = [cell.strip() for cell in next(csv.reader(io.StringIO(line)), [])]
    declared = {column.name.lower(): column.name for column in dataset.columns}
    found = [cell.lower() for cell in header]
    if not any(cell in declared for cell in found):
        for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in line:
                raise FileRefused("FILE-SEPARATOR", f"the columns are separated by {word}: a comma is expected.")
        raise FileRefused("FILE-HEADER", "the first line is not a header: none of the declared columns is in it.")
    missing = [name for lower, name in declared.items() if lower not in found]
    unknown = [cell for cell in header if cell.lower() not in declared]
    twice = sorted({cell for cell in found if found.count(cell) > 1})
    if missing or twice:
        parts = []
        if missing:
            parts.append(f"column {', '.join(missing)} is missing")
        if unknown:
            parts.append(f"column {', '.join(unknown)} is not known")
        if twice:
            parts.append(f"column {', '.join(twice)} comes twice")
        raise FileRefused("FILE-COLUMNS", f"{'; '.join(parts)}. Expected: {', '.join(declared.values())}.")
    notes = []
    if unknown:
        notes.append(f"column {', '.join(unknown)} is not declared: not loaded, kept in the archive")
    if [cell for cell in found if cell in declared] != list(declared):
        notes.append("columns come in another order")
    return header, notes
