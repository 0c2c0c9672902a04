"""A private copy of all that decides whom Claude Code asks, as whom and for what.

    home/.claude, home/.claude.json   settings, and of its own state what decides about credentials
    main, work                        the repository's folders with their settings files
    environ                           the environment

Credentials, addresses and proxies are stand-ins; what would run another program of the user's runs
nothing. What is managed for the machine is read where it is, and so must not decide an address.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import client_facts
from tasks.core.claude import logins
from tasks.core.claude.copied_folders import find_target, place_folders, write
from tasks.core.claude.settings_edit import ALL_PROXIES
from tasks.core.claude.stand_ins import HEADERS, NO_PROXY, StandIns
from tasks.core.disk import files
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.core.claude.layers import File, Layers

DROPPED = re.compile(
    r"CLAUDECODE|CLAUDE_CODE_SSE_PORT|CLAUDE_CODE_ENTRYPOINT|DISPLAY|WAYLAND_DISPLAY|XDG_\w+"
    r"|NODE_OPTIONS|BUN_\w+|PWD|OLDPWD|HOME|TMPDIR"
)
"""Variables with which Claude Code would talk to other programs, or load them."""

RUNS = re.compile(r"\w*(Helper|Refresh|Export|Command|command)")
"""Members of a settings file whose value is a command."""

EMPTIED = ("enabledPlugins", "extraKnownMarketplaces", "additionalMarketplaces")
"""Members that make it fetch programs; they may be empty."""

NOTHING = "true"
"""A command that does nothing."""

HELPER = "apiKeyHelper"

BLOCKED = ("ssh", "gh", "curl", "wget")
"""Programs that Claude Code may start, and that would connect on their own."""

STATE_DROPPED = ("projects", "mcpServers")
"""Members of Claude Code's state that start programs, or that are about other folders."""

TRUSTED = {"hasTrustDialogAccepted": True}
"""As a folder is in which claude was started before."""

ANSWERS = "customApiKeyResponses"
SHOWN = 20
"""By so many characters at its end Claude Code remembers a key that was allowed or declined."""

DECIDING = (*ALL_PROXIES, *NO_PROXY, HEADERS, client_facts.SOCKET)


class ManagedElsewhere(GatewayError):
    """What is managed for this machine decides an address, and cannot be replaced."""


@dataclass(frozen=True)
class PrivateCopy:
    """Where it is, where claude is started in it, and the environment for that."""

    root: Path
    folder: Path
    environ: Mapping[str, str]
    stand_ins: StandIns


def make(
    layers: Layers,
    root: Path,
    recorder: str,
) -> PrivateCopy:
    """Write the copy into the empty folder *root*.

    ManagedElsewhere where Claude Code cannot be run safely with it.
    """
    refuse_managed(layers)
    stand_ins = make_stand_ins(layers, root, recorder)
    home = root / "home"
    config = home / ".claude"
    config.mkdir(parents=True)
    folders = place_folders(layers, root)
    for file in layers.files:
        target = find_target(file, layers, folders, config)
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            write(target, copy_settings(file, stand_ins))
    folder = folders[layers.folder]
    folder.mkdir(parents=True, exist_ok=True)
    environ = copy_environ(layers.environ, stand_ins)
    copy_logins(layers, config, folder, stand_ins)
    environ |= {
        "HOME": str(home),
        "PATH": block_programs(root, environ.get("PATH", "")),
        "TMPDIR": str(root),
        "BROWSER": NOTHING,
        "DISABLE_AUTOUPDATER": "1",
    }
    if "CLAUDE_CONFIG_DIR" in environ:
        environ["CLAUDE_CONFIG_DIR"] = str(config)
    return PrivateCopy(
        root,
        folder,
        environ,
        stand_ins,
    )


def block_programs(root: Path, path: str) -> str:
    """PATH on which the programs that know no proxy do nothing: it asks GitHub through ssh."""
    folder = root / "blocked"
    folder.mkdir()
    for name in BLOCKED:
        files.write(folder / name, b"#!/bin/sh\nexit 1\n", 0o700)
    return f"{folder}:{path}"


def make_stand_ins(
    layers: Layers,
    root: Path,
    recorder: str,
) -> StandIns:
    """Stand-ins that know which variables of Claude Code hold addresses and credentials."""
    facts = client_facts.names(layers.layout.templates)
    return StandIns(
        recorder,
        layers.text(client_facts.BASE_URL),
        known_addresses=[route["address"] for route in facts["routes"]],
        known_secrets=facts["credentials"],
        no_socket=str(root / "no-socket"),
    )


def refuse_managed(layers: Layers) -> None:
    """ManagedElsewhere where managed settings decide an address or run something."""
    facts = client_facts.names(layers.layout.templates)
    addresses = [route["address"] for route in facts["routes"]]
    for file in layers.files:
        if file.layer != "managed" or file.document is None:
            continue
        paths = [("env", name) for name in (*addresses, *DECIDING)]
        for path in (*paths, (HELPER,), ("hooks",)):
            if file.document.raw(path) is not None:
                problem = f"managed settings have {path[-1]}, which cannot be replaced for a try"
                raise ManagedElsewhere(
                    problem,
                    "Ask the administrator of this machine what it leads to.",
                    where=layers.shown(file.path),
                )


