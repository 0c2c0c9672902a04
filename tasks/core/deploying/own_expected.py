"""What own templates are expected to give, kept beside them: DIR/expected/<case>/<file>.

    preset-team/     an own preset, as it is
    gateway-acme/    an own kind of gateway, with the models of a shipped preset
    models/          every own model, on a LiteLLM of this machine

A case has the files that own templates decide about, made with example values, and what would be
set in settings.json. Each folder is looked at alone over the shipped templates, so that its files
are the same on every machine. `doit validate` compares, `doit validate --write` writes.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import catalogue, own
from tasks.core.deploying import checks, render
from tasks.core.disk import files
from tasks.core.model import deployment as rules
from tasks.core.model import picker
from tasks.core.model.choices import Choices
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.text import documents, json_edit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.core.model.catalogue import Artifact, Catalogue, Gateway, Setting
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout

BASE = "demo"
"""The shipped preset with which own models and kinds of gateway are tried."""

SETTINGS = "settings.json"

SHOWN = {".env": "dot.env"}
"""Names that git would ignore."""

CASES = ("preset-", "gateway-", "models")
"""How the names of cases begin; another folder is the user's."""

SCHEMAS = ("model", "preset", "provider", "gateway", "variables", "litellm_config")
"""Those that editors need for own templates."""


def refuse_differences(layout: Layout) -> None:
    """GatewayError with everything that is not as expected."""
    findings = find_differences(layout)
    if not findings:
        return
    lines = ["not what is expected of your own templates", *findings]
    remedy = "Write them again if that is meant: doit validate --write"
    raise GatewayError(
        "\n  ".join(lines),
        remedy,
    )


def find_differences(layout: Layout) -> list[str]:
    """What is not as expected, as `file:line: what`; nothing where nothing is expected."""
    findings: list[str] = []
    for folder in own.list_folders(layout):
        kept = _read_kept(folder)
        if not kept:
            continue
        made = make(layout, folder)
        for name in sorted({*made, *kept}):
            path = folder / own.EXPECTED / name
            findings += _compare(
                str(path),
                kept.get(name),
                made.get(name),
            )
    return findings


def write(layout: Layout) -> list[str]:
    """Have each folder contain what is expected of it, and the schemas: what was done."""
    folders = own.list_folders(layout)
    if not folders:
        where = f"in a folder ({own.OPTION} DIR) or in {layout.personal_templates}"
        raise UsageError(
            "there are no templates of your own",
            f"Put them {where}.",
        )
    done: list[str] = []
    for folder in folders:
        made = make(layout, folder)
        for name in _read_kept(folder):
            if name not in made:
                path = folder / own.EXPECTED / name
                path.unlink()
                done.append(f"{path} removed")
        contents = _find_schemas(layout, folder)
        for name, data in made.items():
            contents[folder / own.EXPECTED / name] = data
        for path, data in contents.items():
            if files.write(
                path,
                data,
                0o644,
            ):
                done.append(f"{path} written")
    return done


def make(
    layout: Layout,
    folder: Path,
) -> dict[str, bytes]:
    """Every expected file of one folder, by its name: "preset-team/settings.json"."""
    shipped = layout.without_own_templates()
    alone = shipped.of_templates(str(folder))
    known = catalogue.load(alone)
    made = {}
    for case, choices in _find_cases(folder, known):
        deployment = rules.settle(choices, known)
        for name, data in _make_case(deployment, alone):
            made[f"{case}/{name}"] = data
    return made


def _find_cases(
    folder: Path,
    known: Catalogue,
) -> Iterator[tuple[str, Choices]]:
    """What is tried with the templates of one folder, each with the name of the case."""
    for name in _list_stems(folder, "presets"):
        preset = known.presets[name]
        if preset.ready:
            kind = known.gateways[preset.gateway]
            yield f"preset-{name}", Choices(name, gateway_url=_find_address(kind))
    for name in _list_stems(folder, "gateways"):
        kind = known.gateways[name]
        if kind.ready:
            yield f"gateway-{name}", _choose(kind, known)
    models = _list_stems(folder, "models")
    if models:
        yield "models", Choices(BASE, models=models)


