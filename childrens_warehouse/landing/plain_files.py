"""Open what somebody else put into a folder: a file of its own, or nothing."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from childrens_warehouse.errors import FileRefused

_NO_FILE = "it is a link, a pipe or a folder and not a file: deliver the file itself."


def open_plain(path: Path, buffering: int = -1) -> BinaryIO:
    """Open what somebody delivered, if it is a file of its own.

    A link can point at anything on the machine, and who opens a pipe waits for ever. Raises FileRefused.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        # ENXIO: a socket.
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise FileRefused("FILE-LINK", _NO_FILE) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileRefused("FILE-LINK", _NO_FILE)
    return os.fdopen(descriptor, "rb", buffering)  # type: ignore[return-value]
