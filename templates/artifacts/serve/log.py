"""The log: lines of the supervisor's own, and the file that all output goes to."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import time
from pathlib import Path

from .private_file import write_private

MOST_LOG = 5 * 1024 * 1024
MOST_EXCERPT = 100_000


def say(text: str) -> None:
    """Write one line into the log.

    2026-11-30 12:00:00 gateway: worker 4711 serves 0123456789ab

    `doit` looks for some of these sentences.
    """
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    print(now, "gateway:", text, file=sys.stderr, flush=True)


class Log:
    """The file that the output of this process and its workers goes to, if it goes to a file.

    It was opened for appending before this program began, and every worker inherits it, so it
    cannot be replaced: when it is too long, its content is copied, and it goes on empty.
    """

    def __init__(self, path: Path, descriptor: int = 2) -> None:
        self.path = path
        # A file of that name that the output does not go to is left alone.
        with contextlib.suppress(OSError):
            if not os.path.samestat(os.fstat(descriptor), path.stat()):
                self.path = Path(os.devnull)

    def size(self) -> int:
        """Bytes in it; 0 when the output goes to no file."""
        try:
            status = self.path.stat()
        except OSError:
            return 0
        if stat.S_ISREG(status.st_mode):
            return status.st_size
        return 0

    def rotate(self, most: int = MOST_LOG) -> None:
        """When it has more than *most* bytes, move them into the file beside it.

        What is written between the copy and the cut is lost: a few lines, once in 5 MB.
        """
        if self.size() <= most:
            return
        with contextlib.suppress(OSError):
            kept = self.path.with_name(f"{self.path.name}.1")
            # Made first, so that the copy is never readable for others.
            write_private(kept, "")
            shutil.copyfile(self.path, kept)
            os.truncate(self.path, 0)

    def since(self, size: int) -> list[str]:
        """The lines after its first *size* bytes; if that is long, the end of it.

        [] when the output goes to no file.
        """
        end = self.size()
        # It was rotated meanwhile: all that is in it is new.
        if size > end:
            size = 0
        try:
            with self.path.open("rb") as file:
                file.seek(max(size, end - MOST_EXCERPT))
                data = file.read()
        except OSError:
            return []
        return data.decode(errors="replace").splitlines()