def _list_stems(
    folder: Path,
    part: str,
) -> tuple[str, ...]:
    """The ids of what is described in a part of one folder."""
    paths = sorted((folder / part).glob(f"*{own.SUFFIX}"))
    return tuple(path.stem for path in paths)


def _choose(
    kind: Gateway,
    known: Catalogue,
) -> Choices:
    """A deployment with a kind of gateway; of the models only those that it needs."""
    if not kind.process:
        return Choices(
            BASE,
            kind.id,
            _find_address(kind),
        )
    if kind.provider is None:
        return Choices(BASE, kind.id)
    return checks.choose_example(
        BASE,
        kind,
        known,
    )


def _find_address(kind: Gateway) -> str | None:
    """An example of where a gateway is; None where that is known without."""
    if kind.process or kind.url:
        return None
    return checks.ELSEWHERE


def _make_case(
    deployment: Deployment,
    layout: Layout,
) -> Iterator[tuple[str, bytes]]:
    """The files of one case: the name and the content of each."""
    values = _find_values(deployment)
    for artifact in deployment.artifacts:
        if _is_own(
            artifact,
            deployment,
            layout,
        ):
            name = SHOWN.get(
                artifact.file,
                artifact.file,
            )
            data = render.content(
                artifact,
                deployment,
                values,
                layout,
            )
            yield name, data
    yield SETTINGS, _describe_settings(deployment)


def _is_own(
    artifact: Artifact,
    deployment: Deployment,
    layout: Layout,
) -> bool:
    """Whether own templates decide about a file: a shipped script is the same for all."""
    if artifact.template:
        makers = render.makers(
            artifact,
            deployment,
            layout,
        )
        return bool(
            own.select(
                layout,
                makers,
            )
        )
    return artifact.content is None


def _find_values(deployment: Deployment) -> dict[str, str]:
    """An example for each variable that is no secret."""
    examples = checks.find_examples(deployment)
    return {
        name: text  # of what a manifest may show
        for name, text in examples.items()
        if not deployment.variable(name).secret
    }


def _describe_settings(deployment: Deployment) -> bytes:
    """The keys of settings.json; in place of a value that varies, the name of what decides it."""
    described: dict[json_edit.Path, Any] = {}
    for setting in rules.settings_of(deployment):
        if setting.until is None:
            described[setting.path] = _describe_setting(setting)
    return json_edit.edit(None, described)


def _describe_setting(setting: Setting) -> Any:  # noqa: ANN401 - any JSON value
    value = picker.read_value(setting)
    if value is not None:
        return value
    if setting.template is not None:
        return setting.template
    return f"{{{setting.variable or setting.fact}}}"


def _find_schemas(
    layout: Layout,
    folder: Path,
) -> dict[Path, bytes]:
    """The schemas, for the first line of each file to name as in the shipped templates."""
    contents = {}
    for kind in SCHEMAS:
        schema = layout.schemas / f"{kind}.schema.json"
        contents[folder / own.SCHEMAS / schema.name] = schema.read_bytes()
    return contents


def _read_kept(folder: Path) -> dict[str, bytes]:
    """The files that are expected, by name."""
    kept = {}
    for path in sorted((folder / own.EXPECTED).glob("*/*")):
        case = path.parent.name
        if path.is_file() and case.startswith(CASES):
            kept[f"{case}/{path.name}"] = path.read_bytes()
    return kept


def _compare(
    where: str,
    kept: bytes | None,
    made: bytes | None,
) -> list[str]:
    """How one file differs from what is expected, as a finding; nothing when it does not."""
    if kept is None:
        return [f"{where}:1: is missing"]
    if made is None:
        return [f"{where}:1: is of a template that is gone"]
    before = kept.decode(errors="replace").splitlines()
    after = made.decode().splitlines()
    pairs = itertools.zip_longest(
        before,
        after,
        fillvalue="",
    )
    for number, (old, new) in enumerate(pairs, 1):
        if old != new:
            found = documents.said(new.strip())
            wanted = documents.said(old.strip())
            return [f"{where}:{number}: is {found}, expected {wanted}"]
    return []
