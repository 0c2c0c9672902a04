"""The command line as it was typed: doit keeps words with `=` for itself, and tells no creator what stands behind."""

from __future__ import annotations

import getopt
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from doit import cmdparse, get_var
from doit.cmd_help import Help
from doit.cmdparse import CmdOption, CmdParseError, TaskParse
from doit.exceptions import InvalidCommand

from tasks.core.console import console
from tasks.core.frame import bootstrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


END = "--"
"""What stands behind it belongs to the program that is to be run."""


def whole(words: Sequence[str]) -> list[str]:
    """*words* as doit has them, from the command on, with those put back that it took for variables of its own.

    One in front of the command can be meant for nobody: doit ends with a sentence.
    """
    line = sys.argv[1:]
    kept = [at for at, word in enumerate(line) if not _assigns(word)]
    if [line[at] for at in kept[len(kept) - len(words) :]] != list(words):
        return list(words)  # somebody else called doit, with other words
    begin = kept[-len(words)] if words else len(line)
    for word in line[:begin]:
        if _assigns(word) and get_var(word.partition("=")[0]) is not None:
            raise refused(_no_option(word))
    return line[begin:]


def refuse_assignment(words: Sequence[str], options: Iterable[Mapping[str, Any]]) -> None:
    """`doit deploy models=a`: no option, and no step either; without a sentence the old choice would be deployed."""
    _, rest = TaskParse([CmdOption(dict(each)) for each in options]).parse(list(words))
    if rest and _assigns(rest[0]):
        raise refused(_no_option(rest[0]))


def _assigns(word: str) -> bool:
    """Whether doit takes *word* for a variable of its own."""
    return "=" in word and not word.startswith("-")


def _no_option(word: str) -> str:
    name = console.printable(word.partition("=")[0])
    return f"'{name}=…' is not an option; write --{name.replace('_', '-')} …"


def refused(text: object) -> InvalidCommand:
    """What ends doit with one sentence and exit 3; the commands in it as this person types them."""
    return InvalidCommand(console.as_typed(str(text)))


def behind(task: str) -> list[str] | None:
    """The words behind the name of *task*; None when it is not the command."""
    words = own_words(sys.argv[1:])
    for at, word in enumerate(words):
        if word == task:
            return words[at + 1 :]
        option = word.startswith("-") or (at and words[at - 1].startswith("-"))
        if not option and word != "run":
            return None
    return None


def program() -> list[str]:
    """The program that is to be run, and its words, each as it was typed."""
    if carried := os.environ.pop(bootstrap.PROGRAM, ""):
        return [str(word) for word in json.loads(carried)]
    words = sys.argv[1:]
    return words[words.index(END) + 1 :] if END in words else []


def own_words(words: Sequence[str]) -> list[str]:
    """The words that are not the program's."""
    return list(words[: words.index(END)] if END in words else words)


def parsed(words: Iterable[str], options: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Options and names in any order; one that is not among *options* ends doit with a sentence."""
    parser = TaskParse([CmdOption(dict(each)) for each in options])
    values, _ = parser.parse([])
    names: list[str] = []
    rest = list(words)
    while rest:
        values, rest = parser.parse_only(rest, values)
        names += rest[:1]
        rest = rest[1:]
    return dict(values), names


EVERYWHERE = {"--quiet": "only warnings and failures", "--verbose": "also what had nothing to do"}
"""The options that every command takes, behind its name."""

CHOSEN = {"--litellm": "PATH", "--port": "N", "--listen": "ADDRESS", "--preset": "NAME"}
"""Options of `doit deploy` that people try elsewhere, and what they need."""


def parse_only(self: Any, in_args: Sequence[str], params: Any = None) -> tuple[Any, list[str]]:  # noqa: ANN401 - doit's
    """The options among *in_args*, and the words behind them; CmdParseError in one sentence.

    An option without a spelling (steps.WORDS) holds those words; then options may stand behind them too.
    """
    args = heard(in_args)
    wordy = next((each.name for each in self.options if not each.short and not each.long), None)
    try:
        read = getopt.gnu_getopt if wordy else getopt.getopt
        options, words = read(args, self.get_short(), self.get_long())
        ordered = [part for pair in options for part in _spelled(self, *pair)]
        found, _ = cmdparse.CmdParse.parse_only(self, ordered, params)
    except getopt.GetoptError as error:
        raise CmdParseError(unknown(self.options, error)) from None
    except CmdParseError as error:
        raise CmdParseError(_wrong_value(self.options, str(error))) from None
    if wordy:
        found[wordy] = words
    return found, words


def heard(args: Iterable[str]) -> list[str]:
    """*args* without what every command understands, which is done; behind `--` everything is somebody else's."""
    words = list(args)
    end = words.index("--") if "--" in words else len(words)
    console.loudness.quiet |= "--quiet" in words[:end]
    console.loudness.verbose |= "--verbose" in words[:end]
    return [word for word in words[:end] if word not in EVERYWHERE] + words[end:]


def unknown(options: Iterable[Any], error: getopt.GetoptError) -> str:
    """The sentence for an option that cannot be meant: what is wrong with it, the nearest one, and all there are."""
    import difflib

    dashes = "--" if len(error.opt) > 1 else "-"
    known = [*(f"--{each.long}" for each in options if each.long), *EVERYWHERE]
    if "not recognized" not in error.msg:
        return f"{error.msg.removeprefix('option ')}".replace("requires argument", "needs a value")
    if (meant := dashes + error.opt) in CHOSEN:
        return f"there is no option {meant} here; it is chosen when deploying: doit deploy {meant} {CHOSEN[meant]}"
    near = difflib.get_close_matches(dashes + error.opt, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    listed = console.folded(f"  There are {', '.join(known)}.", min(console.width(), 120), 0)
    return f"there is no option {console.printable(dashes + error.opt)} here.{hint}\n{listed}"


def _spelled(parser: Any, name: str, value: str) -> list[str]:  # noqa: ANN401 - doit's TaskParse
    """An option as it was read, to be read once more by doit."""
    option, _ = parser.get_option(name)
    return [name] if option.type is bool else [name, value]


def _wrong_value(options: Iterable[Any], text: str) -> str:
    """The message of doit about a value in plain words; the value itself is not repeated."""
    match = re.match(r"Error parsing parameter '(\w+)' <class '(\w+)'>", text)
    known = {each.name: each.long for each in options}
    return f"--{known[match[1]]} needs a whole number" if match and match[2] == "int" else text


HELP = {"--help", "-h"}


def wanted(words: Sequence[str]) -> str:
    """The name of the task that *words* ask for help on; "" when they do not."""
    ours = own_words(words)
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
    raise refused(f"there is no step {console.printable(first)!r}.{hint}\n  All there are: doit list")
