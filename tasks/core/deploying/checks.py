"""The checks of templates, of rendered files and of what is installed; each finding is `file:line: what is wrong`."""

from __future__ import annotations

import functools
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.catalogue import catalogue, crosscheck, own, schemas
from tasks.core.claude import settings_edit
from tasks.core.deploying import render
from tasks.core.disk import files, programs
from tasks.core.http import tls
from tasks.core.lint import rules
from tasks.core.model import upstream
from tasks.core.model.choices import AUTHS, Choices
from tasks.core.model.deployment import Deployment, settle
from tasks.core.model.errors import GatewayError
from tasks.core.text import documents, json_edit
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.deploying.drift import Comparison
    from tasks.core.model.catalogue import Catalogue, Gateway
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest


def templates(layout: Layout) -> list[str]:
    """Every file of the catalogue, and every artifact of every preset that is ready, rendered with example values."""
    findings = crosscheck.findings(layout) + own.find_strays(layout) + parts(layout)
    if findings:
        return findings
    kept: dict[str, str] = {}
    for deployment in examples(catalogue.load(layout)):
        for finding in rendered(deployment, layout):
            # One template is rendered in many examples: its mistake is reported once.
            alike = re.sub(r"\d+", "", finding.removeprefix(name_example(deployment)))
            kept.setdefault(alike, finding)
    return list(kept.values())


def name_example(deployment: Deployment) -> str:
    """How a finding in one of the examples begins."""
    return f"{deployment.preset.id}, {deployment.gateway.id}: "


def parts(layout: Layout) -> list[str]:
    """The findings in the parts of programs: their lines are lost in the program."""
    findings: list[str] = []
    folders = own.find_all(layout, own.ARTIFACTS)
    for path in sorted(path for folder in folders for path in folder.glob("*/*.py")):
        findings += artifact(path.name, path.read_bytes(), layout, str(path))
    return findings


ELSEWHERE = "https://gateway.example.com"


def examples(known: Catalogue) -> list[Deployment]:
    """Every preset as it is, and every model there is with each kind of gateway, in every slot for the token."""
    here = [preset for preset in known.presets.values() if preset.ready and known.gateways[preset.gateway].process]
    kinds = [kind for kind in known.gateways.values() if kind.ready]
    chosen = [Choices(preset=preset.id) for preset in here]
    for kind, auth in itertools.product(kinds, AUTHS):
        if kind.provider and auth != kind.auth:
            continue
        if auth == upstream.SUBSCRIPTION and not kind.login_header:
            continue
        chosen.append(choose_example(here[0].id, kind, known)._replace(auth=auth))
    there = [kind.id for kind in kinds if not kind.process]
    chosen += [Choices(here[0].id, kind, ELSEWHERE, topology=upstream.TOPOLOGY) for kind in there]
    return [settle(each, known) for each in chosen]


def choose_example(preset: str, kind: Gateway, known: Catalogue) -> Choices:
    """A preset on a *kind* of gateway: with every model there is, or somewhere else."""
    if kind.process:
        return Choices(preset, kind.id, models=_models(kind, known))
    return Choices(preset, kind.id, ELSEWHERE)


def _models(kind: Gateway, known: Catalogue) -> tuple[str, ...]:
    """Every model that a gateway of this *kind* can serve."""
    return tuple(model.id for model in known.models.values() if kind.provider in (None, model.provider))


def rendered(deployment: Deployment, layout: Layout) -> list[str]:
    """The findings in what *deployment* renders to with example values."""
    values = find_examples(deployment)
    contents = {}
    for each in deployment.artifacts:
        try:
            contents[each.file] = render.content(each, deployment, values, layout)
        except GatewayError as error:
            return [str(error)]
    return made(contents, layout, name_example(deployment))


def find_examples(deployment: Deployment) -> dict[str, str]:
    """A value for each variable."""
    return {name: each.example or each.default or "example" for name, each in deployment.variables.items()}


def made(contents: Mapping[str, bytes], layout: Layout, prefix: str) -> list[str]:
    """The findings in files as we make them: their kind's, and of a configuration what LiteLLM would make of it."""
    found = artifacts(contents, layout, prefix)
    configs = {} if found else {name: data for name, data in contents.items() if name == layout.config.name}
    return found + [
        each for name, data in configs.items() for each in rules.errors(data.decode(), prefix + name, layout)
    ]


def artifacts(contents: Mapping[str, bytes], layout: Layout, prefix: str) -> list[str]:
    """The findings in deployed files, each checked by its kind."""
    return [found for name, data in contents.items() for found in artifact(name, data, layout, prefix + name)]


def artifact(name: str, data: bytes, layout: Layout, where: str) -> list[str]:
    """The findings in one deployed file."""
    try:
        return _CHECKS.get(Path(name).suffix, _variables)(data.decode(), layout, where)
    except UnicodeDecodeError:
        return [f"{where}: is not UTF-8 text"]
    except GatewayError as error:
        return [str(error)]


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


def _script(text: str, _layout: Layout, where: str) -> list[str]:
    return [f"{where}: {said}" for said in _by_shell(text)]


def _program(text: str, _layout: Layout, where: str) -> list[str]:
    return [f"{where}:{said}" for said in _by_python(text)]


@functools.cache
def _by_shell(text: str) -> tuple[str, ...]:
    """What a shell says of the syntax; many deployments have the same script."""
    shell = programs.run(["sh", "-n"], programs.sealed(), data=text.encode())
    return () if shell.returncode == 0 else (shell.stderr.decode(errors="replace").strip(),)


@functools.cache
def _by_python(text: str) -> tuple[str, ...]:
    """What Python says of the syntax: line and message; likewise."""
    try:
        compile(text, "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:  # ValueError: a NUL
        return (f"{getattr(error, 'lineno', None) or 1}: {getattr(error, 'msg', error)}",)
    return ()


def _certificates(text: str, _layout: Layout, where: str) -> list[str]:
    tls.parse_bundle(text.encode(), where)
    return []


def _variables(text: str, _layout: Layout, _where: str) -> list[str]:
    env_file.parse(text)
    return []


_CHECKS = {".yaml": _config, ".sh": _script, ".py": _program, ".pem": _certificates}
"""By the ending of a file; without one of these it holds variables."""


def deployed_files(layout: Layout, recorded: Manifest) -> Iterator[str]:
    """The findings in the deployed files: missing, of another mode, not as its kind wants it."""
    yield from manifest(layout.manifest, layout)
    contents = {}
    for name, mode in recorded.modes.items():
        path = layout.gateway / name
        found = files.read(path)
        if found is None:
            yield f"{path}: is missing"
            continue
        contents[name] = found
        mode_now = f"{files.mode_of(path):04o}"
        if mode_now != mode:
            yield f"{path}: has mode {mode_now}, not {mode}"
    yield from artifacts(contents, layout, f"{layout.gateway}/")


def settings(layout: Layout, comparison: Comparison) -> list[str]:
    """What keeps Claude Code from reaching the deployed gateway, as far as its settings tell."""
    where = str(layout.settings)
    data = files.read(files.real_target(layout.settings))
    if data is None:
        return [f"{where}: is missing"]
    if comparison.settings is None:
        return []
    values = env_file.deployed(layout)
    try:
        wanted = settings_edit.texts(layout, comparison.settings, values, data)
        found = json_edit.parse(data, where)
    except GatewayError as error:
        return [str(error)]
    paths = [path for path in settings_edit.needed(wanted.get) if found.value(path) != wanted.get(path)]
    return [f"{where}: {'.'.join(path)} is not what was deployed" for path in paths]
