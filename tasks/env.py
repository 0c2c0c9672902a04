"""env: a profile as variables, for a shell to evaluate: for programs that know no settings.json."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.claude import ledger_file
from tasks.core.cli.steps import Task, action, text_option
from tasks.core.console import console
from tasks.core.deploying import reach
from tasks.core.model import choices as rules
from tasks.core.model.errors import UsageError
from tasks.core.profiles import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.deploying.resolve import Resolved

SHELLS = {
    "bash": 'eval "$(doit env --shell bash)"',
    "zsh": 'eval "$(doit env --shell zsh)"',
    "fish": "doit env --shell fish | source",
}
"""The shells, and how each takes what is printed."""

SHARED = "NO_PROXY"
"""A variable that others set too: ours are added to theirs, and stay."""

OPTIONS = [
    text_option("profile", "NAME", "which one; else what is chosen"),
    text_option("shell", "NAME", "bash, zsh or fish; else that of $SHELL"),
    {"name": "unset", "long": "unset", "type": bool, "default": False, "help": "lines that take them back"},
    {"name": "show", "long": "show", "type": bool, "default": False, "help": "print the token even to a terminal"},
]


def task(resolved: Resolved) -> Task:
    """`doit env [--profile NAME] [--shell SHELL] [--unset] [--show]`."""
    return {
        "actions": [(tell, [resolved])],
        "params": OPTIONS,
        "io": {"capture": False},  # doit keeps no copy of a secret
        "meta": {"quiet": True},
    }


@action
def tell(resolved: Resolved, profile: str, shell: str, unset: bool, show: bool) -> None:
    """Print the lines, and nothing else, on stdout; a token only where no one looks over the shoulder."""
    chosen = known(shell or Path(os.environ.get("SHELL", "bash")).name, asked_for=bool(shell))
    if unset:
        names = terminal.list_names(reach.resolve_profile(resolved, profile or None).deployment)
        console.hand("\n".join(undone(names, chosen)))
        return
    if sys.stdout.isatty() and not show:
        option = f" --profile {profile}" if profile else ""
        how = SHELLS[chosen].replace(" --shell", f"{option} --shell")
        raise UsageError("would show the token in this terminal", f"Have the shell read it: {how}; or add --show.")
    reached = reach.reach_profile(resolved, profile or None)
    variables = terminal.make_variables(reached.layout, reached.deployment, reached.values)
    console.hand("\n".join(exported(variables, chosen)))
    if ledger_file.read(resolved.layout):
        console.warn(f"for claude {resolved.layout.settings} wins over variables; run it with: doit exec -- claude")


def known(shell: str, *, asked_for: bool) -> str:
    """The shell to write for; UsageError for one that was asked for and is none of ours."""
    if shell not in SHELLS and asked_for:
        raise rules.unknown("shell", shell, SHELLS)
    return shell if shell in SHELLS else "bash"


def exported(values: Mapping[str, str], shell: str) -> Iterator[str]:
    """A line per variable, each value one word of *shell* whatever is in it."""
    for name, value in values.items():
        yield f"set -gx {name} {fish(value)}" if shell == "fish" else f"export {name}={shlex.quote(value)}"


def undone(names: Iterable[str], shell: str) -> Iterator[str]:
    """A line per variable that takes it away."""
    for name in names:
        if name != SHARED:
            yield f"set -e {name}" if shell == "fish" else f"unset {name}"


def fish(value: str) -> str:
    """*value* as one word of fish: in single quotes only these two signs mean something."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
