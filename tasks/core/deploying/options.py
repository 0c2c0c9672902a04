"""From the options of a command line to a request: over what was chosen before, or what a profile chooses."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit import get_initial_workdir

from tasks.core.cli import command_line
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

FLAG_PATHS = ("token_file", "proxy_auth_file")
CHOICE_PATHS = ("target", "litellm", "ca_bundle", "client_cert", "client_key")
"""The options that are paths, meant from where they were typed."""

CHANGES = ("add_models", "remove_models")
"""The options that change a choice, where the others replace one."""


def resolve_options(options: Mapping[str, Any], *, asking: bool = False) -> Resolved:
    """The options of `doit deploy` as a request in its context; a wrong one ends doit with one sentence, exit 3.

    *options*: by name, as doit reads them. *asking*: what they leave open is asked for next, so it is not missing yet.
    """
    _refuse_contradictions(options)
    try:
        resolved = _choose(_read(options))
        return _check(resolved, asking=asking)
    except UsageError as error:
        raise command_line.refused(error) from None


def _refuse_contradictions(options: Mapping[str, Any]) -> None:
    if options["token_stdin"] and options["token_file"]:
        raise command_line.refused("--token-stdin and --token-file cannot both be meant; choose one")
    if options["ours"] and options["theirs"]:
        raise command_line.refused("--ours and --theirs cannot both be meant; choose one")


def _read(options: Mapping[str, Any]) -> Request:
    """What was typed, over what is remembered; no choice is made yet."""
    flags = {name: options[name] for name in Flags._fields if name in options}
    flags |= {name: _absolute(flags[name]) if flags[name] else None for name in FLAG_PATHS}
    flags["force"] = rules.names(options["force"] or "", "--force")
    others = {name: value for name, value in options.items() if name not in (*Flags._fields, "profile")}
    return Request(
        choices=recall(Layout.of(os.environ)),
        flags=Flags(**flags),
        profile=options.get("profile"),
        typed={name: _as_text(value) for name, value in others.items() if value not in (None, [])},
    )


def _choose(request: Request) -> Resolved:
    """With the choices that the profile and the options make."""
    before = _choices_of_profile(request) if request.profile else request.choices
    after = _with_typed(before, request.typed)
    if after.scope != before.scope:
        _refuse_to_move(locate(before._replace(target=after.target)))
    return resolve(replace(request, choices=after), Context.of(after))


def _check(resolved: Resolved, *, asking: bool) -> Resolved:
    """With the models that are added and removed; UsageError for what the catalogue does not have."""
    request = resolved.request
    try:
        if any(name in request.typed for name in CHANGES):
            resolved = _with_models(resolved)
        if not asking and (request.typed or request.flags.force or request.profile):
            _ = resolved.deployment
        _refuse_unknown_tools(resolved)
    except UsageError:
        raise
    except GatewayError:
        pass  # the catalogue is damaged: the steps say where
    return resolved


def _choices_of_profile(request: Request) -> Choices:
    """What to begin with for the profile of *request*: its choices.

    For a new profile, what was chosen; where a preset is named, only what is about this machine.
    """
    name, target = str(request.profile), request.typed.get("target")
    layout = Layout.of(os.environ, _absolute(target) if target else request.choices.target)
    if named.exists(layout, name):
        return named.read(layout, name).at(request.choices)
    return request.choices.of_this_machine() if "preset" in request.typed else request.choices


def _with_typed(before: Choices, typed: Mapping[str, str]) -> Choices:
    """*before* with every choice that was typed."""
    given = {name: text for name, text in typed.items() if name not in CHANGES}
    for option in given.keys() & set(CHOICE_PATHS):
        given[option] = _absolute(given[option])
    if given.get("scope") == "project":
        given["scope"] = get_initial_workdir()
    return before.asked(**given)


def _with_models(resolved: Resolved) -> Resolved:
    """With --add-models and --remove-models."""
    request = resolved.request
    add, remove = (rules.names(request.typed.get(name, ""), rules.option_of(name)) for name in CHANGES)
    untiered = request.choices._replace(**dict.fromkeys(TIERS))  # type: ignore[arg-type]
    current = deployment.settle(untiered, resolved.context.catalogue).models
    choices = rules.with_models(request.choices, [model.id for model in current], add, remove)
    return resolve(replace(request, choices=choices), resolved.context)


def _refuse_unknown_tools(resolved: Resolved) -> None:
    if not resolved.request.flags.force:
        return
    known = {tool.id: tool.name for tool in resolved.context.catalogue.neighbours.values()}
    for name in resolved.request.flags.force:
        if name not in known:
            raise rules.unknown("tool", name, known)


def _refuse_to_move(layout: Layout) -> None:
    """The way back is known for one settings file only: it has to be gone before another one is connected."""
    if layout.manifest.exists():
        raise UsageError(
            f"Claude Code is joined through {layout.settings}",
            "Give that back first: doit uninstall. Then choose --scope.",
        )


def _as_text(value: str | list[str]) -> str:
    """An option that may be given several times, as one text."""
    return value if isinstance(value, str) else "\n".join(value)


def _absolute(text: str) -> str:
    """A path as typed, from where it was typed; one with `..` stays as it is, to be refused."""
    if ".." in text.split("/"):
        return text
    return os.path.normpath(Path(get_initial_workdir(), Path(text).expanduser()))
