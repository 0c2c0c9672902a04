"""The content of each artifact, from choices, catalogue and the values that are no secrets."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.catalogue import own, templating
from tasks.core.http import tls
from tasks.core.litellm import litellm
from tasks.core.litellm.config import litellm_config
from tasks.core.model import deployment as rules
from tasks.core.model import network
from tasks.core.model.secret import Secret
from tasks.core.text import documents
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tasks.core.model.catalogue import Artifact
    from tasks.core.model.deployment import Deployment, Values
    from tasks.core.model.layout import Layout

CODE = Path(__file__).parents[1]

HOW_TO_CHANGE = """\
# Made by gatehand, whose command `deploy` brings it up to date; `plan` shows how.
# Your own edits are kept: a later deployment merges them, and stops where both changed the same thing.
"""


def sources(
    artifact: Artifact,
    deployment: Deployment,
    layout: Layout,
    made_by: Iterable[Path],
) -> list[Path]:
    """The files that an artifact is made from; *made_by*: its makers."""
    if artifact.template or artifact.content == "certificates":
        return [*made_by]
    code = [*made_by, CODE / "model" / "deployment.py"]
    if artifact.secret:
        return [*code, *own.find_all(layout, own.VARIABLES)]
    more = [CODE / name for name in ("model/upstream.py", "litellm/config.py")]
    return [*code, *more, *described(deployment, layout)]


def described(deployment: Deployment, layout: Layout) -> list[Path]:
    """The files of the catalogue that describe a deployment; without those of variables."""
    names = {
        "gateways": _kinds(deployment),
        "presets": [deployment.preset.id],
        "models": [model.id for model in deployment.models],
        "providers": sorted({model.provider for model in deployment.models}),
    }
    return [own.find(layout, f"{folder}/{name}.yaml") for folder, found in names.items() for name in found]


def makers(artifact: Artifact, deployment: Deployment, layout: Layout) -> list[Path]:
    """The code and the files that turn inputs() into content()."""
    if artifact.template:
        template = own.find(layout, f"{own.ARTIFACTS}/{artifact.template}")
        code = _code("catalogue/templating.py", "catalogue/assembly.py")
        return [*code, *templating.sources(template, _beside(layout))]
    if artifact.secret:
        return _code("values/env_file.py")
    if artifact.content == "certificates":
        bundles = [tls.find_system_bundle(), _bundle(deployment)]
        return [*_code("http/tls.py"), *filter(None, bundles)]
    return _code("text/documents.py")


def _code(*names: str) -> list[Path]:
    return [Path(__file__), *(CODE / name for name in names)]


def _beside(layout: Layout) -> tuple[Path, ...]:
    """Where what a template includes is looked for, the strongest first."""
    return tuple(reversed(own.find_all(layout, own.ARTIFACTS)))


def _kinds(deployment: Deployment) -> list[str]:
    """The kinds of gateway that have a part in it."""
    kinds = [deployment.gateway, *([deployment.upstream.gateway] if deployment.upstream else [])]
    return list(dict.fromkeys(name for kind in kinds for name in (kind.id, kind.extends) if name))


def inputs(artifact: Artifact, deployment: Deployment, values: Values) -> object:
    """What an artifact is made of, before it is spelled: equal inputs give equal bytes."""
    if artifact.template:
        return script_values(deployment)
    if artifact.secret:
        return [shown_values(deployment, values), comments(deployment)]
    if artifact.content == "certificates":
        return deployment.choices.ca_bundle
    return litellm_config(deployment)


def content(artifact: Artifact, deployment: Deployment, values: Values, layout: Layout) -> bytes:
    """The bytes of one artifact; no secret is in them: .env gets its secrets when it is installed."""
    if artifact.template:
        template = own.find(layout, f"{own.ARTIFACTS}/{artifact.template}")
        text = templating.render(template, script_values(deployment), _beside(layout))
    elif artifact.secret:
        text = env_file.merged(None, shown_values(deployment, values), comments(deployment), HOW_TO_CHANGE)
    elif artifact.content == "certificates":
        return tls.combine(_bundle(deployment))
    else:
        text = HOW_TO_CHANGE + documents.dump_yaml(litellm_config(deployment))
    return text.encode()


def find_recipe(deployment: Deployment, made_by: Mapping[str, Iterable[Path]]) -> str:
    """The digest of all that decides about files and settings: equal recipes give equal bytes.

    *made_by*: the makers of each file. .env is left out, whose values come from the user. Nothing
    in it is about this machine, so two checkouts of one version have the same.
    """
    recipe = hashlib.sha256(repr(rules.settings_of(deployment)).encode())
    paths: dict[Path, None] = {}
    for artifact in deployment.artifacts:
        if artifact.secret:
            continue
        ingredients = (artifact, inputs(artifact, deployment, {}))
        recipe.update(repr(ingredients).encode())
        paths |= dict.fromkeys(made_by[artifact.file])
    for path in paths:
        data = _read(path)
        recipe.update(b"%d:" % len(data) + data)
    return f"sha256:{recipe.hexdigest()}"


def _read(path: Path) -> bytes:
    """The bytes of a file; none when there is none, which rendering reports."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - half of what Path takes
            return file.read()
    except FileNotFoundError:
        return b""


def fill_env(
    found: bytes | None,
    deployment: Deployment,
    values: Values,
    deployed: Collection[str] = (),
) -> bytes:
    """.env with its secrets: lines that are there stay, our values are set, missing ones are added.

    *deployed*: the variables of the deployment before this one. What it had for a proxy or
    certificates that are no longer chosen is removed: LiteLLM would go on using it.
    """
    text = ""
    if found:
        text = found.decode(errors="surrogateescape")
    gone = {*network.VARIABLES}.intersection(deployed).difference(deployment.needs)
    if gone:
        explained = {name: deployment.variable(name).description for name in gone}
        text = env_file.without(text, gone, explained)
    before = env_file.parse(text)
    wanted = {}
    for name in listed(deployment, values):
        value = values.get(name)
        if isinstance(value, Secret):
            value = value.reveal()
        wanted[name] = value or before.get(name, "")
    merged = env_file.merged(text or None, wanted, comments(deployment), HOW_TO_CHANGE)
    return merged.encode(errors="surrogateescape")


def _bundle(deployment: Deployment) -> Path:
    return Path(deployment.choices.ca_bundle or "")


def script_values(deployment: Deployment) -> dict[str, object]:
    """What the templates of scripts may name."""
    return {
        "port": deployment.port,
        "listen": deployment.listen,
        "token": deployment.gateway.token,
        "litellm": deployment.choices.litellm or "",
        "oldest": litellm.OLDEST,
        "needed": list(deployment.needs),
        "generated_by": "gatehand",
    }


def shown_values(deployment: Deployment, values: Values) -> dict[str, str]:
    """The variables of .env as they are rendered: secrets and what is missing stay empty."""
    found = {name: values.get(name, "") for name in listed(deployment, values)}
    return {name: "" if isinstance(value, Secret) else value for name, value in found.items()}


def listed(deployment: Deployment, values: Values) -> list[str]:
    """The variables that belong into .env: those that are needed, and the others that were found."""
    return [*deployment.needs, *(name for name in deployment.optional if name in values)]


def comments(deployment: Deployment) -> dict[str, str]:
    """What stands above each variable in .env."""
    names = (*deployment.needs, *deployment.optional)
    return {name: deployment.variable(name).description for name in names}
