"""What can be typed: the names of commands, presets, models and profiles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir
from doit.doit_cmd import DoitMain

from tasks.core.cli import command_line, known
from tasks.core.frame import creators, examples, values
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasks.core.frame.creators import Creator

DEPLOY = "deploy"


def announce(find_creators: Callable[[], Mapping[str, Creator]]) -> None:
    """Let the command line know what *find_creators* finds, once it needs to."""

    def find_deploy_options() -> creators.Options:
        found = find_creators()
        return creators.options_of(found.get(DEPLOY))

    known.this.find_commands = lambda: find_commands(find_creators())
    known.this.find_names = find_names
    known.this.find_deploy_options = find_deploy_options


def find_commands(found: Mapping[str, Creator]) -> dict[str, str]:
    """The commands and steps that *found* make, also by their other names."""
    synonyms = examples.find_synonyms()
    meanings = {
        word: name  # if that is still there
        for word, name in synonyms.items()
        if name in found
    }
    # A real name is never another name for something else.
    public = [name for name in found if not name.startswith("_")]
    public.extend(
        command.get_name()  # of doit itself
        for command in DoitMain.DOIT_CMDS
    )
    return meanings | dict(
        zip(
            public,
            public,
            strict=True,
        )
    )


def find_names() -> dict[str, str]:
    """Profiles, models and presets, each with the option that takes it; a preset comes first."""
    layout = find_layout()
    found = dict.fromkeys(
        values.profiles(layout),
        "profile",
    )
    found |= dict.fromkeys(
        values.MODELS(layout),
        "models",
    )
    return found | dict.fromkeys(
        values.PRESETS(layout),
        "preset",
    )


def find_layout() -> Layout:
    """Where the names are that can be typed in this command."""
    usual = Layout.of(os.environ)
    line = command_line.current()
    # Before any step is made the folder is still the one where this was typed.
    folder = Path(get_initial_workdir() or Path.cwd())
    return values.locate(usual, line.words, folder)
