"""What one terminal or one program needs to use a deployment.

It goes over what is deployed for all the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.claude import ledger_file, settings_edit
from tasks.core.disk import files
from tasks.core.http import gateway
from tasks.core.model.deployment import settings_of
from tasks.core.model.errors import Unhealthy
from tasks.core.text import json_edit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.model.catalogue import Setting
    from tasks.core.model.deployment import Deployment, Values
    from tasks.core.model.layout import Layout
    from tasks.core.text.json_edit import Path


LIST: Path = ("modelPicker", "options")
"""The list of models that Claude Code shows."""


def make_settings(
    layout: Layout,
    deployment: Deployment,
    values: Values,
) -> dict[str, Any]:
    """The settings of Claude Code that lead it to the gateway.

    They go over those that it has: what is deployed for another gateway is cancelled.
    """
    texts = _make_texts(layout, deployment, values)
    texts = {**_cancel_deployed(layout, texts), **texts}
    whole: json_edit.Path = ()
    settings: dict[str, Any] = json_edit.parse(json_edit.edit(None, texts)).value(whole)
    return settings


def make_variables(
    layout: Layout,
    deployment: Deployment,
    values: Values,
) -> dict[str, str]:
    """The same for any program, as variables."""
    texts = _make_texts(
        layout,
        deployment,
        values,
    )
    return {path[1]: text for path, text in texts.items() if path[0] == "env"}


def list_names(deployment: Deployment) -> list[str]:
    """The variables that it takes, known or not."""
    paths = [setting.path for setting in settings_of(deployment)]
    return [path[1] for path in paths if path[0] == "env"]


def check_served(
    layout: Layout,
    deployment: Deployment,
    profile: str | None,
) -> None:
    """Unhealthy when the running gateway does not serve what the deployment needs."""
    served = gateway.served_models(
        deployment.url,
        gateway.own_key(layout),
    )
    missing = sorted({*deployment.names.values()} - {*served})
    if not missing:
        return
    remedy = "Start it anew: doit deploy --start"
    if profile:
        remedy = f"Switch to it: doit use {profile} --start"
    shown = ", ".join(served) or "nothing"
    raise Unhealthy(
        f"the running gateway serves {shown}, and not {', '.join(missing)}",
        remedy,
        where=deployment.url,
    )


def _make_texts(
    layout: Layout,
    deployment: Deployment,
    values: Values,
) -> dict[Path, Any]:
    """What each key contains; one that the user has set is left to the user."""
    every = settings_of(deployment)
    # Claude Code takes the list of models from one place, so what is deployed of it is repeated.
    owned = _list_owned(layout)
    chosen = []
    for setting in every:
        is_repeated = setting.path[0] == LIST[0] and setting.path in owned
        if not is_repeated and _is_left(layout, setting):
            continue
        chosen.append(setting)
    return settings_edit.texts(
        layout,
        chosen,
        values,
        None,
    )


def _cancel_deployed(
    layout: Layout,
    texts: Mapping[Path, Any],
) -> dict[Path, Any]:
    """The variables of what is deployed, each with the empty text that cancels it.

    The list of models is cancelled where *texts* has none.
    """
    owned = _list_owned(layout)
    cancelled: dict[Path, Any] = {path: "" for path in owned if path[0] == "env"}
    if LIST in {path[:-1] for path in owned} and LIST not in {path[:-1] for path in texts}:
        cancelled[LIST] = []
    return cancelled


def _list_owned(layout: Layout) -> list[Path]:
    """The keys of settings.json that are deployed."""
    ledger = ledger_file.read(layout)
    if ledger is None:
        return []
    return [*ledger.owned]


def _is_left(
    layout: Layout,
    setting: Setting,
) -> bool:
    """Whether the setting is the user's, who has a value for it."""
    if not setting.unless_present:
        return False
    path = layout.of_scope(None).settings
    data = files.read(files.real_target(path))
    if data is None:
        return False
    settings = json_edit.parse(
        data,
        str(path),
    )
    return settings.raw(setting.path) is not None
