"""The system calls that change a file, and where their arguments are."""

from __future__ import annotations

import os
from typing import NamedTuple

SHAPES = {
    "open": "p0", "openat": "0p1", "creat": "p0",
    "write": "f0 n2", "pwrite64": "f0 n2", "writev": "f0", "pwritev": "f0", "pwritev2": "f0",
    "sendfile": "f0 n3", "copy_file_range": "f2 n4",
    "truncate": "p0", "ftruncate": "f0", "fallocate": "f0",
    "rename": "p0 p1", "renameat": "0p1 2p3", "renameat2": "0p1 2p3",
    "link": "p0 p1", "linkat": "0p1 2p3", "symlink": "p1", "symlinkat": "1p2",
    "unlink": "p0", "unlinkat": "0p1", "rmdir": "p0",
    "mkdir": "p0", "mkdirat": "0p1", "mknod": "p0", "mknodat": "0p1",
    "chmod": "p0", "fchmod": "f0", "fchmodat": "0p1", "fchmodat2": "0p1",
    "chown": "p0", "lchown": "p0", "fchown": "f0", "fchownat": "0p1", "utimensat": "0p1",
    "setxattr": "p0", "lsetxattr": "p0", "fsetxattr": "f0",
    "removexattr": "p0", "lremovexattr": "p0", "fremovexattr": "f0",
    "fsync": "f0", "fdatasync": "f0",
}  # fmt: skip
"""Words: p0 is a path in argument 0; 2p3 one in argument 3, relative to the folder open as argument 2; f0 an open
file; n2 a number of bytes that may be cut."""

FLAGS = {"open": 1, "openat": 2}
"""The argument that says how a file is opened."""

CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
"""Opening with none of these only reads."""

SYNCS = ("fsync", "fdatasync")
NEEDS_SPACE = (
    "write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile", "copy_file_range", "fallocate", "creat",
    "mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink", "symlinkat", "rename", "renameat",
    "renameat2", "setxattr", "lsetxattr", "fsetxattr", *SYNCS,
)  # fmt: skip
"""What a full disk refuses, beside opening a new file: blocks may also run out when a file is synced."""

NUMBERS = {
    "x86_64": {
        "write": 1, "open": 2, "pwrite64": 18, "writev": 20, "sendfile": 40, "fsync": 74, "fdatasync": 75,
        "truncate": 76, "ftruncate": 77, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86,
        "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94,
        "mknod": 133, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197,
        "lremovexattr": 198, "fremovexattr": 199, "openat": 257, "mkdirat": 258, "mknodat": 259,
        "fchownat": 260, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268,
        "utimensat": 280, "fallocate": 285, "pwritev": 296, "renameat2": 316, "copy_file_range": 326,
        "pwritev2": 328, "fchmodat2": 452,
    },
    "aarch64": {
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "lremovexattr": 15,
        "fremovexattr": 16, "mknodat": 33, "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37,
        "renameat": 38, "truncate": 45, "ftruncate": 46, "fallocate": 47, "fchmod": 52, "fchmodat": 53,
        "fchownat": 54, "fchown": 55, "openat": 56, "write": 64, "writev": 66, "pwrite64": 68, "pwritev": 70,
        "sendfile": 71, "fsync": 82, "fdatasync": 83, "utimensat": 88, "renameat2": 276,
        "copy_file_range": 285, "pwritev2": 287, "fchmodat2": 452,
    },
}  # fmt: skip
"""For each machine (as os.uname() names it), the numbers of the calls that it has."""


class Shape(NamedTuple):
    """Where a call has its paths (each with the argument of its folder, or None), its open file, its length."""

    paths: tuple[tuple[int | None, int], ...]
    file: int | None
    length: int | None


def shape_of(name: str) -> Shape:
    """The shape of the call *name*."""
    paths: list[tuple[int | None, int]] = []
    numbers: dict[str, int] = {}
    for word in SHAPES[name].split():
        before, is_path, after = word.partition("p")
        if is_path:
            paths.append((int(before) if before else None, int(after)))
        else:
            numbers[word[0]] = int(word[1:])
    return Shape(tuple(paths), numbers.get("f"), numbers.get("n"))
