"""An uninstall's changes: the deployed files, our keys in settings.json, what runs left behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.claude import ledger_file, recognition, settings_edit
from tasks.core.console import console, prompts
from tasks.core.deploying import file_changes, uninstall_page, work_folders
from tasks.core.deploying.change_plan import UNINSTALL, ChangePlan
from tasks.core.disk import fingerprints
from tasks.core.disk.targets import KEPT
from tasks.core.history import backup, history, our_form
from tasks.core.model.errors import GatewayError
from tasks.core.model.layout import is_packaged
from tasks.core.model.release import Revision
from tasks.core.service import traces, units
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.claude.ledger import Ledger
    from tasks.core.claude.settings_edit import Edit, Outcome
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change, Manifest

MADE_HERE = "LITELLM_MASTER_KEY"
"""The one secret that we make ourselves; without the gateway it opens nothing."""


def agree(
    layout: Layout,
    plan: ChangePlan | None,
    *,
    purge: bool,
) -> None:
    """Go on only if a person at the terminal agrees; where there is none, go on.

    *plan*: what is undone; None where nothing is deployed any more.
    """
    if not sys.stdin.isatty():
        return
    page = uninstall_page.lines(
        layout,
        plan,
        purge=purge,
        width=console.width(sys.stderr),
    )
    for line in page:
        console.ask(line)
    if not prompts.wanted("Remove it?"):
        raise GatewayError("was left as it is", where=str(layout.gateway))


def find_headline(
    layout: Layout,
    manifest: Manifest | None,
    *,
    is_deployed: bool,
) -> str:
    """What was done, in a line."""
    keys = f"our keys in {layout.settings}"
    gateway = f"the gateway in {layout.gateway}"
    if manifest is not None:
        return f"Removed: {gateway}, and {keys}"
    if is_deployed:
        return f"Removed: {keys}; {gateway} was gone already"
    return f"Removed: what was left of the gateway in {layout.gateway}"


def is_deployed(layout: Layout, manifest: Manifest | None) -> bool:
    """Whether there is something of a deployment to undo, if only in settings.json."""
    if manifest is not None:
        return True
    if our_form.find_address(layout):
        return True
    ledger = ledger_file.look(layout).ledger
    return ledger is not None and bool(ledger.owned)


def plan_uninstall(layout: Layout, manifest: Manifest | None) -> ChangePlan:
    """Undo what the deployments did; what was edited since is kept.

    None: the gateway's folder is gone, and only settings.json is left.
    """
    if manifest is None:
        edit = make_edit(layout, recognise(layout))
        return ChangePlan(layout=layout, edit=edit)
    return ChangePlan(
        layout=layout,
        files=tuple(find_removals(layout, manifest)),
        revision=_describe_revision(manifest),
        edit=make_edit(layout, ledger_file.read(layout)),
    )


def recognise(layout: Layout) -> Ledger:
    """What is ours in settings.json where no manifest is left: by the ledger, else by its form."""
    known = ledger_file.look(layout)
    if known.ledger is not None:
        return known.ledger
    key = fingerprints.digest_key(layout)
    recovered = recognition.recover(
        layout,
        key,
        known.unkeyed,
    )
    former = "is not known"
    if recovered.before is not None:
        former = f"is in {recovered.before}"
    where = layout.settings
    how = "our keys are recognised by their values"
    console.warn(f"{where}: {how}; what was there before {former}")
    return recovered.ledger


def make_edit(layout: Layout, ledger: Ledger | None) -> Edit:
    """The edit of settings.json: each key of ours is set back to its old value.

    One that the user changed stays.
    """
    key = fingerprints.digest_key(layout)

    def find_outcome(found: bytes | None) -> Outcome:
        return settings_edit.leave(
            found,
            ledger,
            key,
            str(layout.settings),
        )

    return settings_edit.Edit(layout, find_outcome)


def find_removals(layout: Layout, manifest: Manifest) -> Iterator[Change]:
    """What happens to each deployed file.

    .env stays when it has values of the user's.
    """
    for name, standing in file_changes.find_files(layout, (), manifest).items():
        found = standing.found
        if found is None:
            continue
        change = file_changes.leaving(layout, name, standing)._replace(note="")
        is_env = name == layout.env_file.name
        if is_env and has_values_of_the_user(layout, manifest, found):
            change = change._replace(kind="keep", data=found)
        yield change


def has_values_of_the_user(
    layout: Layout,
    manifest: Manifest,
    found: bytes,
) -> bool:
    """Whether .env has a line that we did not make, or a secret that may be in no other place."""
    number = manifest.revision
    rendered = history.released(layout, number, layout.env_file.name) or b""
    ours = {line.strip() for line in rendered.splitlines()}
    replaceable = _find_replaceable(manifest, found)
    for line in found.splitlines():
        if line.strip() in ours | {b""}:
            continue
        if b"=" not in line:
            return True
        names = _parse(line).keys()
        if names - replaceable:
            return True
    return False


def keep_backup(layout: Layout) -> Path | None:
    """Archive what is deployed; None, with a warning, when the disk is too full for it.

    Uninstalling is a way to make room, what was edited is kept, and the history has the rest.
    """
    lack = backup.find_lack(layout)
    if lack is None:
        return backup.keep(layout)
    console.warn(f"{lack}: no backup was made")
    return None


def is_anything_left(layout: Layout, *, purge: bool) -> bool:
    """Whether there is something to remove where nothing is deployed.

    A gateway that still runs, a unit that starts it; with *purge* whatever is in the folder, and
    what commands keep of it.
    """
    if traces.are_there(layout) or units.ours(layout):
        return True
    if not purge:
        return False
    # The build/ of a clone has something after any command.
    kept = work_folders.find(layout) if is_packaged(layout.project) else []
    return bool(find_remains(layout) or kept)


def find_remains(layout: Layout) -> list[Path]:
    """What is still in the gateway's folder.

    Our bookkeeping alone is nothing: it goes with the lock.
    """
    if not layout.gateway.is_dir():
        return []
    paths = sorted(layout.gateway.iterdir())
    if KEPT.issuperset(path.name for path in paths):
        return []
    return paths


def _describe_revision(manifest: Manifest) -> Revision:
    """The entry for the history: nothing is deployed after it."""
    return Revision(
        action=UNINSTALL,
        manifest=manifest._replace(
            files={},
            modes={},
            models=(),
            variables={},
        ),
        how={},
        settings=(),
    )


def _find_replaceable(manifest: Manifest, found: bytes) -> set[str]:
    """The variables in .env that are no secret, that name a file, or that we made."""
    values = _parse(found)
    replaceable = set()
    for name, shown in manifest.variables.items():
        is_secret = shown == "set" and name != MADE_HERE
        # Of a path "set" is shown as well; the file is the secret.
        is_path = Path(values.get(name, "")).is_file()
        if is_path or not is_secret:
            replaceable.add(name)
    return replaceable


def _parse(text: bytes) -> dict[str, str]:
    return env_file.parse(text.decode("utf-8", "surrogateescape"))
