"""How `doit doctor --fix` puts back what we need to know of ourselves.

It says what it believes, why, and what it will write:

    plan_repair ─► lines to show ─► agreed to ─► apply_repair, in one transaction
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import ledger_file, losses, recognition
from tasks.core.console import console, prompts
from tasks.core.deploying import file_changes
from tasks.core.deploying.change_plan import stage_manifest
from tasks.core.disk import files, fingerprints
from tasks.core.disk.lock import Lock
from tasks.core.disk.targets import is_gone
from tasks.core.history import history
from tasks.core.history.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.claude.ledger import Ledger
    from tasks.core.claude.losses import Loss
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest

NO_KEY = bytes(range(fingerprints.SIZE))
"""Of a ledger that is only described the fingerprints do not count."""


def offer(layout: Layout, *, unasked: bool) -> bool:
    """Put back what is lost, if that is agreed to; whether it was done.

    *unasked*: it was agreed to already, with --yes.
    """
    lines = plan_repair(layout)
    if not lines:
        return False
    for line in lines:
        console.say(line)
    if not unasked and not prompts.wanted("Write this?"):
        return False
    apply_repair(layout)
    return True


def plan_repair(layout: Layout) -> list[str]:
    """What is lost, what is believed, and what will be written, as lines.

    None when nothing is lost.
    """
    lost = losses.find(layout)
    sources = [loss.source for loss in lost]
    is_known = all(sources)
    if is_known and is_gone(layout.gateway):
        # The whole folder is known from its copy: deploying makes it again.
        return []
    return [*_describe(layout, lost)]


def apply_repair(layout: Layout) -> None:
    """Write what plan_repair() said.

    A damaged file that nothing else can replace is kept beside.
    """
    # A session cannot begin beside a manifest that nothing can replace.
    lock = Lock.acquire(layout, "doctor")
    try:
        _put_aside_manifest(layout)
    finally:
        lock.release()
    session = Session()
    try:
        session.begin(layout)
        _write(layout, session)
    finally:
        session.close()


def _write(layout: Layout, session: Session) -> None:
    """The ledger and the manifest together: their second copy is made of both.

    When the transaction began, the manifest was written again where something else has it.
    """
    is_new_key = not fingerprints.has_key(layout)
    ledger = _find_ledger(layout)
    manifest = history.installed(layout)
    if is_new_key and manifest is not None:
        manifest = _renew_digest(layout, manifest)
    with session.join(layout) as transaction:
        if ledger is not None:
            data = ledger.to_json().encode()
            transaction.put(layout.ledger.name, data, 0o600)
        if manifest is not None:
            stage_manifest(transaction, layout, manifest)


def _find_ledger(layout: Layout) -> Ledger | None:
    """The ledger to write; the key is stored with which its fingerprints are made.

    One that is lost without a copy is put together again from all evidence.
    """
    known = ledger_file.look(layout)
    is_lost = known.problem and not known.source
    key = fingerprints.renew_key(layout)
    if not is_lost:
        return known.ledger
    recovered = recognition.recover(layout, key, known.unkeyed)
    damaged = files.read(layout.ledger)
    if damaged:
        files.keep_copy(
            layout.ledger,
            damaged,
            0o600,
            history.DAMAGED,
        )
    return recovered.ledger


def _renew_digest(layout: Layout, manifest: Manifest) -> Manifest:
    """*manifest* with the digest of .env made with the key that counts now.

    Otherwise it would count as changed by the user.
    """
    name = layout.env_file.name
    data = files.read(layout.env_file)
    if data is None or name not in manifest.files:
        return manifest
    digest = file_changes.digest(layout, name, data)
    digests = {**manifest.files, name: digest}
    return manifest._replace(files=digests)


def _put_aside_manifest(layout: Layout) -> None:
    """Keep a damaged manifest that nothing can replace under another name.

    Then one can deploy again; the files beside it count as the user's.
    """
    known = history.look(layout)
    data = files.read(layout.manifest)
    if data is None or known.manifest is not None:
        return
    files.keep_copy(
        layout.manifest,
        data,
        0o600,
        history.DAMAGED,
    )
    layout.manifest.unlink()


def _describe(layout: Layout, lost: list[Loss]) -> Iterator[str]:
    """What is lost and what takes its place, a thought a line.

    No value is shown: there are tokens among them.
    """
    for loss in lost:
        yield f"{loss.file}: {loss.problem}"
        if loss.source:
            yield f"  write it again from {loss.source}"
        elif loss.file == layout.manifest:
            name = f"{loss.file.name}{history.DAMAGED}"
            yield f"  put it aside as {name}; then deploy again"
        else:
            yield from _describe_recovered(layout, loss)


def _describe_recovered(layout: Layout, loss: Loss) -> Iterator[str]:
    """How the ledger is put together again.

    It goes by the evidence of core.claude.recognition.
    Key by key, each with the reason to take it for ours.
    """
    if loss.file == layout.digest_key:
        yield "  make a new one"
    unkeyed = ledger_file.look(layout).unkeyed
    recovered = recognition.recover(layout, NO_KEY, unkeyed)
    yield f"  write down which keys of {layout.settings} are ours:"
    for path, reason in recovered.reasons.items():
        yield f"    {'.'.join(path)}: {reason}"
    owned = recovered.ledger.owned
    former = [".".join(path) for path, key in owned.items() if key.before is not None]
    if not former:
        yield "  what they had before us is not known"
        yield "  an uninstall removes them"
        return
    names = ", ".join(former)
    source = recovered.before or layout.ledger
    yield f"  what {names} had before us is in {source}"