def copy_settings(file: File, stand_ins: StandIns) -> bytes:
    """A settings file with stand-ins; one that is no JSON, which Claude Code ignores, stays."""
    if file.document is None:
        return files.read(file.path) or b""
    value = copy_value(
        "",
        file.document.value(()),
        stand_ins,
    )
    return json.dumps(value, indent=1).encode()


def copy_value(
    name: str,
    value: Any,  # noqa: ANN401 - any JSON value
    stand_ins: StandIns,
) -> Any:  # noqa: ANN401 - of the same type, or Claude Code would judge the file otherwise
    """A member of a settings file, with the same types in it."""
    if isinstance(value, dict):
        return copy_members(name, value, stand_ins)
    if isinstance(value, list):
        return [copy_value("", item, stand_ins) for item in value]
    if isinstance(value, str) and value:
        return copy_text(name, value, stand_ins)
    return value


def copy_members(
    name: str,
    values: Mapping[str, Any],
    stand_ins: StandIns,
) -> dict[str, Any]:
    """The members of an object of this name."""
    made = {}
    for key, value in values.items():
        is_dropped = name == "env" and (key == "PATH" or DROPPED.fullmatch(key))
        if name not in EMPTIED and not is_dropped:
            made[key] = copy_value(key, value, stand_ins)
    return made


def copy_text(
    name: str,
    text: str,
    stand_ins: StandIns,
) -> str:
    """A text, of which no program is run but one that prints a stand-in."""
    if name == HELPER:
        return f"echo {stand_ins.replace_secret(text, HELPER)}"
    if RUNS.fullmatch(name):
        return NOTHING
    return stand_ins.replace_variable(name, text)


def copy_environ(
    environ: Mapping[str, str],
    stand_ins: StandIns,
) -> dict[str, str]:
    """The environment with stand-ins."""
    made = {}
    for name, value in environ.items():
        if DROPPED.fullmatch(name) is None:
            made[name] = stand_ins.replace_variable(name, value)
    return made


def copy_logins(
    layers: Layers,
    config: Path,
    folder: Path,
    stand_ins: StandIns,
) -> None:
    """What Claude Code itself keeps of logins, with stand-ins."""
    layout = layers.layout
    login = logins.read_state(layout.claude / logins.CREDENTIALS)
    if login:
        made = json.loads(json.dumps(login))
        for name in ("accessToken", "refreshToken"):
            copy_secret(
                made.get(logins.LOGIN),
                name,
                "a login at claude.ai",
                stand_ins,
            )
        write(
            config / logins.CREDENTIALS,
            json.dumps(made).encode(),
        )
    place, target = layout.home / logins.STATE, config.parent / logins.STATE
    if "CLAUDE_CONFIG_DIR" in layers.environ:
        place, target = layout.claude / logins.STATE, config / logins.STATE
    state = logins.read_state(place)
    made = copy_state(state, folder, stand_ins)
    write(
        target,
        json.dumps(made).encode(),
    )


def copy_secret(
    values: object,
    name: str,
    label: str,
    stand_ins: StandIns,
) -> None:
    """Put a stand-in in place of a secret among *values*."""
    if not isinstance(values, dict):
        return
    value = values.get(name)
    if isinstance(value, str) and value:
        values[name] = stand_ins.replace_secret(value, label)


def copy_state(
    state: Mapping[str, Any],
    folder: Path,
    stand_ins: StandIns,
) -> dict[str, Any]:
    """Claude Code's state, without what runs programs and what is about other folders."""
    made = dict(state)
    for name in STATE_DROPPED:
        made.pop(name, None)
    copy_secret(
        made,
        logins.CONSOLE_KEY,
        "a login at Anthropic's Console",
        stand_ins,
    )
    made[ANSWERS] = copy_answers(
        made.get(ANSWERS),
        stand_ins,
    )
    # Its first start would ask Anthropic itself, which no request can reach from the copy.
    made["hasCompletedOnboarding"] = True
    made["projects"] = {str(folder): TRUSTED}
    return made


def copy_answers(answers: object, stand_ins: StandIns) -> object:
    """Which keys were allowed and declined, by the ends of their stand-ins."""
    ends = {}
    for value, mark in stand_ins.marks.items():
        ends[value[-SHOWN:]] = mark[-SHOWN:]
    if not isinstance(answers, dict):
        return {"approved": [], "rejected": []}
    made = {}
    for name, listed in answers.items():
        made[name] = listed
        if isinstance(listed, list):
            made[name] = [
                ends.get(
                    str(end),
                    end,
                )
                for end in listed
            ]
    return made
