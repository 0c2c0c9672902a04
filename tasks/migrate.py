"""migrate: bring an older or hand-written LiteLLM configuration to today's keys, with its comments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir

from tasks.core.cli.steps import JSON, WORDS, Task, action
from tasks.core.console import console, diff
from tasks.core.disk import files
from tasks.core.lint import migration
from tasks.core.model.errors import Conflict, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.lint.migration import Migration
    from tasks.core.model.layout import Layout

OPTIONS = [
    {"name": "write", "long": "write", "type": bool, "default": False, "help": "replace the file, keeping a copy"},
    JSON,
    WORDS,
]

BOM = b"\xef\xbb\xbf"


def task(layout: Layout) -> Task:
    """`doit migrate FILE [--write] [--json]`."""
    return {"actions": [(migrate, [layout])], "params": OPTIONS, "pos_arg": "names", "meta": {"quiet": True}}


@action
def migrate(layout: Layout, write: bool, as_json: bool, names: Sequence[str]) -> None:
    """Show what would change, or change it; what a person must decide is listed in the end."""
    if len(names) != 1:
        raise UsageError("one file is migrated at a time", "Name it: doit migrate FILE")
    shown, path = names[0], Path(get_initial_workdir(), names[0])
    found = migration.migrated(path, shown, layout, os.environ)
    kept = written(path, found, shown) if write and found.changes else None
    if as_json:
        console.document(migration.as_json(found, shown, str(kept) if kept else None, written=kept is not None))
        return
    if found.changes and not kept:
        console.hand("\n".join(diff.bare(migration.diff(found, shown, layout))))
    told = "\n".join(migration.lines(found, shown))
    console.tell(told or "nothing to migrate")
    _close(found, shown, kept, write=write)


def _close(found: Migration, shown: str, kept: Path | None, *, write: bool) -> None:
    """The last line: what was done, and what about secrets."""
    if kept and found.secrets:
        console.warn(f"{kept} still holds the secrets: delete it when they are in .env, and rotate them")
    if kept:
        console.say(f"{shown} migrated; as it was: {kept}", "ok")
    elif found.changes and not write:
        console.say("nothing was written; `--write` does it, keeping a copy")


def written(path: Path, found: Migration, shown: str) -> Path:
    """Replace the file; the copy of it as it was. Conflict when it is no longer what was looked at."""
    target = files.real_target(path)
    data, mode = target.read_bytes(), target.stat().st_mode & 0o7777
    mark = BOM if data.startswith(BOM) else b""
    if data != mark + found.before.encode():
        raise Conflict("was changed meanwhile", "Run the command again.", where=shown)
    kept = files.keep_copy(path, data, mode, ".before-migrate")
    files.write(path, mark + found.after.encode(), mode)
    return kept
