"""What a command goes on with where nothing is typed: what is deployed, and what was chosen since.

*Where.* The gateway's folder is the one that is typed (--target); else where a gateway of this
Claude Code is deployed: in the usual place, or in the folder that is noted beside the settings
(layout.pointer); else where the last choice put it.

*Deployed* is what the manifest in that folder says; where it is damaged, the history beside it.
Every checkout reads the same.

*Chosen* is what this checkout chose since for that folder and did not deploy. It is noted in
build/, with the time, and with what was deployed then. It counts until another checkout or command
deploys anything there, or uninstalls it. There are two kinds:

    kept      by `doit choose --port 4010`: the next `doit deploy` goes on with it
    tried     by a deployment that failed: the next `doit deploy` does not go on with it, for what
              failed may be the very choice. Type it again.

A step alone (`doit preflight`, `doit render`) goes on with either.

Every choice is taken back with the word none: `doit deploy --ca-bundle none`.
"""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tasks.core.disk import files
from tasks.core.model.catalogue import NOTHING
from tasks.core.model.choices import Choices
from tasks.core.model.errors import Conflict, GatewayError
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.model.layout import Layout


class Deployed(NamedTuple):
    """What is deployed, as which revision, when (UTC), and from which own templates."""

    choices: Choices
    revision: int
    time: str
    own_templates: Mapping[str, str] = NOTHING


class Chosen(NamedTuple):
    """What was chosen, and when (UTC).

    - *over*: what was deployed then (see read_mark)
    - *is_kept*: for the next deployment too, not for a step alone
    """

    choices: Choices
    time: str
    over: str
    is_kept: bool


class Remembered(NamedTuple):
    """What is known of one gateway's folder.

    - *mark*: tells what is deployed there from anything else that may be
    - *noted*: what this checkout last chose, whether or not it counts
    """

    layout: Layout
    mark: str
    deployed: Deployed | None = None
    noted: Chosen | None = None

    @property
    def chosen(self) -> Chosen | None:
        """What was chosen and is not deployed; None when that is nothing."""
        if self.noted is None or self.noted.over != self.mark:
            return None
        if self.deployed and self.noted.choices == self.deployed.choices:
            return None
        return self.noted

    @property
    def kept(self) -> Chosen | None:
        """What was chosen for the next deployment."""
        if self.chosen and self.chosen.is_kept:
            return self.chosen
        return None

    @property
    def is_fresh(self) -> bool:
        """Whether this checkout has nothing to go on with: that a deployment failed is nothing."""
        if self.noted is None:
            return True
        return not (self.deployed or self.kept)

    @property
    def for_deployment(self) -> Choices:
        """What a deployment goes on with."""
        return self._place(self.kept, self.deployed)

    @property
    def for_steps(self) -> Choices:
        """What a step alone goes on with."""
        return self._place(self.chosen, self.deployed)

    @property
    def for_looking(self) -> Choices:
        """What a command goes by that looks at what is deployed."""
        return self._place(self.deployed, self.chosen)

    def _place(self, *known: Deployed | Chosen | None) -> Choices:
        """What the first says that there is, for this folder; else the embedded default."""
        choices = Choices()
        for found in known:
            if found:
                choices = found.choices
                break
        return choices._replace(target=_spell_target(self.layout))


def recall(usual: Layout, target: str | None = None) -> Remembered:
    """What is known of *target*; None: of where a gateway is or would be.

    A file that cannot be read is no reason to fail: the steps that need it say what is wrong.
    """
    noted = _read_noted(usual.choices)
    place = target or _find_place(usual)
    if noted and not place:
        place = noted.choices.target
    layout = usual._replace(gateway=Path(place)) if place else usual
    if noted and noted.choices.target != _spell_target(layout):
        noted = None
    deployed, mark = _read_deployed(layout)
    return Remembered(layout, mark, deployed, noted)


def recall_at(layout: Layout) -> Remembered:
    """What is known of the folder of *layout*."""
    place = str(layout.gateway)
    usual = layout._replace(gateway=layout.usual)
    return recall(usual, place)


