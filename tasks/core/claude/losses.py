"""Which of our own private files are lost, and what says the same in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.core.claude import ledger_file
from tasks.core.disk import files, fingerprints
from tasks.core.history import history

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout


class Loss(NamedTuple):
    """A file that is missing or damaged.

    *source*: what counts in its place; "" when nothing does.
    """

    file: Path
    problem: str
    source: str = ""

    def __str__(self) -> str:
        text = f"{self.file.name} {self.problem}"
        if self.source:
            text += f"; {self.source}, counts instead"
        return text


def find(layout: Layout) -> list[Loss]:
    """The files that are lost; NewerVersion when a newer version wrote one of them."""
    losses = []
    manifest = history.look(layout)
    if manifest.problem:
        loss = Loss(
            layout.manifest,
            manifest.problem,
            manifest.source,
        )
        losses.append(loss)
    ledger = ledger_file.look(layout)
    if ledger.where is not None:
        loss = Loss(
            ledger.where,
            ledger.problem,
            ledger.source,
        )
        losses.append(loss)
    is_deployed = manifest.manifest is not None
    has_ledger = ledger.ledger is not None
    is_said = ledger.where == layout.digest_key
    if (is_deployed or has_ledger) and not is_said:
        losses += _find_key(layout)
    return losses


def describe(layout: Layout) -> list[dict[str, str]]:
    """The same as JSON values."""
    described = []
    for loss in find(layout):
        values = {
            "file": str(loss.file),
            "problem": loss.problem,
            "source": loss.source,
        }
        described.append(values)
    return described


def _find_key(layout: Layout) -> list[Loss]:
    """The digest key, if it is lost."""
    data = files.read(layout.digest_key)
    if data is None:
        problem = "is missing"
    elif fingerprints.is_key(data):
        return []
    else:
        problem = "is damaged"
    source = ""
    if fingerprints.copied_key(layout):
        source = f"its copy, {layout.recovery_copy}"
    loss = Loss(layout.digest_key, problem, source)
    return [loss]
