"""Receive one file: archive it untouched, fingerprint it, and check what can be checked without reading rows."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse import unfinished
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats.readable import BLOCK, TextCheck
from childrens_warehouse.landing.manifest import ManifestFile
from childrens_warehouse.landing.plain_files import open_plain
from childrens_warehouse.settings import OWNER_ONLY_FILE, make_private


@dataclass(frozen=True)
class Received:
    """An archived file. `not_text`: what TextCheck found, as far as the file is text."""

    path: Path
    sha256: str
    size: int
    not_text: tuple[int, int] | None


def receive(delivered: Path, archive_folder: Path) -> Received:
    """Copy `delivered` into the archive, owner only, under its fingerprint. A second time changes nothing.

    `settle` must follow before anything is accepted on the strength of it.
    Raises FileRefused when the file is not there, is a link or no file at all, or changed while it was read.
    """
    make_private(archive_folder)
    part = unfinished.part_of(archive_folder / delivered.name)
    try:
        before = delivered.lstat()
        # Where the archive may hold this very file already, it is worth a look before another copy is written.
        may_be_kept = any(path.stat().st_size == before.st_size for path in archive_folder.glob(f"*-{delivered.name}"))
        digest, size, not_text = _read(delivered, None if may_be_kept else part)
        if may_be_kept and not (archive_folder / f"{digest[:16]}-{delivered.name}").exists():
            digest, size, not_text = _read(delivered, part)
        after = delivered.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
            raise FileRefused("FILE-CHANGING", "the file changed while it was read: it is still being written.")
        if part.exists():
            part.replace(archive_folder / f"{digest[:16]}-{delivered.name}")
    except FileNotFoundError:
        raise FileRefused("FILE-MISSING", "the manifest names this file and it is not in the folder.") from None
    finally:
        part.unlink(missing_ok=True)
    return Received(archive_folder / f"{digest[:16]}-{delivered.name}", digest, size, not_text)


def _read(source: Path, copy: Path | None) -> tuple[str, int, tuple[int, int] | None]:
    """Hash a file and look for the first byte that is not UTF-8, in one pass, and copy it if asked to."""
    digest, check, size = hashlib.sha256(), TextCheck(), 0
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(open_plain(source, buffering=0))
        writer = None
        if copy:
            descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE)
            writer = stack.enter_context(os.fdopen(descriptor, "wb", buffering=0))
        while block := reader.read(BLOCK):
            digest.update(block)
            if writer:
                writer.write(block)
            check.feed(block)
            size += len(block)
    check.end()
    return digest.hexdigest(), size, check.found


def settle(received: Received) -> None:
    """Wait until the archived copy is on the disk: what was taken in of a file must never outlive the file.

    Apart from `receive`, since there is much to do meanwhile.
    """
    descriptor = os.open(received.path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