def note(known: Remembered, choices: Choices | None, *, is_kept: bool) -> None:
    """Note *choices*, None where there are none; privately, since they tell what is deployed.

    Nothing is written where all of that is *known*.
    """
    layout = known.layout
    if is_noted(known, choices, is_kept=is_kept):
        return
    if choices is None:
        forget(layout)
        return
    document = {
        "choices": choices.to_json(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "over": read_mark(layout),
        "kept": is_kept,
    }
    files.write(layout.choices, documents.dump_json(document), 0o600)


def is_noted(known: Remembered, choices: Choices | None, *, is_kept: bool) -> bool:
    """Whether note() has nothing to add to what is *known*."""
    noted = known.noted
    if choices is None:
        return known.layout.choices.exists()
    if noted is None or noted.choices != choices:
        return False
    if known.deployed and known.deployed.choices == choices:
        return True
    return noted.over == known.mark and noted.is_kept >= is_kept


def list_removals(known: Remembered) -> Literal[True] | list[str]:
    """How `doit clean` removes the choices: as any target.

    Those for the next deployment stay, as no step can make them again.
    """
    if known.kept:
        return []
    return True


def is_about(layout: Layout) -> bool:
    """Whether what is noted is about this gateway's folder, or about none."""
    noted = _read_noted(layout.choices)
    return noted is None or noted.choices.target == _spell_target(layout)


def forget(layout: Layout) -> None:
    """Forget what was noted.

    The file stays: a deployment that is running depends on it.
    """
    files.write(layout.choices, b"{}\n", 0o600)


def refuse_moved(known: Remembered) -> None:
    """Conflict when anything was deployed since: this run goes on with what was before.

    Asked under the lock of the gateway's folder.
    """
    layout = known.layout
    if read_mark(layout) == known.mark:
        return
    raise Conflict(
        "another command has deployed something here in the meantime",
        "See what: doit status. Then run the command again.",
        where=str(layout.gateway),
    )


def read_mark(layout: Layout) -> str:
    """What tells the deployment in this folder from any other, also from none at all."""
    _, mark = _read_deployed(layout)
    return mark


def _find_place(usual: Layout) -> str | None:
    """The folder where a gateway of this Claude Code is deployed; None when none is."""
    if usual.manifest.exists():
        return str(usual.gateway)
    noted = files.read_line(usual.pointer)
    if noted and Path(noted, usual.manifest.name).exists():
        return noted
    return _find_copied_place(usual)


def _find_copied_place(usual: Layout) -> str | None:
    """The folder of the gateway that the recovery copy is for: it may be gone."""
    if not usual.recovery_copy.exists():
        return None
    from tasks.core.disk import recovery_copy

    gateway = recovery_copy.find_gateway(usual)
    return str(gateway) if gateway else None


def _spell_target(layout: Layout) -> str | None:
    """The choice of this folder: None for the usual one."""
    if layout.gateway == layout.usual:
        return None
    return str(layout.gateway)


def _read_noted(path: Path) -> Chosen | None:
    """What note() wrote."""
    document = _read_json(path)
    if not isinstance(document, dict):
        return None
    choices = _parse(document.get("choices"))
    if choices is None:
        return None
    return Chosen(
        choices,
        str(document.get("time", "")),
        str(document.get("over", "")),
        document.get("kept") is True,
    )


def _read_deployed(layout: Layout) -> tuple[Deployed | None, str]:
    """What is deployed, and its mark; where the manifest is lost, as what else knows it says."""
    manifest = _read_json(layout.manifest)
    if not isinstance(manifest, dict) or "choices" not in manifest:
        manifest = _read_lost(layout)
    number, name = manifest.get("revision", 0), manifest.get("deployment_id", "")
    choices = _parse(manifest.get("choices"))
    mark = f"{number} {name}"
    if choices is None or not isinstance(number, int):
        return None, mark
    at_place = choices._replace(target=_spell_target(layout))
    found = Deployed(
        at_place,
        number,
        str(manifest.get("timestamp", "")),
        manifest.get("own_templates", NOTHING),
    )
    return found, mark


def _read_lost(layout: Layout) -> Mapping[str, Any]:
    """The manifest as the history or its copy has it.

    Where nothing is deployed, only the last number.
    """
    places = (layout.manifest, layout.history, layout.recovery_copy)
    if not any(place.exists() for place in places):
        return {}
    from tasks.core.history import history

    # What is wrong is said by the steps that need it.
    with contextlib.suppress(GatewayError):
        known = history.look(layout)
        if known.manifest is not None:
            return known.manifest.to_json()
    numbers = history.numbers(layout)
    return {"revision": max(numbers, default=0)}


def _parse(data: object) -> Choices | None:
    """The choices in *data*; None when it has none, or they are of another version."""
    if data is None:
        return None
    try:
        return Choices.from_json(data)
    except GatewayError:
        return None


def _read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file contains
    try:
        return json.loads(files.read(path) or b"null")
    except (OSError, ValueError, RecursionError):
        return None
