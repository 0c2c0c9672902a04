"""Files that only their owner may read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Make *path* hold *text*, with mode 0600.

    It holds all of it, or what it held before, whatever happens.
    Bytes that were no UTF-8 when they were read (surrogateescape) become those bytes again.
    OSError when that cannot be done.
    """
    new = path.with_name(f"{path.name}.new")
    # A process that was killed may have left one, with another mode.
    new.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    descriptor = os.open(new, flags, 0o600)
    data = text.encode("utf-8", "surrogateescape")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    new.replace(path)
