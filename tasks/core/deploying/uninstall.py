"""An uninstall's changes: the deployed files, our keys in settings.json, what runs left behind."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.claude import settings_edit
from tasks.core.console import console
from tasks.core.deploying import file_changes, remembered
from tasks.core.deploying.change_plan import UNINSTALL, ChangePlan
from tasks.core.disk import fingerprints
from tasks.core.disk.targets import KEPT
from tasks.core.history import backup, history
from tasks.core.history.session import warn_of_failure
from tasks.core.litellm import litellm
from tasks.core.model.release import Revision
from tasks.core.profiles import named
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.claude.settings_edit import Edit, Outcome
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change, Manifest

MADE_HERE = "LITELLM_MASTER_KEY"
"""The one secret that we make ourselves; without the gateway it opens nothing."""


def plan_uninstall(layout: Layout, manifest: Manifest) -> ChangePlan:
    """Undo what the deployments did; what was edited since is kept."""
    return ChangePlan(
        layout=layout,
        files=tuple(find_removals(layout, manifest)),
        revision=_describe_revision(manifest),
        edit=make_edit(layout),
    )


def make_edit(layout: Layout) -> Edit:
    """The edit of settings.json: each key of ours is set back to its old value.

    One that the user changed stays.
    """
    ledger = settings_edit.ledger_of(layout)
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
        change = file_changes.leaving(name, standing)._replace(note="")
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


def remove_leftovers(layout: Layout) -> None:
    """Remove what runs left behind, and our own environments of LiteLLM."""
    paths = [
        layout.pid_file,
        layout.status_file,
        layout.served_config,
        layout.deployment_log,
        *layout.gateway.glob(f"{layout.log.name}*"),
        layout.pointer,
    ]
    for path in paths:
        with warn_of_failure(path):
            path.unlink(missing_ok=True)
    start_lock = layout.gateway / ".start-lock"
    shutil.rmtree(
        start_lock,
        ignore_errors=True,
    )
    choices = layout.choices
    if choices.exists():
        with warn_of_failure(choices):
            remembered.forget(layout)
    environments = litellm.environments(layout)
    if litellm.is_ours(layout) and layout.venv.is_symlink():
        layout.venv.unlink()
    _remove_folders(environments)


def keep_backup(layout: Layout) -> Path | None:
    """Archive what is deployed; None, with a warning, when the disk is too full for it.

    Uninstalling is a way to make room, what was edited is kept, and the history has the rest.
    """
    lack = backup.find_lack(layout)
    if lack is None:
        return backup.keep(layout)
    console.warn(f"{lack}: no backup was made")
    return None


def remove_memory(layout: Layout) -> OSError | None:
    """Remove what an uninstall otherwise keeps; the first error of the system.

    Backups, history, profiles, and credentials that could not be restored.
    """
    failures = []
    for path in list(find_memory(layout)):
        try:
            _remove(path)
        except OSError as error:
            failures.append(error)
    return next(iter(failures), None)


def find_memory(layout: Layout) -> Iterator[Path]:
    """What an uninstall keeps, and --purge removes.

    A purge that was killed may have left only a part of each.
    """
    yield layout.ledger
    for path in layout.backups.glob("*"):
        if path.name.startswith(backup.OURS):
            yield path
    for name in named.names(layout):
        yield named.path_of(layout, name)
    for path in layout.history.glob("*"):
        if path.stem.isdecimal():
            yield path


def remove_empty_folders(layout: Layout) -> None:
    """Remove the folders of backups, history and profiles, if nothing is in them."""
    for folder in (layout.backups, layout.history, layout.profiles):
        with contextlib.suppress(OSError):
            folder.rmdir()


def find_remains(layout: Layout) -> list[Path]:
    """What is still in the gateway's folder.

    Our bookkeeping is not counted: it goes with the lock.
    """
    if not layout.gateway.is_dir():
        return []
    paths = sorted(layout.gateway.iterdir())
    return [path for path in paths if path.name not in KEPT]


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


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_folders(folders: list[Path]) -> None:
    """Remove *folders*.

    The report says which remain.
    """
    for folder in folders:
        if not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
