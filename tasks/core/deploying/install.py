"""A deployment's changes: the gateway's folder as released, settings.json pointed at the gateway.

Edits of the user's are kept: see core.merge for the files, core.claude.ownership for the settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import ledger_file, settings_edit
from tasks.core.deploying import checks, command, expected, file_changes, render
from tasks.core.deploying.change_plan import ChangePlan, find_contents
from tasks.core.disk import files, fingerprints
from tasks.core.disk.targets import Targets
from tasks.core.history import history
from tasks.core.model import deployment as rules
from tasks.core.model.errors import InvalidInput
from tasks.core.model.release import Manifest, Revision, Wanted
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tasks.core.claude.settings_edit import Edit, Outcome
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.merge.result import Side
    from tasks.core.model.catalogue import Artifact
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change

EDITED = ("merge", "keep", "mode")
"""The kinds of change after which a file has edits of the user's in it."""


def plan_install(resolved: Resolved) -> ChangePlan:
    """Have the gateway's folder contain what the choices give.

    MergeConflict where the user and the deployment changed the same thing.
    """
    layout = resolved.layout
    before = history.installed(layout)
    rendered = expected.read_contents(resolved)
    changes = find_changes(resolved, rendered, before)
    released = [change for change in changes if change.file in rendered]
    return ChangePlan(
        layout=layout,
        files=tuple(changes),
        revision=_describe_revision(resolved, rendered, released, before),
        rendered=rendered,
        result=find_contents(layout, released),
        is_recorded=is_recorded(resolved, rendered, before),
    )


def plan_settings(resolved: Resolved) -> ChangePlan:
    """Have settings.json contain what connects Claude Code to the gateway.

    The ledger, which says what is ours in it, is written with it.
    """
    layout = resolved.layout
    return ChangePlan(
        layout=layout,
        edit=make_edit(resolved),
        is_recorded=layout.ledger.exists(),
    )


def make_edit(resolved: Resolved) -> Edit:
    """The edit of settings.json.

    It is computed from the bytes that are found when it is committed.
    """
    layout = resolved.layout
    settings = rules.settings_of(resolved.deployment)
    ledger = ledger_file.read(layout)

    def find_outcome(found: bytes | None) -> Outcome:
        known = (found, ledger, fingerprints.digest_key(layout))
        if resolved.outcome is None or resolved.outcome[0] != known:
            values = resolved.complete_values
            made = settings_edit.outcome(layout, settings, values, found, ledger)
            resolved.outcome = known, made
        _, outcome = resolved.outcome
        return outcome

    return settings_edit.Edit(layout, find_outcome)


def is_installed(resolved: Resolved) -> bool:
    """Whether the gateway's folder is as the choices want it, and the manifest says so."""
    layout = resolved.layout
    before = history.installed(layout)
    if history.look(layout).source:
        return False
    rendered = expected.read_contents(resolved)
    if not is_recorded(resolved, rendered, before):
        return False
    changes = find_changes(
        resolved,
        rendered,
        before,
    )
    return not any(change.writes for change in changes)


def is_recorded(
    resolved: Resolved,
    rendered: Mapping[str, bytes],
    manifest: Manifest | None,
) -> bool:
    """Whether *manifest* and its revision say what the choices give.

    *rendered*: the files as the choices give them.
    """
    layout = resolved.layout
    if manifest is None or not _has_same_origin(resolved, manifest):
        return False
    recorded = history.recorded(layout, manifest)
    if recorded is None or recorded.manifest != manifest:
        return False
    if recorded.settings != rules.settings_of(resolved.deployment):
        return False
    for name, data in rendered.items():
        # .env is rendered without its values: they come from other places.
        if name == layout.env_file.name:
            continue
        if history.released(layout, manifest.revision, name) != data:
            return False
    return True


def _has_same_origin(resolved: Resolved, manifest: Manifest) -> bool:
    """Whether *manifest* was made from the same choices and own templates."""
    if dict(manifest.choices) != resolved.request.choices.to_json():
        return False
    return dict(manifest.own_templates) == resolved.own_templates


