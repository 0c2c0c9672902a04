"""What a command changes in the gateway's folder and in settings.json: planned, then applied.

    plan_install, plan_settings (a deployment) | plan_rollback | plan_uninstall
        ─► ChangePlan ─► apply(session): one transaction, one entry in the history

Planning reads and writes nothing. `doit plan` shows what the first two find.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.deploying import file_changes
from tasks.core.history import history
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.core.claude.settings_edit import Edit
    from tasks.core.console.summary import Summary
    from tasks.core.disk.transaction import Transaction
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change, Manifest, Revision

UNINSTALL = "uninstall"
"""The action of a revision after which nothing is deployed."""


@dataclass(frozen=True)
class ChangePlan:
    """What a command changes; nothing has been written.

    *files*: what happens to each file of the gateway's folder. *revision*: the entry for the
    history, without number and time; None where no file changes. *rendered* and *result*: the
    files that the history keeps with it, as rendered and as they will be. *edit*: that of
    settings.json; None where it is not touched. *is_recorded*: the manifest says the same already.
    """

    layout: Layout
    files: tuple[Change, ...] = ()
    revision: Revision | None = None
    rendered: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    result: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    edit: Edit | None = None
    is_recorded: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether everything is as planned already.

        A GatewayError when settings.json cannot be edited.
        """
        if not self.is_recorded:
            return False
        if self.edit is not None and self.edit.is_needed():
            return False
        return not any(change.writes for change in self.files)

    def check_settings(self) -> None:
        """A GatewayError when settings.json cannot be edited."""
        if self.edit is not None:
            self.edit.is_needed()

    def apply(self, session: Session) -> None:
        """Make these changes in the transaction of *session*, and enter them in the history."""
        # What an edit does is known only once it is committed: another program may write
        # settings.json up to then, and it is computed again.
        session.when_committed(lambda: self.summarize(session.summary))
        with session.join(self.layout) as transaction:
            if self.revision is not None:
                self._stage_files(transaction, self.revision, session.summary)
            if self.edit is not None:
                self.edit.put_into(transaction)

    def summarize(self, summary: Summary) -> None:
        """Add to *summary* what happened to each file and key."""
        file_changes.tell(self.files, summary)
        for text in file_changes.describe_losses(self.files):
            console.warn(text)
        if self.edit is not None:
            self.edit.tell(summary)

    def _stage_files(
        self,
        transaction: Transaction,
        planned: Revision,
        summary: Summary,
    ) -> None:
        """Stage the files and the manifest, which has number and time from here on."""
        manifest = history.stamp(self.layout, planned.manifest, summary.backup)
        revision = planned._replace(manifest=manifest)
        history.prepare(self.layout, revision, self.rendered, self.result)
        for change in self.files:
            stage_change(transaction, change)
        if revision.action == UNINSTALL:
            transaction.remove(self.layout.manifest.name)
        else:
            stage_manifest(transaction, self.layout, manifest)


def stage_change(transaction: Transaction, change: Change) -> None:
    """Stage one change of a deployed file.

    A file of the user's that has to make room is kept beside it.
    """
    if not change.writes:
        return
    if change.beside and change.found is not None:
        transaction.put(change.beside, change.found, 0o600)
    if change.data is None:
        transaction.remove(change.file)
    else:
        transaction.put(change.file, change.data, change.mode)


def stage_manifest(
    transaction: Transaction,
    layout: Layout,
    manifest: Manifest,
) -> None:
    """Stage the manifest, which says what is deployed."""
    data = documents.dump_json(manifest.to_json())
    transaction.put(layout.manifest.name, data, 0o600)


def find_contents(
    layout: Layout,
    changes: Iterable[Change],
) -> dict[str, bytes]:
    """The files as they will be, without .env: the history keeps no secrets."""
    contents = {}
    for change in changes:
        if change.data is not None and change.file != layout.env_file.name:
            contents[change.file] = change.data
    return contents
