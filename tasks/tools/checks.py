"""The checks of templates, of rendered files and of what is installed; each finding is `file:line: what is wrong`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.model.choices import Choices
from tasks.model.deployment import Deployment, settle
from tasks.model.errors import GatewayError
from tasks.tools import catalogue, documents, envfile, files, jsonedit, rendering, schemas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.model.catalogue import Catalogue
    from tasks.model.layout import Layout


def templates(layout: Layout) -> list[str]:
    """Every file of the catalogue, and every artifact of every preset that is ready, rendered with example values."""
    findings = catalogue.findings(layout)
    return findings or [
        found for deployment in examples(catalogue.load(layout)) for found in rendered(deployment, layout)
    ]


def examples(known: Catalogue) -> list[Deployment]:
    """A deployment of every model there is, for each preset that is ready."""
    everything = tuple(known.models)
    return [settle(Choices(preset=each.id, models=everything), known) for each in known.presets.values() if each.ready]


def rendered(deployment: Deployment, layout: Layout) -> list[str]:
    """The findings in what *deployment* renders to with example values."""
    values = {name: each.example or each.default or "example" for name, each in deployment.variables.items()}
    contents = {}
    for each in deployment.gateway.artifacts:
        try:
            contents[each.file] = rendering.content(each, deployment, values, layout.templates)
        except GatewayError as error:
            return [str(error)]
    return artifacts(contents, layout, f"preset {deployment.preset.id}: ")


def artifacts(contents: Mapping[str, bytes], layout: Layout, prefix: str) -> list[str]:
    """The findings in deployed files, each checked by its kind."""
    return [found for name, data in contents.items() for found in artifact(name, data, layout, prefix + name)]


def artifact(name: str, data: bytes, layout: Layout, where: str) -> list[str]:
    """The findings in one deployed file."""
    try:
        text = data.decode()
        if name.endswith(".yaml"):
            return _config(text, layout, where)
        if name.endswith(".sh"):
            return _script(data, where)
        envfile.parse(text)
    except UnicodeDecodeError:
        return [f"{where}: is not UTF-8 text"]
    except GatewayError as error:
        return [str(error)]
    return []


def manifest(path: Path, layout: Layout) -> list[str]:
    """The findings in a manifest."""
    where = str(path)
    try:
        data = documents.parse_json(path.read_bytes(), where)
    except GatewayError as error:
        return [str(error)]
    return schemas.findings(data, layout.schemas / "manifest.schema.json", file=where)


def _config(text: str, layout: Layout, where: str) -> list[str]:
    data = documents.parse_yaml(text, where)
    schema = layout.schemas / "litellm_config.schema.json"
    return schemas.findings(data, schema, file=where, lines=documents.lines_of(text))


def _script(data: bytes, where: str) -> list[str]:
    """What a shell says of the syntax."""
    import subprocess

    shell = subprocess.run(["sh", "-n"], input=data, capture_output=True, check=False)
    return [] if shell.returncode == 0 else [f"{where}: {shell.stderr.decode(errors='replace').strip()}"]


def settings(layout: Layout, url: str, key: str) -> list[str]:
    """What keeps Claude Code from reaching the gateway at *url* with *key*, as far as its settings tell."""
    where = str(layout.settings)
    data = files.read(files.real_target(layout.settings))
    if data is None:
        return [f"{where}: is missing"]
    try:
        env = jsonedit.parse(data, where).value(("env",))
    except GatewayError as error:
        return [str(error)]
    env = env if isinstance(env, dict) else {}
    wanted = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_AUTH_TOKEN": key}
    return [f"{where}: env.{name} is not what was deployed" for name, value in wanted.items() if env.get(name) != value]
