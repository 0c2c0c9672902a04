"""Fixes a configuration in its text: shows the changes, or replaces it and keeps a copy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.console import diff as diff_lines
from tasks.core.disk import files
from tasks.core.lint import migration
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasks.core.lint.findings import Finding
    from tasks.core.lint.migration import Migration
    from tasks.core.model.layout import Layout

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

COPY = ".before-fix"
"""The ending of the copy."""

SECRETS = "{} still holds the secrets: delete it when they are in .env, and rotate them"
NOT_WRITTEN = "Nothing was written. To do it, keeping a copy: --fix in place of --diff"


def fix_file(
    layout: Layout,
    path: Path,
    shown: str,
    *,
    writes: bool,
    as_json: bool,
) -> Sequence[Finding]:
    """Show what would change, or change it; return what is left for a person to decide."""
    found = migration.migrated(path, shown, layout, os.environ)
    kept = None
    if writes and found.changes:
        kept = replace(path, found, shown)
    if as_json:
        console.document(migration.as_json(found, shown, kept))
        return found.left
    if found.changes and not kept:
        console.hand("\n".join(diff_lines.bare(migration.diff(found, shown, layout))))
    console.tell("\n".join(migration.lines(found, shown)) or "nothing to fix")
    for mark, line in close(found, shown, kept, writes=writes):
        console.say(line, mark)
    return found.left


def replace(path: Path, found: Migration, shown: str) -> Path:
    """Write the fixed text; return the copy of the file as it was.

    Conflict when the file is no longer what *found* was made of.
    """
    target = files.real_target(path)
    data = target.read_bytes()
    mode = target.stat().st_mode & 0o7777
    mark = b""
    if data.startswith(BYTE_ORDER_MARK):
        mark = BYTE_ORDER_MARK
    before = found.before.encode()
    if data != mark + before:
        raise Conflict("was changed meanwhile", "Run the command again.", where=shown)
    kept = files.keep_copy(path, data, mode, COPY)
    after = found.after.encode()
    files.write(path, mark + after, mode)
    return kept


def close(
    found: Migration,
    shown: str,
    kept: Path | None,
    *,
    writes: bool,
) -> Iterator[tuple[str, str]]:
    """The last lines, each with its mark: what was done, and what about secrets."""
    if kept and found.secrets:
        yield "warn", SECRETS.format(kept)
    if kept:
        yield "ok", f"{shown} fixed; as it was: {kept}"
    elif found.changes and not writes:
        yield "", NOT_WRITTEN
