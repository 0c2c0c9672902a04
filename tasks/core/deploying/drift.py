"""What is deployed, beside what was left there and beside what the choices give.

    choices ─► expected ─┐
    revision (recorded) ─┼─► compare ─► find_drift ─► status, doctor, verify
    what is found ───────┘

A record that says something else than the choices give is a mistake when both were made by the same
recipe. By another recipe, that of an older or newer checkout, it is no more than a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.claude import ledger_file
from tasks.core.claude.ledger import fingerprint, same
from tasks.core.deploying import expected, file_changes
from tasks.core.disk import files
from tasks.core.disk.fingerprints import digest_key
from tasks.core.history import history
from tasks.core.model import picker
from tasks.core.model.catalogue import NOTHING
from tasks.core.model.errors import GatewayError
from tasks.core.model.release import Standing
from tasks.core.text import json_edit
from tasks.core.text.json_edit import REMOVE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.claude.ledger import Owned
    from tasks.core.deploying.expected import Expected, Memo
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Setting
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest, Revision
    from tasks.core.text.json_edit import Document, Path

CLEAN = "clean"
CHANGED = "changed"
MISSING = "missing"
MISMATCH = "mismatch"
"""The state of what no one changed, and what was never what the choices give."""


class Drift(NamedTuple):
    """One file or key, and what became of it.

    *state*: clean, changed, foreign (by another tool), missing, mode, unreadable or mismatch.
    """

    name: str
    state: str


class Comparison(NamedTuple):
    """What is recorded of a deployment, beside what its choices give.

    *wanted*: None where this checkout cannot say, and *problem* says why. *recorded*: None where
    the revision cannot be read. *differing*: the files, and settings.json, that are not the same.
    *files*: each file as it is found.
    """

    wanted: Expected | None
    recorded: Revision | None
    differing: tuple[str, ...] = ()
    problem: str = ""
    files: Mapping[str, Standing] = NOTHING

    @property
    def has_same_recipe(self) -> bool:
        """Whether what was deployed was rendered from what this checkout has."""
        if self.wanted is None or self.recorded is None:
            return False
        return self.wanted.recipe == self.recorded.manifest.recipe

    @property
    def settings(self) -> tuple[Setting, ...] | None:
        """The keys of settings.json of what is deployed; None where that is not known."""
        if self.wanted is not None and self.has_same_recipe:
            return self.wanted.settings
        if self.recorded is not None:
            return self.recorded.settings
        return None

    @property
    def checkout(self) -> dict[str, Any]:
        """What this checkout would do differently, as status shows it."""
        return {
            "differing": list(self.outdated),
            "problem": self.problem or None,
        }

    @property
    def mistakes(self) -> tuple[str, ...]:
        """What was never what the choices give."""
        if self.has_same_recipe:
            return self.differing
        return ()

    @property
    def outdated(self) -> tuple[str, ...]:
        """What this checkout would only render differently."""
        if self.has_same_recipe:
            return ()
        return self.differing


ABSENT = Standing()
"""Of a file that was not deployed."""

NOT_COMPARED = Comparison(None, None)
"""Where only what was left there is looked at."""


def compare(
    resolved: Resolved,
    manifest: Manifest,
    memo: Memo | None = None,
) -> Comparison:
    """Compare what is recorded of what is deployed with what its choices give."""
    layout = resolved.layout
    comparison = Comparison(
        None,
        history.recorded(layout, manifest),
        files=file_changes.find_files(layout, (), manifest),
    )
    try:
        wanted = expected.expect_deployed(resolved, manifest, memo)
    except GatewayError as error:
        return comparison._replace(problem=error.problem)
    comparison = comparison._replace(wanted=wanted)
    differing = tuple(_find_differing(layout, comparison))
    return comparison._replace(differing=differing)


def find_drift(
    layout: Layout,
    manifest: Manifest,
    comparison: Comparison = NOT_COMPARED,
    *,
    foreign: bool = False,
) -> list[Drift]:
    """Every deployed file, then every key that we own.

    *foreign*: another tool is known to write the settings.
    """
    drift = []
    found = comparison.files or file_changes.find_files(layout, (), manifest)
    for name, there in found.items():
        mode = manifest.modes.get(name)
        state = _state_of_file(
            layout,
            name,
            there,
            mode,
        )
        if state == CLEAN and name in comparison.mistakes:
            state = MISMATCH
        drift.append(Drift(name, state))
    if is_altered(manifest, comparison.recorded):
        altered = layout.manifest.name
        drift.append(Drift(altered, MISMATCH))
    if layout.settings.name in comparison.mistakes:
        altered = layout.settings.name
        drift.append(Drift(altered, MISMATCH))
    keys = find_keys(layout, comparison, foreign=foreign)
    return [*drift, *keys]


def describe_drift(
    resolved: Resolved,
    manifest: Manifest,
    comparison: Comparison,
) -> list[dict[str, str]]:
    """Every file and key that was deployed, as status shows it."""
    has_other_tools = bool(resolved.context.neighbours)
    found = find_drift(
        resolved.layout,
        manifest,
        comparison,
        foreign=has_other_tools,
    )
    return [item._asdict() for item in found]


def find_mistakes(
    layout: Layout,
    manifest: Manifest,
    comparison: Comparison,
) -> Iterator[str]:
    """What is not as the choices give it although it was deployed so, a sentence each."""
    if is_altered(manifest, comparison.recorded):
        yield f"{layout.manifest}: is not what revision {manifest.revision} recorded"
    for name in comparison.mistakes:
        path = layout.gateway / name
        if name == layout.settings.name:
            path = layout.settings
        yield f"{path}: is not what the choices give"


def is_altered(manifest: Manifest, recorded: Revision | None) -> bool:
    """Whether the manifest says something else than its revision recorded."""
    if recorded is None:
        return False
    return recorded.manifest != manifest


def find_keys(
    layout: Layout,
    comparison: Comparison,
    *,
    foreign: bool,
) -> Iterator[Drift]:
    """Every key of settings.json that is ours."""
    where = layout.settings.name
    try:
        ledger = ledger_file.read(layout)
        data = files.read(files.real_target(layout.settings))
        found = json_edit.parse(data or json_edit.NEW_FILE, where)
    except GatewayError:
        yield Drift(where, "unreadable")
        return
    if ledger is None:
        return
    key = digest_key(layout)
    texts = _find_texts(comparison)
    for path, owned in ledger.owned.items():
        state = _state_of_key(
            owned,
            found,
            path,
            key,
        )
        wanted = texts.get(path)
        if state == CLEAN and wanted not in (None, found.value(path)):
            state = MISMATCH
        if state == CHANGED and foreign:
            state = "foreign"
        name = ".".join(path)
        yield Drift(f"{where} {name}", state)


def _find_differing(layout: Layout, comparison: Comparison) -> Iterator[str]:
    wanted, recorded = comparison.wanted, comparison.recorded
    if wanted is None or recorded is None:
        return
    modes = recorded.manifest.modes
    names = dict.fromkeys([*wanted.files, *comparison.files])
    names.pop(layout.env_file.name, None)
    for name in names:
        there = comparison.files.get(name, ABSENT)
        digest = _digest(there.released)
        mode = modes.get(name)
        if digest != wanted.files.get(name, "") or mode != wanted.modes.get(name):
            yield name
    if recorded.settings != wanted.settings:
        yield layout.settings.name


def _digest(data: bytes | None) -> str | None:
    if data is None:
        return None
    return files.digest(data)


def _find_texts(comparison: Comparison) -> dict[Path, Any]:
    """The keys whose value the choices alone decide, each with that value."""
    texts: dict[Path, Any] = {}
    if not comparison.has_same_recipe:
        return texts
    for setting in comparison.settings or ():
        text = picker.read_value(setting)
        # What depends on the version of Claude Code was right for the one that was there.
        is_fixed = setting.since is None and setting.until is None
        if text is not None and is_fixed:
            texts[setting.path] = text
    return texts


def _state_of_file(
    layout: Layout,
    name: str,
    there: Standing,
    mode: str | None,
) -> str:
    if there.found is None:
        return MISSING
    if file_changes.is_changed(layout, name, there):
        return CHANGED
    if mode is None or f"{there.mode:04o}" == mode:
        return CLEAN
    return "mode"


def _state_of_key(
    owned: Owned,
    found: Document,
    path: Path,
    key: bytes,
) -> str:
    is_there = found.raw(path) is not None
    value: object = REMOVE
    if is_there:
        value = found.value(path)
    print_now = fingerprint(key, path, value)
    if same(owned.fingerprint, print_now):
        return CLEAN
    if is_there:
        return CHANGED
    return MISSING
