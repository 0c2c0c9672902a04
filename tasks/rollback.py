"""rollback: bring back an earlier revision, or an archive, as a new revision, keeping what others changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import settings_edit, token_binding
from tasks.core.cli.steps import Task, action
from tasks.core.console import console, summary
from tasks.core.deploying import current, rollback_target
from tasks.core.disk import files
from tasks.core.history import backup, history, session
from tasks.core.merge import conflicts
from tasks.core.model import errors, release
from tasks.core.service import supervisor
from tasks.core.text import documents
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.rollback_target import Goal
    from tasks.core.merge.outcome import Side
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change, Manifest

OPTIONS = {"--include-secrets", "--ours", "--theirs"}
"""May stand behind the name too, where doit takes them for further names."""

INCLUDE_SECRETS = {
    "name": "include_secrets",
    "long": "include-secrets",
    "type": bool,
    "default": False,
    "help": "bring back .env too, from an archive that holds one",
}


SIDES = [
    {"name": "ours", "long": "ours", "type": bool, "default": False, "help": "in a conflict take what is brought back"},
    {"name": "theirs", "long": "theirs", "type": bool, "default": False, "help": "in a conflict keep your edits"},
]


def task(resolved: Resolved) -> Task:
    """`doit rollback [N|ARCHIVE]`: without a name, to the revision before the one that stands."""
    return {
        "actions": [(go_back, [resolved])],
        "params": [INCLUDE_SECRETS, *SIDES],
        "pos_arg": "which",
        "setup": ["_transaction"],
        "meta": {"quiet": True},
    }


@action
def go_back(resolved: Resolved, which: Sequence[str], include_secrets: bool, ours: bool, theirs: bool) -> None:
    """Bring back files and settings; the present .env stays unless the archive holds one and that was asked for."""
    layout, before = resolved.layout, history.current(resolved.layout)
    names, options = words(which)
    given = {"--include-secrets": include_secrets, "--ours": ours, "--theirs": theirs}
    options |= {name for name, on in given.items() if on}
    goal = rollback_target.chosen(layout, names, before, secrets="--include-secrets" in options)
    if layout.env_file.name not in goal.stood:
        catalogue = resolved.context.catalogue
        token_binding.check_return(layout, catalogue, goal.revision.manifest.choices)
    planned = changes(layout, goal, before, options)
    text = next((each.data for each in planned if each.file == layout.env_file.name), None)
    values = env_file.parse((text or b"").decode("utf-8", "surrogateescape"))
    ledger = settings_edit.ledger_of(layout)
    edit = settings_edit.Edit(
        layout, lambda found: settings_edit.outcome(layout, goal.revision.settings, values, found, ledger)
    )
    found = files.read(files.real_target(layout.settings))
    same = dict(goal.revision.manifest.choices) == dict(before.choices) and edit.compute(found) == found
    if same and not any(each.writes for each in planned):
        console.say(f"Nothing to do: revision {goal.revision.number} is what stands.", "ok")
        return
    backup.keep(layout)
    manifest = _manifest(layout, goal, planned, before)
    save(layout, goal, manifest, planned)
    session.when_committed(lambda: supervisor.take_over(layout, manifest))
    with session.joined(layout) as transaction:
        for change in planned:
            session.put(transaction, change)
        transaction.put(layout.manifest.name, documents.dump_json(manifest.to_json()), 0o600)
        edit.put_into(transaction)
    with session.afterwards(layout.choices):
        files.write(layout.choices, documents.dump_json(dict(manifest.choices)), 0o600)
    current.tell(planned, summary.this)
    edit.tell(summary.this)
    told(layout, goal, manifest, values)


def changes(layout: Layout, goal: Goal, before: Manifest, options: set[str]) -> list[Change]:
    """What happens to the files; a conflict with somebody's edits is decided by an option, or finished by hand."""
    side: Side | None = "ours" if "--ours" in options else "theirs" if "--theirs" in options else None
    try:
        return current.changes(layout, rollback_target.wanted(layout, goal), before, side)
    except conflicts.MergeConflict as conflict:
        conflicts.write(conflict)
        raise


def words(which: Sequence[str]) -> tuple[list[str], set[str]]:
    """Names and options apart: doit takes every word behind the first name for a name."""
    options = {word for word in which if word.startswith("-")}
    if unknown := options - OPTIONS:
        known = ", ".join(sorted(OPTIONS))
        raise errors.UsageError(f"there is no option {', '.join(sorted(unknown))}", f"There are {known}.")
    return [word for word in which if word not in options], options


def _manifest(layout: Layout, goal: Goal, planned: Sequence[Change], before: Manifest) -> Manifest:
    files_left = current.digests(layout, planned, before)
    return history.stamped(layout, goal.revision.manifest, files=files_left, flags_used=())


def save(layout: Layout, goal: Goal, manifest: Manifest, planned: Sequence[Change]) -> None:
    """Add the new revision to the history."""
    entry = release.Revision(f"rollback to {goal.revision.number}", manifest, goal.revision.how, goal.revision.settings)
    secret = layout.env_file.name
    stand = {each.file: each.data for each in planned if each.data is not None and each.file != secret}
    history.prepare(layout, entry, goal.rendered, stand)


def told(layout: Layout, goal: Goal, manifest: Manifest, values: Mapping[str, str]) -> None:
    """The receipt, and what .env lacks for what was brought back."""
    what = ", ".join(manifest.models) or manifest.gateway_url
    console.tell(f"Back at revision {goal.revision.number} ({what}), as revision {manifest.revision}")
    console.tell("\n".join(summary.this.lines()), hanging=12)
    if missing := [name for name in manifest.variables if not values.get(name)]:
        console.warn(f"{layout.env_file} has no value for {', '.join(missing)}")
    console.tell(f"Undo:  doit rollback {manifest.revision - 1}")
