"""install: make the gateway's folder hold the release, keeping what somebody changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import summary
from tasks.core.deploying import checks, current, render
from tasks.core.disk import files
from tasks.core.frame.uptodate import holds
from tasks.core.history import history, session
from tasks.core.merge import conflicts
from tasks.core.model import deployment as rules
from tasks.core.model import network, release, secret
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.merge.outcome import Side
    from tasks.core.model.catalogue import Artifact
    from tasks.core.model.deployment import Deployment, Values
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change, Manifest, Revision, Wanted


def task(resolved: Resolved) -> Task:
    """Install the staged release; nothing to do when it stands already."""
    layout, artifacts = resolved.layout, resolved.deployment.artifacts
    return {
        "actions": [(write, [resolved])],
        "file_dep": [str(layout.release / each.file) for each in artifacts] + [str(layout.release_manifest)],
        "targets": [str(layout.gateway / each.file) for each in artifacts] + [str(layout.manifest)],
        "task_dep": ["preflight", "validate"],
        "setup": ["_transaction", "backup"],
        "meta": {"until": "_commit"},
        "uptodate": [holds(lambda: stands(resolved))],
    }


def stands(resolved: Resolved) -> bool:
    """Whether the gateway's folder is as it should be, and says so of the same choices."""
    manifest = history.installed(resolved.layout)
    contents = {name: data for name, data in staged(resolved).items() if name != resolved.layout.env_file.name}
    same = manifest is not None and recorded(resolved, manifest, contents) and not history.damaged(resolved.layout)
    return same and not any(change.writes for change in changes(resolved, staged(resolved), manifest))


def recorded(resolved: Resolved, manifest: Manifest, contents: Mapping[str, bytes]) -> bool:
    """Whether *manifest* tells of these choices, and its revision of these renderings."""
    layout, number = resolved.layout, manifest.revision
    same = dict(manifest.choices) == resolved.request.choices.to_json()
    return same and all(history.released(layout, number, name) == data for name, data in contents.items())


def staged(resolved: Resolved) -> dict[str, bytes]:
    """The files of the release."""
    return {each.file: (resolved.layout.release / each.file).read_bytes() for each in resolved.deployment.artifacts}


def changes(resolved: Resolved, contents: Mapping[str, bytes], manifest: Manifest | None) -> list[Change]:
    """What has to happen in the gateway's folder so that it holds *contents*; reads, writes nothing."""
    wanted = [_wanted(each, contents[each.file], resolved) for each in resolved.deployment.artifacts]
    side: Side | None = "ours" if resolved.request.flags.ours else "theirs" if resolved.request.flags.theirs else None
    return current.changes(resolved.layout, wanted, manifest, side)


def _wanted(artifact: Artifact, content: bytes, resolved: Resolved) -> Wanted:
    """The artifact as it should stand, .env with its secrets."""
    if artifact.secret:
        found = files.read(resolved.layout.gateway / artifact.file)
        before = history.installed(resolved.layout)
        content = filled(found, resolved.deployment, resolved.complete_values, before.variables if before else ())
    return release.Wanted(artifact.file, content, artifact.permissions, _how(artifact))


def _how(artifact: Artifact) -> str:
    return "fill" if artifact.secret else "replace" if artifact.template or artifact.content else "merge"


def filled(found: bytes | None, deployment: Deployment, values: Values, deployed: Collection[str] = ()) -> bytes:
    """.env with its secrets: the lines that stand stay, ours get their values, missing ones are added.

    What was *deployed* for a proxy or certificates that are no longer chosen goes: LiteLLM would go on using it.
    """
    text = found.decode(errors="surrogateescape") if found is not None else None
    gone = {*network.VARIABLES}.intersection(deployed).difference(deployment.needs)
    explained = {name: deployment.variable(name).description for name in gone}
    text = env_file.without(text, gone, explained) if text and gone else text
    before = env_file.parse(text) if text else {}
    plain = {name: value.reveal() if isinstance(value, secret.Secret) else value for name, value in values.items()}
    wanted = {name: plain.get(name) or before.get(name, "") for name in render.listed(deployment, values)}
    merged = env_file.merged(text, wanted, render.comments(deployment), render.HOW_TO_CHANGE)
    return merged.encode(errors="surrogateescape")


@action
def write(resolved: Resolved) -> None:
    """Put every change, the manifest and the revision into the transaction."""
    layout, before = resolved.layout, history.installed(resolved.layout)
    contents = staged(resolved)
    try:
        planned = changes(resolved, contents, before)
    except conflicts.MergeConflict as conflict:
        conflicts.write(conflict)
        raise
    open_files = {name: data for name, data in contents.items() if name != layout.env_file.name}
    if before and recorded(resolved, before, open_files) and not any(each.writes for each in planned):
        return
    check(resolved, planned)
    manifest = _manifest(resolved, planned, before)
    stood = {each.file: each.data for each in planned if each.file in open_files and each.data is not None}
    history.prepare(layout, _revision(resolved, manifest), contents, stood)
    with session.joined(layout) as transaction:
        for change in planned:
            session.put(transaction, change)
        transaction.put(layout.manifest.name, documents.dump_json(manifest.to_json()), 0o600)
    session.when_committed(lambda: point(resolved.layout))
    current.tell(planned, summary.this)


def point(layout: Layout) -> None:
    """Note where the gateway is, when it is not where every clone looks."""
    if layout.gateway != layout.claude / "gateway":
        files.write(layout.pointer, f"{layout.gateway}\n".encode("utf-8", "surrogateescape"), 0o600)


def check(resolved: Resolved, planned: list[Change]) -> None:
    """InvalidInput when what merging made is not valid: it would stand, and the gateway would not start."""
    theirs = ("merge", "keep", "mode")
    edited = {each.file: each.data for each in planned if each.kind in theirs and each.data is not None}
    if findings := checks.artifacts(edited, resolved.layout, "edited "):
        raise InvalidInput(
            "\n  ".join(["with your edits it is not valid", *findings]), "Mend your file; nothing was written."
        )


def _manifest(resolved: Resolved, planned: list[Change], before: Manifest | None) -> Manifest:
    """The release's manifest, with what was found out: who, when, which variables, digests of what will stand."""
    layout = resolved.layout
    data = documents.parse_json(layout.release_manifest.read_bytes(), str(layout.release_manifest))
    ours = [each for each in planned if each.file in data["files"]]
    return history.stamped(
        layout,
        release.Manifest.from_json(data, str(layout.release_manifest)),
        files=current.digests(layout, ours, before),
        variables=shown(resolved),
        flags_used=tuple(f"--{name.replace('_', '-')}" for name, on in resolved.request.flags._asdict().items() if on),
    )


def shown(resolved: Resolved) -> dict[str, str]:
    """Per variable: "set" for secrets and paths, the value for the rest."""
    known = resolved.deployment.variable
    return {
        name: "set" if isinstance(value, secret.Secret) or known(name).kind == "path" else value
        for name, value in resolved.complete_values.items()
    }


def _revision(resolved: Resolved, manifest: Manifest) -> Revision:
    """What the history keeps beside the files: of a secret only which variable it is."""
    how = {each.file: _how(each) for each in resolved.deployment.artifacts}
    return release.Revision("deploy", manifest, how, rules.settings_of(resolved.deployment))
