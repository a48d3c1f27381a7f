"""Write a night's folder into the inbox so that nobody ever sees half of it.

Everything is gathered in a hidden sibling, `.<extract date>.fetching`, which survives an interruption; the manifest is
written last, and one rename puts the folder in its place. `.fetched.json` in the folder says what each file was
fetched from, in which version: what is known is not fetched again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from childrens_warehouse.errors import BusyError, FileRefused
from childrens_warehouse.landing import manifest
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

STATE = ".fetched.json"
# The manifest as the supplier wrote it; `_manifest.json` is the same, or that and the entries of the queries.
DELIVERED = ".manifest.delivered.json"


@dataclass(frozen=True)
class Piece:
    """One file of a night's folder, and what it was made from.

    version: changes when what it was fetched from does.
    rows, generated_at, coverage: as the manifest is to say them; only of what a query brought.
    """

    name: str
    version: str
    sha256: str
    size: int
    rows: int | None = None
    generated_at: str | None = None
    coverage: str | None = None

    @property
    def is_answer(self) -> bool:
        return self.generated_at is not None

    def entry(self) -> dict[str, Any]:
        """What the manifest says of it."""
        told = {"name": self.name, "rows": self.rows, "sha256": self.sha256, "coverage": self.coverage}
        return {key: value for key, value in told.items() if value is not None}


class Writer(io.BufferedIOBase):
    """Passes on what is written, counting and hashing it."""

    def __init__(self, target: BinaryIO) -> None:
        self.target, self.digest, self.size = target, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.target.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)


class NightFolder:
    """The folder of one authority, source and extract date while something is fetched into it. A context manager.

    Raises BusyError on entry when another process fetches for the same source.
    """

    def __init__(self, home: Home, authority: str, source: str, extract_date: dt.date) -> None:
        self.authority, self.source, self.extract_date = authority, source, extract_date
        self.inbox = home.inbox
        self.parent = home.inbox / authority / source
        self.target = self.parent / extract_date.isoformat()
        self.staging = self.parent / f".{extract_date}.fetching"
        self._before = self.parent / f".{extract_date}.replaced"
        self._staged: dict[str, Piece] = {}
        self._placed: dict[str, Piece] = {}
        self._manifest_sha256: str | None = None

    def __enter__(self) -> NightFolder:
        # Beside the authorities' folders: one that nothing came for yet has none.
        lock = make_private(self.inbox) / f".{self.authority}-{self.source}.lock"
        self._lock = os.open(lock, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise BusyError(
                f"Another process fetches {self.source} of {self.authority}; wait until it ended."
            ) from None
        self._recover()
        self._staged = _read_state(self.staging)[0]
        self._placed, self._manifest_sha256 = _read_state(self.target)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def kept(self, name: str, version: str) -> Piece | None:
        """The file, if it was fetched in this version before: for this night, or in an attempt that was cut short."""
        for folder, pieces in ((self.staging, self._staged), (self.target, self._placed)):
            piece = pieces.get(name)
            if piece and piece.version == version and _size(folder / name) == piece.size:
                return piece
        return None

    def answer(self, name: str) -> Piece | None:
        """What a query brought for this night, whichever it was."""
        piece = self._staged.get(name) or self._placed.get(name)
        return piece if piece and piece.is_answer and self.kept(name, piece.version) else None

    @contextlib.contextmanager
    def write(self, name: str, version: str) -> Iterator[Writer]:
        """Write one file; it counts when the block ends without an error."""
        make_private(self.staging)
        part = self.staging / f".{name}.part"
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE), "wb") as file:
                writer = Writer(file)
                yield writer
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.staging / name)
        finally:
            part.unlink(missing_ok=True)
        self.stage(Piece(name, version, writer.digest.hexdigest(), writer.size))

    def stage(self, piece: Piece) -> Piece:
        """Note what is known of a file that was written."""
        self._staged[piece.name] = piece
        _write_state(self.staging, self._staged, None)
        return piece

    def read(self, piece: Piece) -> bytes:
        folder = self.staging if self._staged.get(piece.name) == piece else self.target
        return (folder / piece.name).read_bytes()

    def present(self) -> list[Path]:
        """The files of the folder as it lies in the inbox, without manifest and hidden ones."""
        try:
            found = sorted(path for path in self.target.iterdir() if not path.name.startswith((".", "_")))
        except FileNotFoundError:
            return []
        return [path for path in found if path.is_file()]

    def delivered_manifest(self) -> bytes | None:
        """The manifest the supplier wrote into this folder of the inbox, whatever became of it since."""
        try:
            content = (self.target / manifest.NAME).read_bytes()
            if hashlib.sha256(content).hexdigest() == self._manifest_sha256:
                return (self.target / DELIVERED).read_bytes()
            return content
        except FileNotFoundError:
            return None

    def is_ours(self) -> bool:
        """Did we write the manifest that lies there?"""
        path = self.target / manifest.NAME
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == self._manifest_sha256

    def is_foreign(self) -> bool:
        """Does the night lie there already, and not as we put it: by hand, or changed since?"""
        return not self.is_ours() and (bool(self.present()) or (self.target / manifest.NAME).exists())

    def link(self, path: Path, version: str) -> Piece:
        """A file that lies in the folder already."""
        if known := self.kept(path.name, version):
            return known
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        piece = Piece(path.name, version, digest, path.stat().st_size)
        self._placed[path.name] = piece
        return piece

    def place(
        self, pieces: list[Piece], delivered: bytes | None, generated_at: dt.datetime, keeps_others: bool = False
    ) -> bool:
        """Put the folder in its place with these files and no other, its manifest last. False: it was so already.

        delivered: the supplier's manifest; taken over as it is, but for the entries of what queries brought.
        generated_at: for the manifest where the supplier wrote none.
        keeps_others: the folder is the supplier's own, and what else lies in it stays.
        """
        content = self._manifest(pieces, delivered, generated_at)
        wanted = {piece.name: piece for piece in pieces}
        if (
            self.is_ours()
            and wanted == _read_state(self.target)[0]
            and hashlib.sha256(content).hexdigest() == (self._manifest_sha256)
        ):
            shutil.rmtree(self.staging, ignore_errors=True)
            return False
        make_private(self.staging)
        for piece in pieces:
            if self._staged.get(piece.name) != piece:
                _link(self.target / piece.name, self.staging / piece.name)
        for path in self.staging.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in wanted:
                path.unlink()
        for path in self.target.iterdir() if keeps_others else ():
            if path.name not in {*wanted, manifest.NAME, STATE, DELIVERED}:
                if path.is_dir():
                    shutil.copytree(path, self.staging / path.name, symlinks=True)
                else:
                    _link(path, self.staging / path.name)
        if delivered is not None:
            _write(self.staging / DELIVERED, delivered)
        _write_state(self.staging, wanted, hashlib.sha256(content).hexdigest())
        _write(self.staging / manifest.NAME, content)
        self._swap()
        self._staged, (self._placed, self._manifest_sha256) = {}, _read_state(self.target)
        return True

    def _manifest(self, pieces: list[Piece], delivered: bytes | None, generated_at: dt.datetime) -> bytes:
        answers = [piece for piece in pieces if piece.is_answer]
        if delivered is not None:
            try:
                manifest.parse(delivered, self.authority, self.source, self.extract_date)
            except FileRefused:
                return delivered  # landing refuses it, and says why
            if not answers:
                return delivered
            document = json.loads(delivered.decode("utf-8-sig"))
            names = {piece.name for piece in answers}
            entries = [entry for entry in document["files"] if entry["name"] not in names]
        else:
            document = {
                "authority": self.authority,
                "source": self.source,
                "extract_date": self.extract_date.isoformat(),
                "generated_at": _instant(generated_at),
            }
            entries = [piece.entry() for piece in pieces if not piece.is_answer]
        document["files"] = [*entries, *({**piece.entry(), "generated_at": piece.generated_at} for piece in answers)]
        return (json.dumps(document, indent=1) + "\n").encode()

    def _swap(self) -> None:
        """Two renames where a folder lies there already: between them the night is missing, never half there."""
        _flush(self.staging)
        if self.target.exists():
            # The supplier may still write into a folder of the inbox.
            shutil.copystat(self.target, self.staging)
            with contextlib.suppress(PermissionError):
                os.chown(self.staging, -1, self.target.stat().st_gid)
            self.target.rename(self._before)
        self.staging.rename(self.target)
        _flush(self.parent)
        shutil.rmtree(self._before, ignore_errors=True)

    def _recover(self) -> None:
        """Finish what a process began that was killed between two renames."""
        if self._before.exists():
            if not self.target.exists():
                self._before.rename(self.target)
            else:
                shutil.rmtree(self._before)
        (self.staging / manifest.NAME).unlink(missing_ok=True)


def answered(piece: Piece, rows: int, generated_at: dt.datetime, coverage: str | None) -> Piece:
    """A written file as the answer of a query."""
    return replace(piece, rows=rows, generated_at=_instant(generated_at), coverage=coverage)


def _instant(when: dt.datetime) -> str:
    return when.astimezone(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _read_state(folder: Path) -> tuple[dict[str, Piece], str | None]:
    """The files of a folder and the fingerprint of the manifest we wrote; nothing where it cannot be known."""
    try:
        document = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return {name: Piece(**told) for name, told in document["files"].items()}, document["manifest_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}, None


def _write_state(folder: Path, pieces: dict[str, Piece], manifest_sha256: str | None) -> None:
    document = {"files": {name: asdict(piece) for name, piece in pieces.items()}, "manifest_sha256": manifest_sha256}
    _write(folder / STATE, (json.dumps(document, indent=1) + "\n").encode())


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
