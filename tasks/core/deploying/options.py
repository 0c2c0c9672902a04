"""From the options of a command line to a request.

They go over what was chosen before, or over what a profile chooses.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit import get_initial_workdir

from tasks.core.cli import command_line
from tasks.core.deploying import choices_page
from tasks.core.deploying.context import Context, locate
from tasks.core.deploying.remembered import recall
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import Resolved, resolve
from tasks.core.model import choices as rules
from tasks.core.model import deployment
from tasks.core.model.catalogue import TIERS
from tasks.core.model.choices import Choices, Flags
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.model.layout import Layout
from tasks.core.profiles import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    Options = Mapping[str, Any]
    """The options of `doit deploy`, by name, as doit reads them."""

FLAG_PATHS = ("token_file", "proxy_auth_file")
CHOICE_PATHS = ("litellm", "ca_bundle", "client_cert", "client_key", "templates")
"""The options that are paths, meant from where they were typed."""

CHANGES = ("add_models", "remove_models")
"""The options that change a choice; the others replace one."""


def resolve_options(options: Options, *, asking: bool = False) -> Resolved:
    """What *options* ask for, in its context; an invalid one ends doit with one sentence, exit 3.

    *asking*: what they leave open is asked for next, so it is not missing yet.
    """
    _refuse_contradictions(options)
    try:
        request = _read(options)
        return _resolve(request, asking=asking)
    except UsageError as error:
        raise command_line.refused(error) from None


def _resolve(request: Request, *, asking: bool) -> Resolved:
    """What *request* leads to, checked."""
    try:
        return _check(_choose(request), asking=asking)
    except GatewayError as error:
        choices_page.explain(request, error)
        raise


def _refuse_contradictions(options: Options) -> None:
    if options["token_stdin"] and options["token_file"]:
        problem = "--token-stdin and --token-file cannot both be meant; choose one"
        raise command_line.refused(problem)
    if options["ours"] and options["theirs"]:
        problem = "--ours and --theirs cannot both be meant; choose one"
        raise command_line.refused(problem)


def _read(options: Options) -> Request:
    """What was typed, over what is remembered; no choice is made yet."""
    usual = Layout.of(os.environ)
    typed = _read_choices(options)
    target = None
    if "target" in typed:
        place = _read_target(typed["target"])
        chosen = rules.checked(
            "target",
            place,
        )
        target = chosen or str(usual.gateway)
    remembered = recall(usual, target)
    return Request(
        remembered.for_deployment,
        _read_flags(options),
        profile=options.get("profile"),
        typed=typed,
        remembered=remembered,
    )


def _read_flags(options: Options) -> Flags:
    """The options that are about this run only."""
    flags = {name: options[name] for name in Flags._fields if name in options}
    for name in FLAG_PATHS:
        flags[name] = _absolute(flags[name]) if flags[name] else None
    flags["force"] = rules.names(
        flags["force"] or "",
        "--force",
    )
    return Flags(**flags)


def _read_choices(options: Options) -> dict[str, str]:
    """The options that make a choice, as text; those that were not typed are left out."""
    typed = {}
    for name, value in options.items():
        if name in Flags._fields or name == "profile" or value is None:
            continue
        if isinstance(value, str):
            typed[name] = value
        elif value:  # an option that may be given several times
            typed[name] = "\n".join(value)
    return typed


def _choose(request: Request) -> Resolved:
    """With the choices that the profile and the options make."""
    before = _begin(request)
    after = before.asked(**_replacements(request))
    if after.scope != before.scope:
        _refuse_to_move(before._replace(target=after.target))
    chosen = replace(request, choices=after)
    return resolve(chosen, Context.of(after))


def _begin(request: Request) -> Choices:
    """What the options go over: the choices of the profile, where there is one.

    A new profile begins with what was chosen before; where a preset is named, with what of it is
    about this machine.
    """
    choices = request.choices
    if not request.profile:
        return choices
    layout = locate(choices)
    if named.exists(
        layout,
        request.profile,
    ):
        kept = named.read(layout, request.profile)
        return kept.at(choices)
    if "preset" in request.typed:
        return choices.of_this_machine()
    return choices


def _replacements(request: Request) -> dict[str, str]:
    """The choices that were typed, each as it is meant."""
    typed = {}
    for name, text in request.typed.items():
        if name == "target":
            typed[name] = _read_target(text)
        elif name in CHOICE_PATHS and text != rules.NONE:
            typed[name] = _absolute(text)
        elif name == "scope" and text == "project":
            typed[name] = get_initial_workdir()
        elif name not in CHANGES:
            typed[name] = text
    return typed


def _refuse_to_move(choices: Choices) -> None:
    """The way back is known for one settings file; it has to be gone before the next one."""
    layout = locate(choices)
    if layout.manifest.exists():
        raise UsageError(
            f"Claude Code is joined through {layout.settings}",
            "Give that back first: doit uninstall. Then choose --scope.",
        )


def _check(resolved: Resolved, *, asking: bool) -> Resolved:
    """With the models that are added and removed; UsageError for what is not in the catalogue."""
    request = resolved.request
    has_choice = request.typed or request.flags.force or request.profile
    try:
        resolved = _with_models(resolved)
        if has_choice and not asking:
            _ = resolved.deployment
        _refuse_unknown_tools(resolved)
    except UsageError:
        raise
    except GatewayError:
        pass  # the catalogue is damaged: the steps say where
    return resolved


def _with_models(resolved: Resolved) -> Resolved:
    """With --add-models and --remove-models, which count from the models that are chosen so far."""
    request = resolved.request
    add = rules.names(
        request.typed.get("add_models", ""),
        "--add-models",
    )
    remove = rules.names(
        request.typed.get(
            "remove_models",
            "",
        ),
        "--remove-models",
    )
    if not add and not remove:
        return resolved
    # A tier may name a model that is added just now.
    untiered = request.choices._replace(**dict.fromkeys(TIERS))  # type: ignore[arg-type]
    current = deployment.settle(
        untiered,
        resolved.context.catalogue,
    )
    names = [model.id for model in current.models]
    choices = rules.with_models(
        request.choices,
        names,
        add,
        remove,
    )
    changed = replace(request, choices=choices)
    return resolve(changed, resolved.context)


def _refuse_unknown_tools(resolved: Resolved) -> None:
    forced = resolved.request.flags.force
    if not forced:
        return
    tools = resolved.context.catalogue.neighbours.values()
    known = {tool.id: tool.name for tool in tools}
    for name in forced:
        if name not in known:
            raise rules.unknown("tool", name, known)


def with_templates(layout: Layout, text: str) -> Layout:
    """*layout* with the folder of own templates that was typed, if any was."""
    if not text:
        return layout
    folder = _absolute(text)
    return layout.of_templates(folder)


def _read_target(text: str) -> str:
    """The gateway's folder; where that is the usual one, none."""
    if text == rules.NONE:
        return text
    path = _absolute(text)
    layout = Layout.of(os.environ)
    usual = str(layout.gateway)
    if path == usual:
        return rules.NONE
    return path


def _absolute(text: str) -> str:
    """A path as typed, from where it was typed; one with `..` stays as it is, to be refused."""
    if ".." in text.split("/"):
        return text
    path = Path(
        get_initial_workdir(),
        Path(text).expanduser(),
    )
    return os.path.normpath(path)
