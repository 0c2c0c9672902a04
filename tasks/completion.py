"""completion: a script with which bash, zsh or fish knows commands, options, and what they can be given."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.catalogue import templating
from tasks.core.cli.steps import Task, action, text_option
from tasks.core.console import console, invocation
from tasks.core.frame import completion, values
from tasks.core.model import choices as rules
from tasks.core.model.layout import is_packaged

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout

SHELL = text_option("shell", "NAME", "bash, zsh or fish; else that of $SHELL")


def task(layout: Layout) -> Task:
    """`doit completion [--shell SHELL]`."""
    return {"actions": [(tell, [layout])], "params": [SHELL], "meta": {"quiet": True}}


@action
def tell(layout: Layout, shell: str) -> None:
    """Print the script of the shell that was named."""
    chosen = shell or Path(os.environ.get("SHELL", "bash")).name
    if chosen not in values.SHELLS:
        raise rules.unknown("shell", chosen, values.SHELLS)
    console.hand(script(layout, chosen))


def anywhere() -> str:
    """What prints the script from any folder, in a shell that knows nothing of this checkout's environment."""
    if is_packaged():
        return console.as_typed("doit completion")
    return shlex.join(invocation.command("completion"))


def script(layout: Layout, shell: str) -> str:
    """The script: who to ask at every TAB, and for which commands."""
    values = {
        "packaged": is_packaged(layout.project),
        "project": layout.project,
        "python": sys.executable,
        "helper": Path(completion.__file__ or ""),
        "command": anywhere(),
    }
    return templating.render(layout.templates / "completion" / f"{shell}.j2", values).rstrip("\n")
