"""What can come next on a command line: asked by a shell at every TAB, so it reads little and runs alone.

    python completion.py SHELL WORD… CURRENT     (bash: the line up to the cursor, in one word)

Prints `value<TAB>what it is` per line. Commands and options come from dodo.py itself, by way of build/completion.json
while that is as new as the code; values come from the names of files.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tasks.core.frame.values import LISTS, SOURCES, Values, locate, nothing, read_json
from tasks.core.model.layout import PACKAGE, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

FILES, NOT_OURS = 10, 11
"""Exit codes: complete the names of files; this command line is not for our dodo.py."""


def main(shell: str, *words: str) -> int:
    """Print what can come next; the exit code tells the shell what else to do."""
    typed = split(words[0]) if shell == "bash" else list(words)
    layout = Layout.of(os.environ)
    mine = meant_for(layout.project, typed)
    if mine is None:
        return NOT_OURS
    place = locate(
        layout,
        mine,
        Path.cwd(),
    )
    found = after(
        mine,
        commands(layout),
        place,
    )
    if found is None:
        return FILES
    cut = typed[-1].rfind("=") + 1 if shell == "bash" else 0  # bash takes what is behind the sign for the word
    for value, text in found.items():
        if value.startswith(typed[-1]):
            sys.stdout.write(f"{value[cut:]}\t{' '.join(text.split())}\n")
    return 0


def split(line: str) -> list[str]:
    """The words of a command line that may break off anywhere, the unfinished one last."""
    try:
        words = shlex.split(line)
    except ValueError:  # in the middle of a quoted word
        words = line.split()
    return [*words, ""] if line[-1:].isspace() else words


def meant_for(project: Path, typed: list[str]) -> list[str] | None:
    """The words behind `doit` or `python3 dodo.py`; None when that is not the dodo.py of *project*."""
    if typed[0].rpartition("/")[2] == PACKAGE:
        return typed[1:]
    ours = project / "dodo.py"
    if typed[0].rpartition("/")[2].startswith("python"):
        return typed[2:] if len(typed) > 2 and _same(typed[1], ours) else None  # noqa: PLR2004
    words, file = typed[1:], "dodo.py"
    if len(words) > 1 and words[0] in ("-f", "--file"):
        file, words = words[1], words[2:]
    elif words[0].startswith("--file="):
        file, words = words[0].partition("=")[2], words[1:]
    return words if words and _same(file, ours) else None


def after(words: list[str], known: Mapping[str, Any], layout: Layout) -> Values | None:
    """What can stand in the place of the last of *words*; None: a file."""
    *before, current = words
    if before[:1] == ["run"]:
        before = before[1:]
    if not before:
        return {name: each["doc"] for name, each in known.items()}
    command = known.get(before[0], {"options": []})
    if "--" in before:
        return None
    options = {f"--{each['long']}": each for each in command["options"]}
    name, sign, _ = current.partition("=")
    if sign and name in options:
        found = values(options[name]["name"], current, layout)
        return found and {f"{name}={value}": text for value, text in found.items()}
    if (option := options.get(before[-1])) and not option["flag"]:
        return values(option["name"], current, layout)
    if current.startswith("-"):
        return {name: each["help"] for name, each in options.items()}
    return values(before[0], current, layout)


def _source(name: str) -> Callable[[Layout], Values]:
    """Where the values of the option, or the command, *name* come from."""
    if name == "help":
        return lambda layout: {name: each["doc"] for name, each in commands(layout).items()}
    return SOURCES.get(name, nothing)


def values(name: str, current: str, layout: Layout) -> Values | None:
    """What the option, or the command, *name* takes; None: a file."""
    if name in PATHS:
        return None
    found = _source(name)(layout)
    if name not in LISTS:
        return found
    done = current.partition("=")[2] if current.startswith("-") else current
    given = done.split(",")[:-1]
    return {",".join([*given, value]): text for value, text in found.items() if value not in given}


PATHS = (
    "target",
    "litellm",
    "ca_bundle",
    "client_cert",
    "client_key",
    "templates",
    "out",
    "report",
    "apply",
    "lint",
)


def commands(layout: Layout) -> dict[str, Any]:
    """Every command with its options, as dodo.py has them now; {} when it cannot be loaded."""
    cache = layout.extracts / "completion.json"
    stamp = [[path.name, path.stat().st_mtime_ns] for path in _code(layout)]
    copy = read_json(cache)
    if copy is None or copy.get("stamp") != stamp:
        copy = {"stamp": stamp, "commands": _loaded()}
        _write(cache, copy)
    return dict(copy["commands"])


def _loaded() -> dict[str, Any]:
    """The same from doit itself, which takes ten times as long."""
    from tasks.core.frame import lean

    lean.import_doit()
    from tasks.core.frame.commands import Front

    front = Front()
    tasks = [task for task in front.load() if not task.name.startswith("_") and task.subtask_of is None]
    found = {task.name: {"doc": task.doc or "", "options": list(_options(task))} for task in tasks}
    return found | {name: {"doc": command.doc_purpose, "options": []} for name, command in front.get_cmds().items()}


def _options(task: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - doit's Task
    for each in [*task.params, *task.creator_params]:
        if each.get("long"):
            flag = each["type"] is bool
            yield {"name": each["name"], "long": each["long"], "help": each.get("help", ""), "flag": flag}


def _code(layout: Layout) -> Iterable[Path]:
    return [layout.project / "dodo.py", *sorted((layout.project / "tasks").glob("*.py"))]


def _write(cache: Path, copy: dict[str, Any]) -> None:
    from tasks.core.disk import files

    files.write_cache(cache, json.dumps(copy).encode(), 0o600)


def _same(one: str, other: Path) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return False


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Exception:  # noqa: BLE001 - into the middle of a command line nothing is printed
        sys.exit(FILES)
