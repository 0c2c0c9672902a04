"""What somebody types who does not know us yet: --help behind a name, and a name that is almost right."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from doit.cmd_help import Help

from tasks.tools import console, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

HELP = {"--help", "-h"}


def wanted(words: Sequence[str]) -> str:
    """The name of the task that *words* ask for help on; "" when they do not."""
    ours = typed.ours(words)
    return ours[0] if HELP.intersection(ours[1:]) and not ours[0].startswith("-") else ""


def show(cmd: Any, name: str, load: Callable[[list[str]], Any]) -> None:  # noqa: ANN401 - doit's command
    """Print what `doit help NAME` prints and end; nothing when there is no such task."""
    sys.argv[1:] = ["help", name]  # whoever looks sees that nothing else is to be done
    cmd.task_list = load([name])
    if Help._execute(cmd, [name]):  # noqa: SLF001 - it wants no more than the tasks
        raise SystemExit(0)


def check(words: Sequence[str], tasks: Iterable[Any]) -> None:
    """InvalidCommand, with the nearest name, when the first of *words* can be no task, pattern or target."""
    first = words[0] if words else ""
    made = list(tasks)
    names = {each.name for each in made}
    if not first or first.startswith("-") or first in names or "*" in first:
        return
    if any(first in each.targets for each in made):
        return
    import difflib

    near = difflib.get_close_matches(first, [name for name in names if not name.startswith("_")], n=1, cutoff=0.6)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise typed.refused(f"there is no step {console.printable(first)!r}.{hint}\n  All there are: doit list")
