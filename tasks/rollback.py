"""rollback: bring back an earlier revision, or an archive, as a new revision, keeping what others changed since."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.model.errors import UsageError
from tasks.model.layout import Layout
from tasks.model.release import Change, Manifest, Wanted
from tasks.model.revision import Revision
from tasks.tools import (
    archives,
    changing,
    console,
    documents,
    envfile,
    files,
    history,
    joining,
    keeping,
    passphrase,
    run,
    session,
)
from tasks.tools.asked import Asked
from tasks.tools.joining import Edit
from tasks.tools.steps import Task, action

INCLUDE_SECRETS = {
    "name": "include_secrets",
    "long": "include-secrets",
    "type": bool,
    "default": False,
    "help": "bring back .env too, from an archive that holds one",
}


@dataclass(frozen=True)
class Goal:
    """What to go back to: a revision, its files as they stood, and what had been rendered for them."""

    revision: Revision
    stood: Mapping[str, bytes]
    rendered: Mapping[str, bytes]


def task(asked: Asked) -> Task:
    """`doit rollback [N|ARCHIVE]`: without a name, to the revision before the one that stands."""
    return {
        "actions": [(go_back, [asked.layout])],
        "params": [INCLUDE_SECRETS],
        "pos_arg": "which",
        "setup": ["_transaction"],
        "meta": {"quiet": True},
    }


@action
def go_back(layout: Layout, which: Sequence[str], include_secrets: bool) -> None:
    """Bring back files and settings; the present .env stays unless the archive holds one and that was asked for."""
    before = history.current(layout)
    goal = chosen(layout, which, before, secrets=include_secrets)
    planned = changing.changes(layout, wanted(layout, goal), before)
    if dict(goal.revision.manifest.choices) == dict(before.choices) and not any(each.writes for each in planned):
        console.say(f"Nothing to do: revision {goal.revision.number} is what stands.", "ok")
        return
    keeping.keep(layout)
    manifest = _manifest(layout, goal, planned, before)
    text = next((each.data for each in planned if each.file == layout.env_file.name), None)
    values = envfile.parse((text or b"").decode("utf-8", "surrogateescape"))
    ledger = joining.ledger_of(layout)
    edit = Edit(layout, lambda found: joining.outcome(layout, goal.revision.settings, values, found, ledger))
    save(layout, goal, manifest, planned)
    with session.joined(layout) as transaction:
        for change in planned:
            session.put(transaction, change)
        transaction.put(layout.manifest.name, documents.dump_json(manifest.to_json()), 0o600)
        edit.put_into(transaction)
    files.write(layout.choices, documents.dump_json(dict(manifest.choices)), 0o600)
    changing.tell(planned, run.this)
    edit.tell(run.this)
    told(layout, goal, manifest, values)


def chosen(layout: Layout, which: Sequence[str], before: Manifest, *, secrets: bool) -> Goal:
    """What *which* names: a number of the history, an archive, or, when empty, the revision before this one."""
    if len(which) > 1:
        raise UsageError(f"{len(which)} names were given", "Name one revision or archive: doit rollback 3")
    if which and not which[0].isdigit():
        return from_archive(layout, which[0], secrets=secrets)
    known = [number for number in history.numbers(layout) if number <= before.revision]
    earlier = [number for number in known if number < before.revision]
    if not which and not earlier:
        raise UsageError("there is no earlier revision", "To take everything away: doit uninstall")
    number = int(which[0]) if which else earlier[-1]
    if number not in known:
        listing = ", ".join(map(str, known))
        raise UsageError(f"there is no revision {number}", f"There are {listing}; see: doit history")
    place = history.folder(layout, number) / "released"
    rendered = {path.name: path.read_bytes() for path in place.iterdir()}
    return Goal(history.revision(layout, number), history.stood(layout, number), rendered)


def from_archive(layout: Layout, name: str, *, secrets: bool) -> Goal:
    """The goal in an archive, every member verified; .env only when asked for."""
    found = {each.path.name: each for each in archives.listing(layout.backups)}
    archive = found.get(Path(name).name)
    if archive is None:
        listing = ", ".join(found) or "none"
        raise UsageError(f"there is no archive {name!r} in {layout.backups}", f"There are: {listing}")
    phrase = passphrase.asked(twice=False) if archive.encrypted else None
    members = {member: each.data for member, each in archives.read(archive.path, phrase).items()}
    data = members.pop(history.RECORD, b"null")
    revision = Revision.from_json(documents.parse_json(data, archive.path.name), archive.path.name)
    keep = {file for file in revision.manifest.files if secrets or file != layout.env_file.name}
    stood = {member: content for member, content in members.items() if member in keep}
    return Goal(revision, stood, stood)


def wanted(layout: Layout, goal: Goal) -> list[Wanted]:
    """The files as they should stand; .env stays as it is when the goal has none."""
    modes, how = goal.revision.manifest.modes, goal.revision.how
    result = [Wanted(name, data, int(modes[name], 8), how[name]) for name, data in goal.stood.items()]
    env, present = layout.env_file.name, files.read(layout.env_file)
    if env not in goal.stood and present is not None:
        result.append(Wanted(env, present, 0o600, "fill"))
    return result


def _manifest(layout: Layout, goal: Goal, planned: Sequence[Change], before: Manifest) -> Manifest:
    now = time.gmtime()
    return goal.revision.manifest.standing(
        deployment_id=time.strftime("dep-%Y%m%d-%H%M%S", now),
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", now),
        deployed_by=getpass.getuser(),
        files=changing.digests(layout, planned, before),
        backup_path=str(run.this.backup) if run.this.backup else None,
        flags_used=(),
        revision=history.next_number(layout),
    )


def save(layout: Layout, goal: Goal, manifest: Manifest, planned: Sequence[Change]) -> None:
    """Add the new revision to the history."""
    revision = Revision(f"rollback to {goal.revision.number}", manifest, goal.revision.how, goal.revision.settings)
    secret = layout.env_file.name
    stand = {each.file: each.data for each in planned if each.data is not None and each.file != secret}
    history.prepare(layout, revision, {name: data for name, data in goal.rendered.items() if name != secret}, stand)


def told(layout: Layout, goal: Goal, manifest: Manifest, values: Mapping[str, str]) -> None:
    """The receipt, and what .env lacks for what was brought back."""
    console.tell(
        f"Back at revision {goal.revision.number} ({', '.join(manifest.models)}), as revision {manifest.revision}"
    )
    for line in run.this.lines():
        console.tell(line)
    if missing := [name for name in manifest.variables if not values.get(name)]:
        console.warn(f"{layout.env_file} has no value for {', '.join(missing)}")
    console.tell(f"Undo:  doit rollback {manifest.revision - 1}")