def find_changes(
    resolved: Resolved,
    contents: Mapping[str, bytes],
    before: Manifest | None,
) -> list[Change]:
    """What has to happen in the gateway's folder so that it has *contents*, as rendered."""
    wanted = []
    again = _find_named_models(resolved)
    for artifact in resolved.deployment.artifacts:
        data = contents[artifact.file]
        if artifact.secret:
            data = _fill_env(resolved, artifact, before)
        wanted.append(
            Wanted(
                file=artifact.file,
                data=data,
                mode=artifact.permissions,
                how=_choose_merge(artifact),
                again=again,
            )
        )
    flags = resolved.request.flags
    side = choose_side(is_ours=flags.ours, is_theirs=flags.theirs)
    return file_changes.changes(
        resolved.layout,
        wanted,
        before,
        side,
    )


def choose_side(*, is_ours: bool, is_theirs: bool) -> Side | None:
    """Which change is taken where both sides changed the same thing; None: neither was named."""
    if is_ours:
        return "ours"
    if is_theirs:
        return "theirs"
    return None


def refuse_invalid_edits(layout: Layout, changes: Iterable[Change]) -> None:
    """InvalidInput when a file is invalid with the user's edits.

    It would be deployed, and the gateway would not start.
    """
    edited = {}
    for change in changes:
        if change.kind in EDITED and change.data is not None:
            edited[change.file] = change.data
    findings = checks.artifacts(edited, layout, "edited ")
    if findings:
        lines = ["with your edits it is not valid", *findings]
        raise InvalidInput(
            "\n  ".join(lines),
            "Mend your file; nothing was written.",
        )


def describe_values(resolved: Resolved) -> dict[str, str]:
    """What the manifest says of each variable: "set" for secrets and paths, else the value."""
    described = {}
    for name, value in resolved.complete_values.items():
        variable = resolved.deployment.variable(name)
        if isinstance(value, Secret) or variable.kind == "path":
            described[name] = "set"
        else:
            described[name] = value
    return described


def note_place(layout: Layout) -> None:
    """Write down where the gateway is, if it is not where every clone looks."""
    if layout.gateway != layout.claude / "gateway":
        line = f"{layout.gateway}\n".encode("utf-8", "surrogateescape")
        files.write(
            layout.pointer,
            line,
            0o600,
            mark=Targets.of(layout).tag,
        )


def _describe_revision(
    resolved: Resolved,
    rendered: Mapping[str, bytes],
    released: Sequence[Change],
    before: Manifest | None,
) -> Revision:
    """The entry for the history; of a secret it has only which variable it is."""
    artifacts = resolved.deployment.artifacts
    layout = resolved.layout
    manifest = expected.describe_release(resolved, rendered)._replace(
        files=file_changes.digests(layout, released, before),
        variables=describe_values(resolved),
        flags_used=tuple(command.spell_options(resolved.request)),
    )
    return Revision(
        action="deploy",
        manifest=manifest,
        how={artifact.file: _choose_merge(artifact) for artifact in artifacts},
        settings=rules.settings_of(resolved.deployment),
        removed=file_changes.find_removed(layout, before),
    )


def _find_named_models(resolved: Resolved) -> tuple[str, ...]:
    """The labels of the models that were typed: the user wants them, even after deleting one."""
    typed = resolved.request.typed
    models = typed.get("models", "")
    added = typed.get("add_models", "")
    if not models and not added:
        return ()
    from tasks.core.merge.removed import label_model

    labels = []
    for name in f"{models},{added}".split(","):
        label = label_model(name.strip())
        labels.append(label)
    return tuple(labels)


def _fill_env(
    resolved: Resolved,
    artifact: Artifact,
    before: Manifest | None,
) -> bytes:
    """.env with its secrets."""
    deployed: Collection[str] = ()
    if before is not None:
        deployed = before.variables
    return render.fill_env(
        files.read(resolved.layout.gateway / artifact.file),
        resolved.deployment,
        resolved.complete_values,
        deployed,
    )


def _choose_merge(artifact: Artifact) -> str:
    """How edits of this file are treated: see release.Wanted."""
    if artifact.secret:
        return "fill"
    if artifact.template or artifact.content:
        return "replace"
    return "merge"
