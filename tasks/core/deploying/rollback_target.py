"""What to go back to: a revision of the history, or what an archive holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.claude import ledger_file, settings_edit
from tasks.core.cli import command_line
from tasks.core.console import console
from tasks.core.deploying import file_changes
from tasks.core.deploying.change_plan import UNINSTALL, ChangePlan, find_contents
from tasks.core.disk import files
from tasks.core.history import archive as history_archive
from tasks.core.history import history
from tasks.core.model.errors import InvalidInput, UsageError, list_known
from tasks.core.model.release import PROGRAMS, Revision, Wanted
from tasks.core.secrets import encryption
from tasks.core.text import documents
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tasks.core.claude.settings_edit import Edit, Outcome
    from tasks.core.console.summary import Summary
    from tasks.core.merge.result import Side
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change, Manifest


class Goal(NamedTuple):
    """What to go back to: a revision, its files as they stood, and what was rendered for them (without secrets)."""

    revision: Revision
    stood: Mapping[str, bytes]
    rendered: Mapping[str, bytes]


def chosen(layout: Layout, which: Sequence[str], before: Manifest, *, secrets: bool) -> Goal:
    """What *which* names: a number of the history, an archive, or, when empty, the revision before this one."""
    if len(which) > 1:
        raise UsageError(f"{len(which)} names were given", "Name one revision or archive: doit rollback 3")
    if which and not (which[0].isascii() and which[0].isdecimal()):
        return here(from_archive(layout, which[0], secrets=secrets), before)
    numbers = [number for number in history.numbers(layout) if number <= before.revision]
    known = history.readable(layout, numbers)
    earlier = [each for each in known if each.number < before.revision]
    if not which and (not earlier or earlier[-1].action == UNINSTALL):
        raise UsageError("nothing was deployed before", "To take everything away: doit uninstall")
    number = int(which[0]) if which else earlier[-1].number
    goal = next((each for each in known if each.number == number and each.action != UNINSTALL), None)
    if goal is None:
        numbers = [each.number for each in known if each.action != UNINSTALL]
        there = list_known(map(str, numbers), "Nothing can be brought back.")
        raise UsageError(f"there is no revision {number}", f"{there} See: doit history")
    rendered = history.read_released(layout, number)
    stood = history.stood(layout, number)
    if lost := sorted(goal.manifest.files.keys() - stood.keys() - {layout.env_file.name}):
        where = str(history.folder(layout, number))
        raise InvalidInput(
            f"{', '.join(lost)} is missing", "Go back to an archive: doit history --archives", where=where
        )
    return here(Goal(goal, stood, rendered), before)


def here(goal: Goal, before: Manifest) -> Goal:
    """*goal* for the settings that are joined now; others may have been when it was deployed."""
    manifest, joined = goal.revision.manifest, {"scope": before.choices.get("scope")}
    choices = {name: value for name, value in {**manifest.choices, **joined}.items() if value is not None}
    return goal._replace(revision=goal.revision._replace(manifest=manifest._replace(choices=choices)))


def from_archive(layout: Layout, name: str, *, secrets: bool) -> Goal:
    """The goal in an archive, every member verified; .env only when asked for."""
    found = {each.path.name: each for each in history_archive.listing(layout.backups)}
    archive = found.get(Path(name).name)
    if archive is None:
        there = list_known(found, "There are no archives yet: doit backup")
        raise UsageError(f"there is no archive {name!r} in {layout.backups}", there)
    phrase = encryption.asked(twice=False) if archive.encrypted else None
    members = {member: each.data for member, each in history_archive.read(archive.path, phrase).items()}
    data = members.pop(history.RECORD, b"null")
    revision = Revision.from_json(documents.parse_json(data, archive.path.name), archive.path.name)
    _refuse_forged(layout, archive.path, revision, members)
    keep = {file for file in revision.manifest.files if secrets or file != layout.env_file.name}
    stood = {member: content for member, content in members.items() if member in keep}
    # What was rendered is not in an archive, so nothing can be said of its recipe.
    revision = revision._replace(manifest=revision.manifest._replace(recipe=""))
    return Goal(revision, stood, {name: data for name, data in stood.items() if name != layout.env_file.name})


def _refuse_forged(
    layout: Layout,
    archive: Path,
    revision: Revision,
    members: Mapping[str, bytes],
) -> None:
    """InvalidInput when a program in an archive is not the one that its revision deployed.

    An archive vouches for itself only; the manifest in it and the history are asked as well.
    """
    deployed = dict(revision.manifest.files)
    if revision.number in history.numbers(layout):
        known = history.revision(layout, revision.number).manifest
        if known.deployment_id == revision.manifest.deployment_id:
            deployed |= known.files
    for name, data in members.items():
        if name.endswith(PROGRAMS) and files.digest(data) != deployed.get(name):
            raise InvalidInput(
                f"{name} in it is not what revision {revision.number} deployed",
                f"Use the history instead: doit rollback {revision.number}",
                where=archive.name,
            )


def plan_rollback(
    layout: Layout,
    target: Goal,
    before: Manifest,
    side: Side | None,
) -> ChangePlan:
    """Have the gateway's folder and settings.json be as in *target*, the user's edits kept.

    MergeConflict where the user and *target* changed the same thing, unless *side* is named.
    """
    changes = file_changes.changes(layout, wanted(layout, target), before, side)
    revision = target.revision
    manifest = revision.manifest._replace(
        files=file_changes.digests(layout, changes, before),
        flags_used=_list_typed(),
    )
    return ChangePlan(
        layout=layout,
        files=tuple(changes),
        revision=revision._replace(
            action=f"rollback to {revision.number}",
            manifest=manifest,
            removed=file_changes.find_removed(layout, before),
        ),
        rendered=target.rendered,
        result=find_contents(layout, changes),
        edit=make_edit(layout, target, find_env_values(layout, changes)),
        is_recorded=dict(manifest.choices) == dict(before.choices),
    )


def _list_typed() -> tuple[str, ...]:
    """The options that were typed; none of them has a value."""
    line = command_line.current()
    typed = [
        word  # of one option
        for word in line.words
        if word.startswith("-")
    ]
    return tuple(typed)


def make_edit(
    layout: Layout,
    target: Goal,
    values: Mapping[str, str],
) -> Edit:
    """The edit of settings.json, with *values* from .env."""
    settings = target.revision.settings
    ledger = ledger_file.read(layout)

    def find_outcome(found: bytes | None) -> Outcome:
        return settings_edit.outcome(layout, settings, values, found, ledger)

    return settings_edit.Edit(layout, find_outcome)


def find_env_values(
    layout: Layout,
    changes: Iterable[Change],
) -> dict[str, str]:
    """The values in .env as it will be."""
    for change in changes:
        if change.file == layout.env_file.name and change.data is not None:
            text = change.data.decode("utf-8", "surrogateescape")
            return env_file.parse(text)
    return {}


def wanted(layout: Layout, goal: Goal) -> list[Wanted]:
    """The files as they should stand; .env stays as it is when the goal has none."""
    modes, how = goal.revision.manifest.modes, goal.revision.how
    result = [Wanted(name, data, int(modes[name], 8), how[name]) for name, data in goal.stood.items()]
    env, present = layout.env_file.name, files.read(layout.env_file)
    if env not in goal.stood and present is not None:
        result.append(Wanted(env, present, 0o600, "fill"))
    return result


def report(
    target: Goal,
    manifest: Manifest,
    plan: ChangePlan,
    summary: Summary,
) -> None:
    """Print the receipt of a rollback to *target*, and what .env lacks for it."""
    number = target.revision.number
    what = ", ".join(manifest.models) or manifest.gateway_url
    console.tell(f"Back at revision {number} ({what}), as revision {manifest.revision}")
    console.tell("\n".join(summary.lines()), hanging=12)
    values = find_env_values(plan.layout, plan.files)
    missing = [name for name in manifest.variables if not values.get(name)]
    if missing:
        console.warn(f"{plan.layout.env_file} has no value for {', '.join(missing)}")
    console.tell(f"Undo:  doit rollback {manifest.revision - 1}")
