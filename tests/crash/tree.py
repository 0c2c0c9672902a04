"""What is in some folders, and the same for all that a next command could find out about it.

Two runs of one command differ in what comes from the clock, from chance and from the numbers of processes. Their
results are alike when all else is the same, byte for byte, and what differs is the same *pattern*: each such word is
replaced by the number of its first appearance, so that two that were equal are equal, and two that were not are not. A
fingerprint of a file that is there is replaced by the name of that file, so that a wrong one is not like a right one.

What commands do depends on the files, on their words and the environment (the same in an experiment), and on clock,
chance and processes, whose words they compare with each other and with fingerprints, never with a constant. So from
like folders each further command goes the same way. (doit's database is what SQLite makes of it and its journal. A row
is one value: a keyed digest of choices, which tells nothing here, with the fingerprints of the files that were made
from them, which do.) Left out are the times
and inodes of files: no command reads them but to tell whether a temporary file is older than a minute (here they never
are), or whether a file in build/ is the one that doit remembers, which content decides then.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import io
import os
import re
import sqlite3
import stat
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Tree = dict[str, tuple[int, bytes]]
"""By path: the mode with the kind; content, or where a link leads, or nothing."""

TIMES = re.compile(rb'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?|(?<="size_bytes": )\d+')
"""What is shown, and never compared: times, and how long an archive of such files is once it is packed."""

WORDS = re.compile(rb"[a-z]+-\d{8}-\d{6}|(?=[0-9]*[a-f])[0-9a-f]{12,}")
"""Names made of the time, and what is random."""

NUMBERS = re.compile(WORDS.pattern + rb"|(\d+(?:\.\d+)?)")

KEY = ".digest-key"
ARCHIVE = ".tar.gz"
DATABASE, JOURNAL = "doit.db", "-journal"
NUMBERED = ("lock", ".lock", "gateway.pid", "gateway.status.json", DATABASE)
"""Files whose every number is a time, a size or a process."""

LOGS = ("deployment.log", "litellm.log")
"""Files of which commands at most show the end."""


def read(folders: Mapping[str, Path]) -> Tree:
    """What is in *folders*; each of them under its name."""
    found: Tree = {}
    for name, folder in folders.items():
        for path in [folder, *folder.rglob("*")]:
            mode = path.lstat().st_mode
            place = path.relative_to(folder).as_posix()
            found[f"{name}/{place}".removesuffix("/.")] = mode, _content(path, mode)
    return found


def digest_of(tree: Tree) -> str:
    """The same for trees from which commands go on in the same way; see the module."""
    return _digest_of(frozenset(tree.items()))


@functools.lru_cache(maxsize=1024)
def _digest_of(items: frozenset[tuple[str, tuple[int, bytes]]]) -> str:
    tree = dict(items)
    names = _Names(tree)
    digest = hashlib.sha256()
    databases = {name: rows for name in tree if (rows := _find_rows(name, tree)) is not None}
    for name, (mode, data) in _in_order(tree):
        if name.removesuffix(JOURNAL) in databases and name.endswith(JOURNAL):
            continue
        text = names.replace(name.encode()) + b"\0%o\0" % mode
        for part in _parts(name, data, databases):
            text += names.replace(part, is_numbered=_is_numbered(name)) + b"\0"
        digest.update(b"%d\0" % len(text) + text)
    return digest.hexdigest()


def _in_order(tree: Tree) -> list[tuple[str, tuple[int, bytes]]]:
    """What is in *tree*, in an order that does not depend on what is random."""
    return sorted(tree.items(), key=lambda item: (blank(item[0]), item[0]))


class _Names:
    """What stands for each word of one tree."""

    def __init__(self, tree: Tree) -> None:
        self._known: dict[bytes, bytes] = {}
        self._count = 0
        keys = [data for name, (_, data) in tree.items() if name.endswith(f"/{KEY}")]
        for name, (mode, data) in _in_order(tree):
            if stat.S_ISREG(mode) and data:
                for fingerprint in _fingerprints(data, mode, tuple(keys)):
                    self._known.setdefault(fingerprint, b"<of %s>" % blank(name).encode())

    def replace(self, text: bytes, *, is_numbered: bool = False) -> bytes:
        """*text* with what stands for its words."""
        found = b""
        for before, word in _split(text, is_numbered=is_numbered):
            found += before + (self._name(word) if word else b"")
        return found

    def _name(self, word: bytes) -> bytes:
        if word not in self._known:
            self._count += 1
            self._known[word] = b"<%d of %d>" % (self._count, len(word))
        return self._known[word]


@functools.lru_cache(maxsize=4096)
def _split(text: bytes, *, is_numbered: bool) -> list[tuple[bytes, bytes]]:
    """The words that something stands for, each with what is before it; the last one is empty."""
    found, end, shown = [], 0, TIMES.sub(b"#", text)
    for match in (NUMBERS if is_numbered else WORDS).finditer(shown):
        before, end = shown[end : match.start()], match.end()
        found.append((before + b"#", b"") if match.lastindex else (before, match[0]))
    return [*found, (shown[end:], b"")]


@functools.lru_cache(maxsize=4096)
def _fingerprints(data: bytes, mode: int, keys: tuple[bytes, ...]) -> list[bytes]:
    """What files of ours say of another one: see files.digest, fingerprints.keyed, state.revision."""
    plain = hashlib.sha256(data).hexdigest().encode()
    found = [plain, plain[:12]]
    for key in keys:
        if data == key:
            found.append(key.hex().encode())
        heads = (b"%o\n" % stat.S_IMODE(mode), b"\n")
        found += [hmac.new(key, head + data, "sha256").hexdigest().encode() for head in heads]
    return found


def _parts(name: str, data: bytes, databases: Mapping[str, list[bytes]]) -> Iterator[bytes]:
    """What is compared of a file: its content, or what is packed in it where that can be read."""
    if name in databases:
        yield from databases[name]
        return
    with suppress(tarfile.TarError, OSError, EOFError):
        if name.endswith(ARCHIVE):
            yield from [*_members(data)]
            return
    if name.endswith(LOGS):
        return
    yield data.hex().encode() if name.endswith(f"/{KEY}") else data


def _members(data: bytes) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            yield f"{member.name} {member.mode:o} {member.type!r}".encode()
            yield file.read() if file else b""


def _find_rows(name: str, tree: Tree) -> list[bytes] | None:
    """The rows of a database, as the next one to open it finds them; None where *name* is none, or is damaged."""
    if not name.endswith(f"/{DATABASE}"):
        return None
    _, data = tree[name]
    _, journal = tree.get(name + JOURNAL, (0, b""))
    return _rows(data, journal)


@functools.lru_cache(maxsize=256)
def _rows(data: bytes, journal: bytes) -> list[bytes] | None:
    """SQLite rolls back what was under way, by what the journal says."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, DATABASE)
        path.write_bytes(data)
        if journal:
            path.with_name(DATABASE + JOURNAL).write_bytes(journal)
        try:
            with contextlib.closing(sqlite3.connect(path)) as database:
                return [line.encode() for line in sorted(database.iterdump())]
        except (sqlite3.Error, UnicodeDecodeError):
            return None


def _content(path: Path, mode: int) -> bytes:
    if stat.S_ISLNK(mode):
        return os.fsencode(path.readlink())
    return path.read_bytes() if stat.S_ISREG(mode) else b""


def _is_numbered(name: str) -> bool:
    return name.rpartition("/")[2] in NUMBERED


def blank(name: str) -> str:
    """*name* without what comes from clock and chance."""
    return WORDS.sub(b"#", name.encode()).decode()
