"""What the choices of a deployment give, by this checkout.

    choices, catalogue ─► inputs ─► recipe ─┬─► staged by that recipe: as it is in build/
                                            └─► otherwise rendered in memory

Deployed files are compared with this, and not only with what was once written down of them: a
mistake in what was deployed would agree with itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.catalogue import own
from tasks.core.deploying import render
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import resolve
from tasks.core.disk import content, files
from tasks.core.model import deployment as rules
from tasks.core.model import project
from tasks.core.model.choices import Choices
from tasks.core.model.errors import InvalidInput
from tasks.core.model.release import (
    Manifest,
    settings_from_json,
    settings_to_json,
)
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Artifact, Setting
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout

CODE = (
    "tasks/core/catalogue/catalogue.py",
    "tasks/core/catalogue/own.py",
    "tasks/core/deploying/expected.py",
    "tasks/core/deploying/render.py",
    "tasks/core/deploying/resolve.py",
    "tasks/core/litellm/config.py",
    "tasks/core/litellm/litellm.py",
    "tasks/core/model/answering.py",
    "tasks/core/model/catalogue.py",
    "tasks/core/model/choices.py",
    "tasks/core/model/deployment.py",
    "tasks/core/model/layout.py",
    "tasks/core/model/network.py",
    "tasks/core/model/picker.py",
    "tasks/core/model/release.py",
    "tasks/core/model/upstream.py",
    "tasks/core/text/documents.py",
    "templates/variables.yaml",
)
"""What every deployment goes through on the way from its choices to what is expected."""

NO_ID, NO_TIME = "dep-19700101-000000", "1970-01-01T00:00:00Z"
"""Of a release that is not installed: when it was made is no part of what it is."""


class Expected(NamedTuple):
    """What should be deployed: the digest of each file, its permissions, the keys of settings.json.

    Without .env, whose content is the user's. *recipe*: see render.find_recipe().
    """

    recipe: str
    files: Mapping[str, str]
    modes: Mapping[str, str]
    settings: tuple[Setting, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        settings = settings_to_json(self.settings)
        return {**self._asdict(), "settings": settings}

    @classmethod
    def from_json(cls, data: Any) -> Expected:  # noqa: ANN401 - whatever was kept
        """What to_json() gave."""
        settings = settings_from_json(data["settings"])
        return cls(**{**data, "settings": settings})


class Memo:
    """What was last expected, as doit keeps it of a step that asks each time.

    It holds while the choices are the same and no file has changed that decides: the signature of
    each is kept with it. Otherwise it is computed again, which loads what renders.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def __call__(self, task: Any, values: Mapping[str, Any]) -> bool:  # noqa: ANN401 - doit's
        """Take what doit kept; a step with this is never up to date."""
        self._kept = dict(values)
        task.value_savers.append(lambda: self._kept)
        return False

    def find(self, choices: Mapping[str, Any], layout: Layout) -> Expected | None:
        """What is expected of *choices*, where that is known."""
        try:
            if self._kept["choices"] != choices:
                return None
            if self._kept["personal"] != str(layout.personal_templates):
                return None
            for path, signature in self._kept["sources"].items():
                if _sign(path) != signature:
                    return None
            return Expected.from_json(self._kept["expected"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def keep(self, resolved: Resolved, wanted: Expected) -> None:
        """Have doit keep what is expected of *resolved*."""
        self._kept = {
            "choices": resolved.request.choices.to_json(),
            "personal": str(resolved.layout.personal_templates),
            "sources": {path: _sign(path) for path in find_sources(resolved)},
            "expected": wanted.to_json(),
        }


def expect(resolved: Resolved) -> Expected:
    """What is expected of *resolved*; GatewayError when this checkout cannot render it."""
    deployment = resolved.deployment
    digests = {}
    staged = _find_staged(resolved)
    for artifact in _plain_artifacts(resolved):
        name = artifact.file
        if staged is None or name not in staged.files:
            data = resolved.render(artifact)
            digests[name] = files.digest(data)
        else:
            digests[name] = staged.files[name]
    return Expected(
        resolved.recipe,
        digests,
        _list_modes(deployment),
        rules.settings_of(deployment),
    )


def expect_deployed(
    resolved: Resolved,
    manifest: Manifest,
    memo: Memo | None = None,
) -> Expected:
    """What is expected of what is deployed, which may be something else than *resolved*."""
    known = memo.find(manifest.choices, resolved.layout) if memo else None
    if known is not None:
        return known
    choices = Choices.from_json(manifest.choices)
    if choices != resolved.request.choices:
        request = Request(choices)
        context = resolved.context.with_templates(choices.templates)
        resolved = resolve(request, context)
    wanted = expect(resolved)
    if memo is not None:
        memo.keep(resolved, wanted)
    return wanted


def find_sources(resolved: Resolved) -> list[str]:
    """Every file that decides about what is expected: code, catalogue, templates."""
    layout = resolved.layout
    paths = {layout.project / name: None for name in CODE}
    paths |= dict.fromkeys(own.list_places(layout))
    for artifact in _plain_artifacts(resolved):
        sources = render.sources(
            artifact,
            resolved.deployment,
            layout,
            resolved.makers[artifact.file],
        )
        paths |= dict.fromkeys(sources)
    return [str(path) for path in paths]


def read_contents(resolved: Resolved) -> dict[str, bytes]:
    """The files as the choices give them; .env without its secrets.

    What is in build/ is taken only where its recipe and its digests prove it; this spares loading
    what renders.
    """
    staged = _read_staged(resolved)
    contents = {}
    for artifact in resolved.deployment.artifacts:
        data = staged.get(artifact.file)
        if data is None:
            data = resolved.render(artifact)
        contents[artifact.file] = data
    return contents


def describe_release(resolved: Resolved, rendered: Mapping[str, bytes]) -> Manifest:
    """The manifest of what is *rendered*; it gets its number and time when it is installed."""
    deployment = resolved.deployment
    gateway = deployment.gateway
    digests = {}
    for name, data in rendered.items():
        digests[name] = files.digest(data)
    return Manifest(
        deployment_id=NO_ID,
        timestamp=NO_TIME,
        source_version=project.read_version(resolved.layout.project),
        gateway_type=gateway.id,
        gateway_url=deployment.url,
        models=deployment.served,
        token_variable=gateway.token,
        files=digests,
        modes=_list_modes(deployment),
        choices=deployment.choices.to_json(),
        recipe=resolved.recipe,
        own_templates=resolved.own_templates,
    )


def _sign(path: str) -> list[int] | None:
    """The signature of a file; None when there is none."""
    try:
        return content.sign(os.stat(path))  # noqa: PTH116 - an eighth of what Path takes
    except OSError:
        return None


def _list_modes(deployment: Deployment) -> dict[str, str]:
    """The permissions of each file."""
    modes = {}
    for artifact in deployment.artifacts:
        modes[artifact.file] = artifact.mode
    return modes


def _plain_artifacts(resolved: Resolved) -> list[Artifact]:
    """The artifacts whose content depends on nothing but the choices."""
    artifacts = resolved.deployment.artifacts
    return [artifact for artifact in artifacts if not artifact.secret]


def _read_staged(resolved: Resolved) -> dict[str, bytes]:
    """The staged files that are proven to be what the choices give."""
    staged = _find_staged(resolved)
    proven: dict[str, bytes] = {}
    if staged is None:
        return proven
    for artifact in _plain_artifacts(resolved):
        name = artifact.file
        data = files.read(resolved.layout.release / name)
        if data is None:
            continue
        if files.digest(data) == staged.files.get(name):
            proven[name] = data
    return proven


def _find_staged(resolved: Resolved) -> Manifest | None:
    """The manifest of the staged release; None unless that was made by the same recipe."""
    path = resolved.layout.release_manifest
    try:
        data = files.read(path) or b"null"
        parsed = documents.parse_json(data, path.name)
        staged = Manifest.from_json(parsed, path.name)
    except (InvalidInput, OSError):
        return None
    if staged.recipe != resolved.recipe:
        return None
    return staged
