"""Bring a delivered file into a form its reader can read: unpacked, and as UTF-8 text."""

from __future__ import annotations

import codecs
import gzip
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from childrens_warehouse.errors import FileRefused
from childrens_warehouse.settings import OWNER_ONLY_FILE

# Small enough to stay in the processor's cache while it is hashed, checked and copied: with blocks of megabytes the
# memory for each is asked for anew, and copying takes five times as long.
BLOCK = 128 * 1024
PACKED = (".gz", ".zip")

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What unpacks to more than this many times its size, and more than a gigabyte, is no extract: it fills the disk.
_MOST_TIMES, _ALWAYS_ALLOWED = 300, 1024**3


class TextCheck:
    """Fed block by block, finds the first byte that cannot be UTF-8 text: (offset, value of the byte)."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._size = 0
        self.found: tuple[int, int] | None = None

    def feed(self, block: bytes) -> None:
        if self.found is None:
            pending = len(self._decoder.getstate()[0])
            if pending or not block.isascii():
                try:
                    self._decoder.decode(block)
                except UnicodeDecodeError as error:
                    at = max(error.start - pending, 0)
                    self.found = (self._size + at, block[at])
            if self.found is None and (at := block.find(0)) >= 0:
                self.found = (self._size + at, 0)
        self._size += len(block)

    def end(self) -> None:
        if self.found is None and (pending := self._decoder.getstate()[0]):
            self.found = (self._size - 1, pending[-1])


def plain_name(file_name: str) -> str:
    """The name under which a dataset declares the file: attendance.csv for attendance.csv.gz."""
    for ending in PACKED:
        file_name = file_name.removesuffix(ending)
    return file_name


def unpack(path: Path, file_name: str, scratch: Path) -> Path:
    """The file itself, or what a .gz or .zip holds. Raises FileRefused when it is damaged or holds not one file."""
    if not file_name.endswith(PACKED):
        return path
    target = scratch / "unpacked"
    limit = max(path.stat().st_size * _MOST_TIMES, _ALWAYS_ALLOWED)
    try:
        with _packed(path, file_name) as reader, _private(target) as writer:
            size = 0
            while block := reader.read(BLOCK):
                size += len(block)
                if size > limit:
                    raise FileRefused(
                        "FILE-PACKED", f"the file unpacks to more than {limit:,} bytes: deliver it unpacked."
                    )
                writer.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise FileRefused(
            "FILE-PACKED",
            f"the file cannot be unpacked ({type(error).__name__}): it was cut short, damaged or locked with a "
            "password. Ask for it again.",
        ) from None
    return target


def as_utf8(path: Path, encodings: tuple[str, ...], scratch: Path, found: tuple[int, int] | None) -> tuple[Path, str]:
    """A UTF-8 form of the file, and the encoding it was delivered in.

    found: what TextCheck says of it. The file itself when it is UTF-8; a private copy when another encoding is
    allowed by WAREHOUSE_ENCODINGS. Raises FileRefused when none of the allowed ones fits.
    """
    if found is None:
        return path, "utf-8"
    with path.open("rb") as handle:
        is_utf16 = handle.read(2) in _UTF16_MARKS
    offset, byte = found
    if byte == 0 and not is_utf16:
        raise FileRefused(
            "FILE-ENCODING",
            f"the file is not text: it has a zero byte in line {_line_of(path, offset)} (offset {offset}). "
            "Ask for a CSV file in UTF-8.",
        )
    looks_like = "UTF-16" if is_utf16 else "Windows-1252"
    for encoding in encodings:
        if encoding.lower() in ("utf-8", "utf8") or ("16" in encoding) != is_utf16:
            continue
        copy = scratch / "utf8.csv"
        try:
            with path.open(encoding=encoding, newline="") as reader, _private(copy) as writer:
                while text := reader.read(BLOCK):
                    writer.write(text.encode())
        except (UnicodeError, LookupError):
            continue
        return copy, encoding
    raise FileRefused(
        "FILE-ENCODING",
        f"the file is not UTF-8: byte 0x{byte:02X} in line {_line_of(path, offset)} (offset {offset}); it looks like "
        f"{looks_like}. Ask for UTF-8, or allow it with WAREHOUSE_ENCODINGS=utf-8,{looks_like.lower()}.",
    )


def check_text(path: Path) -> tuple[int, int] | None:
    """TextCheck of a whole file."""
    check = TextCheck()
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            check.feed(block)
    check.end()
    return check.found


@contextmanager
def _packed(path: Path, file_name: str) -> Iterator[IO[bytes]]:
    if file_name.endswith(".gz"):
        with gzip.open(path) as stream:
            yield stream  # type: ignore[misc]
        return
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise FileRefused("FILE-PACKED", f"the zip holds {len(members)} files: one zip, one file.")
        with archive.open(members[0]) as stream:
            yield stream


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "wb") as handle:
        yield handle


def _line_of(path: Path, offset: int) -> int:
    with path.open("rb") as handle:
        return handle.read(offset).count(b"\n") + 1
