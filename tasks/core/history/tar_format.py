"""The bytes of a backup: a tar.gz that is the same for the same content, and a reader that trusts none of it.

The first member, backup.json, holds the mode, the size and the SHA-256 of every other one. Reading goes through the
gzip stream to its end (CRC) and accepts plain files under plain names only: what `tarfile` would unpack without a
word (links, devices, duplicates, names that lead elsewhere) is refused here, with its own sentence.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.console.console import printable
from tasks.core.model.errors import GatewayError, InvalidInput
from tasks.core.model.secret import unshown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INDEX = "backup.json"
FORMAT = 1
MEMBER_LIMIT = 16 * 2**20
TOTAL_LIMIT = 64 * 2**20
COUNT_LIMIT = 200
BLOCK = 512
NAME = re.compile(r"(?!\.\.)(?!\.$)[A-Za-z0-9._-]{1,100}", re.ASCII)
"""What a member may be called: nothing that could lead to another directory."""

KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"5": "a directory",
    b"6": "a FIFO",
    b"7": "a contiguous file",
}
"""What a tar member can be besides a file; anything else is some program's extension."""


class Member(NamedTuple):
    """One file of a backup: its bytes (not shown, they may be secret) and its permission bits."""

    data: bytes
    mode: int

    def __repr__(self) -> str:
        return unshown(self)


def pack(members: Mapping[str, Member], facts: Mapping[str, object]) -> bytes:
    """A tar.gz of *members* and backup.json; equal input gives equal bytes. GatewayError when it would be refused."""
    import gzip
    import io
    import tarfile

    _check_packable(members)
    index = Member(_index(members, facts), 0o600)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, member in [(INDEX, index), *sorted(members.items())]:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(member.data), member.mode, 0
            tar.addfile(info, io.BytesIO(member.data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def unpack(data: bytes, where: str) -> tuple[dict[str, Member], dict[str, Any]]:
    """The members and the facts of a packed backup; InvalidInput (naming *where*) unless everything is as written."""
    found: dict[str, Member] = {}
    for name, member in _members(_decompressed(data, where), where):
        if name in found:
            raise _refusal(where, f"{name} is in it twice")
        found[name] = member
    if INDEX not in found:
        raise _refusal(where, f"it has no {INDEX}")
    expected, facts = _parsed_index(found.pop(INDEX).data, where)
    if strangers := sorted(found.keys() - expected.keys()):
        raise _refusal(where, f"{strangers[0]} is not listed in its {INDEX}")
    for name, entry in expected.items():
        _check_member(name, found.get(name), entry, where)
    return found, facts


def _check_packable(members: Mapping[str, Member]) -> None:
    """GatewayError for what `unpack` would not take back."""
    for name, member in members.items():
        if name == INDEX or not NAME.fullmatch(name):
            raise GatewayError(f"{printable(name)!r} cannot be the name of a file in a backup")
        if len(member.data) > MEMBER_LIMIT:
            raise GatewayError(f"{name} is too large for a backup (more than {MEMBER_LIMIT // 2**20} MiB)")
    if len(members) > COUNT_LIMIT or sum(len(member.data) for member in members.values()) > TOTAL_LIMIT:
        raise GatewayError(f"too much for one backup: {COUNT_LIMIT} files, {TOTAL_LIMIT // 2**20} MiB")


def _index(members: Mapping[str, Member], facts: Mapping[str, object]) -> bytes:
    entries = {
        name: {
            "mode": f"{member.mode:04o}",
            "size": len(member.data),
            "sha256": hashlib.sha256(member.data).hexdigest(),
        }
        for name, member in members.items()
    }
    document = {"format": FORMAT, "facts": facts, "members": entries}
    return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"


def _parsed_index(data: bytes, where: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The entries and the facts of backup.json, their shapes checked."""
    try:
        document = json.loads(data)
        version, entries, facts = document["format"], document["members"], document["facts"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _refusal(where, f"its {INDEX} cannot be read") from None
    if version != FORMAT:
        raise _refusal(where, f"its {INDEX} has a format that this version does not know")
    shapes = isinstance(entries, dict) and isinstance(facts, dict)
    if not shapes or not all(isinstance(entry, dict) for entry in entries.values()):
        raise _refusal(where, f"its {INDEX} cannot be read")
    return entries, facts


def _check_member(name: str, member: Member | None, entry: Mapping[str, Any], where: str) -> None:
    if member is None:
        raise _refusal(where, f"{printable(name)} is missing")
    if entry.get("sha256") != hashlib.sha256(member.data).hexdigest() or entry.get("mode") != f"{member.mode:04o}":
        raise _refusal(where, f"{name} is not what its {INDEX} says")


def _decompressed(data: bytes, where: str) -> bytes:
    """The tar inside; never more than the limits allow, whatever the stream says."""
    import zlib

    limit = TOTAL_LIMIT + (COUNT_LIMIT + 2) * 2 * BLOCK + 20 * BLOCK + 2**20
    stream = zlib.decompressobj(wbits=31)
    try:
        tar = stream.decompress(data, limit)
    except zlib.error:
        raise _refusal(where, "it is no gzip file, or it is damaged") from None
    if stream.unconsumed_tail:
        raise _refusal(where, "it unpacks to more than a backup may hold")
    if not stream.eof:
        raise _refusal(where, "it is cut off")
    if stream.unused_data:
        raise _refusal(where, "something follows its end")
    return tar


def _members(tar: bytes, where: str) -> Iterator[tuple[str, Member]]:
    """Every member of a tar in turn; InvalidInput at the first that is no plain file under a plain name."""
    position = count = total = 0
    while tar[position : position + BLOCK].strip(b"\0"):
        name, mode, size = _header(tar[position : position + BLOCK], where)
        count, total = count + 1, total + size
        if size > MEMBER_LIMIT or total > TOTAL_LIMIT + MEMBER_LIMIT or count > COUNT_LIMIT + 1:
            raise _refusal(where, f"{name} is more than a backup may hold")
        start = position + BLOCK
        if start + size > len(tar):
            raise _refusal(where, f"{name} is cut off")
        yield name, Member(tar[start : start + size], mode)
        position = start + -(-size // BLOCK) * BLOCK
    if tar[position:].strip(b"\0"):
        raise _refusal(where, "something follows its last file")


def _header(block: bytes, where: str) -> tuple[str, int, int]:
    """Name, mode and size of a tar header that is exactly of the kind that we write."""
    name = _text(block[345:500]) + "/" * bool(block[345]) + _text(block[:100]) if len(block) == BLOCK else ""
    numbers = [_octal(block[start:end]) for start, end in ((100, 108), (124, 136), (148, 156))]
    mode, size, checksum = numbers
    if sum(block) - sum(block[148:156]) + 8 * ord(" ") != checksum:
        raise _refusal(where, "it holds no tar file, or a damaged one")
    if block[156:157] not in b"0\0":
        raise _refusal(where, f"{printable(name)!r} is {KINDS.get(block[156:157], 'no plain file')}")
    if not NAME.fullmatch(name):
        raise _refusal(where, f"{printable(name)!r} is no name that a backup may hold")
    if mode is None or size is None or mode & ~0o777:
        raise _refusal(where, f"{name} has an impossible size or mode")
    return name, mode, size


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")


def _octal(raw: bytes) -> int | None:
    digits = raw.strip(b" \0")
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else None


def _refusal(where: str, problem: str) -> InvalidInput:
    return InvalidInput(f"refused: {problem}", "Use another backup; `doit history --archives` lists them.", where=where)
