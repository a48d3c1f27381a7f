"""The few ways in which builds and releases change files: whole or not at all, and on disk before they count."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.publish.current import MANIFEST
from childrens_warehouse.settings import GROUP_READS_DIRECTORY, GROUP_READS_FILE, OWNER_ONLY_FILE

# What a file system without hard links (or a second one in between) answers.
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}


def write_json(path: Path, content: Mapping[str, Any], mode: int = OWNER_ONLY_FILE) -> None:
    """Replace `path` in one step; a reader sees the old text or the new one."""
    part = path.with_name(f".{path.name}.partial")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(content, handle, indent=2, ensure_ascii=False)
        handle.write("\n")
    part.chmod(mode)
    flush(part)
    replace(part, path)


def replace(new: Path, path: Path) -> None:
    """Put `new` in the place of `path`: the only moment at which anything published changes."""
    new.replace(path)
    # Two names of one file already: then the system leaves both.
    new.unlink(missing_ok=True)
    flush(path.parent)


def replace_folder(new: Path, path: Path) -> None:
    """Put a folder in the place of another, which goes: what bears its name is one of them whole, or for a moment none.

    What a process left that was killed in between goes with the next one.
    """
    old = _aside(path)
    if path.exists():
        _remove_folder(old)
        path.rename(old)
    new.rename(path)
    flush(path.parent)
    _remove_folder(old)


def link_or_copy(existing: Path, path: Path) -> bool:
    """Give `existing` a second name; a copy where the file system has no links. Was it linked?"""
    try:
        os.link(existing, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copyfile(existing, path)
        flush(path)
        return False
    return True


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds; nothing there is fine.

    A folder is moved aside first, so that what bears its name is whole to the end; and what was left aside by a process
    that was killed goes as well.
    """
    aside = _aside(path)
    _remove_folder(aside)
    if path.is_dir() and not path.is_symlink():
        path.rename(aside)
        _remove_folder(aside)
    else:
        path.unlink(missing_ok=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.gone.partial")


def _remove_folder(path: Path) -> None:
    if path.exists():
        # Without it what is left of a release is none.
        (path / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(path)


def open_to_group(path: Path, group: str | None) -> None:
    """Let the readers' group read a file, or a folder with all it holds; others cannot.

    Raises ConfigurationError when the group does not exist or the process may not hand files to it.
    """
    for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
        each.chmod(GROUP_READS_DIRECTORY if each.is_dir() else GROUP_READS_FILE)
        if group:
            give_to_group(each, group)


def give_to_group(path: Path, group: str, setting: str = "WAREHOUSE_READERS_GROUP") -> None:
    """Change the group that owns one file or folder, unless it is that group already."""
    try:
        if path.group() != group:
            shutil.chown(path, group=group)
    except (LookupError, PermissionError, KeyError):
        raise ConfigurationError(
            f"{setting} is {group!r}: there is no such group, or this user is not a member of it."
        ) from None
