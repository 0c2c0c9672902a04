"""The command line: the words of this run, read once, and the one parser of options.

Options of a step may come after its words, --quiet and --verbose are understood everywhere. A wrong
word is answered with one sentence: the nearest name, and where to find all.
"""

from __future__ import annotations

import getopt
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from doit.cmdparse import CmdOption, CmdParse, CmdParseError, TaskParse
from doit.exceptions import InvalidCommand

from tasks.core.cli import known, spelling
from tasks.core.console import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Values = Any  # doit's own kind of dictionary
    Descriptions = Iterable[Mapping[str, Any]]

END = "--"
"""What comes behind it belongs to the program that is to be run."""

HELP = {"--help", "-h"}

EVERYWHERE = {
    "--quiet": "only warnings and failures",
    "--verbose": "also what had nothing to do",
    "-y, --yes": "agree to what would be asked",
    "-h, --help": "this page",
}
"""The options that every command and step accepts, behind its name."""

LOUDNESS = ("--quiet", "--verbose")
YES = ("--yes", "-y")
OF_DODO = ("--help", "--version")
"""What may come in place of a command."""

PROCESSES = "-n needs the number of processes; what deploying would change: doit deploy -n"

EMPTY = "an empty word is the name of nothing; an option takes it as --NAME="


class CommandLine(NamedTuple):
    """What was typed: our words, and those of the program that is to be run."""

    words: tuple[str, ...] = ()
    program: tuple[str, ...] = ()


class Run:
    """The command line of this process."""

    line: CommandLine | None = None
    """None until our own entry takes it: then another doit reads dodo.py."""


this = Run()


def take(argv: Sequence[str]) -> CommandLine:
    """Read *argv*, once for the whole run; raise InvalidCommand when a name is empty."""
    this.line = split(argv)
    if "" in this.line.words:
        raise InvalidCommand(EMPTY)
    return this.line


def current() -> CommandLine:
    """The command line of this run; under upstream doit, the words it was started with."""
    return this.line if this.line is not None else split(sys.argv[1:])


def program() -> list[str]:
    """The program that is to be run, and its words."""
    return list(current().program)


def split(argv: Sequence[str]) -> CommandLine:
    """Tell our words from those of a program.

    `run --profile …` is our `exec`: doit has a command called run, which knows no profiles.
    """
    end = argv.index(END) if END in argv else len(argv)
    words = join_empty(argv[:end])
    if words[:1] == ["run"] and any(word.startswith("--profile") for word in words):
        words[0] = "exec"
    return CommandLine(tuple(words), tuple(argv[end + 1 :]))


def join_empty(words: Iterable[str]) -> list[str]:
    """*words* with an empty one added to the option before it: `--proxy ''` is `--proxy=`."""
    whole: list[str] = []
    for word in words:
        if not word and whole and whole[-1].startswith("--") and "=" not in whole[-1]:
            whole[-1] += "="
        else:
            whole.append(word)
    return whole


def behind(task: str) -> list[str] | None:
    """The words behind the name of *task*; None when it is not the command."""
    words = current().words
    for at, word in enumerate(words):
        if word == task:
            return list(words[at + 1 :])
        is_option = word.startswith("-") or (at and words[at - 1].startswith("-"))
        if not is_option and word != "run":
            return None
    return None


class Options(TaskParse):  # type: ignore[misc]
    """Reads the options of a step.

    An option without a spelling (steps.WORDS) holds the words; options may then come after them, as
    where all words are those of one command (*is_whole*).
    """

    is_whole = False

    def parse_only(self, in_args: Sequence[str], params: Values = None) -> tuple[Values, list[str]]:
        """The options among *in_args*, and the words; raise CmdParseError with one sentence."""
        words = spelling.straighten(in_args, list_spelled(self.options))
        args = hear(words, can_agree="yes" in self)
        wordy = [option.name for option in self.options if not option.short + option.long]
        if not wordy and not self.is_whole:
            return read_options(self, args, params, getopt.getopt)
        found, words = read_options(self, args, params, getopt.gnu_getopt)
        if wordy:
            found[wordy[0]] = words
        return found, words


class CommandOptions(CmdParse):  # type: ignore[misc]
    """Reads the options of one of doit's own commands."""

    is_whole = False

    def parse_only(self, in_args: Sequence[str], params: Values = None) -> tuple[Values, list[str]]:
        """The options before the first word, or all, and the rest; raise CmdParseError likewise."""
        read = getopt.gnu_getopt if self.is_whole else getopt.getopt
        return read_options(self, list(in_args), params, read)


def read_options(
    parser: CmdParse,
    args: list[str],
    params: Values,
    read: Callable[..., Any],
) -> tuple[Values, list[str]]:
    """The options of *parser* among *args*, as getopt's *read* finds them, and the words."""
    try:
        options, words = read(args, parser.get_short(), parser.get_long())
        refuse_values(parser, options)
        spelled = [word for name, value in options for word in _spelled(parser, name, value)]
        found, _ = CmdParse.parse_only(parser, spelled, params)
    except getopt.GetoptError as error:
        raise CmdParseError(_unknown(parser, error)) from None
    except CmdParseError as error:
        raise CmdParseError(_wrong_value(parser.options, str(error))) from None
    return found, words


def _spelled(parser: CmdParse, name: str, value: str) -> list[str]:
    """An option as it was read, to be read once more by doit."""
    option, _ = parser.get_option(name)
    return [name] if option.type is bool else [name, value]


def refuse_values(parser: CmdParse, given: Iterable[tuple[str, str]]) -> None:
    """CmdParseError when an option has two values, of which doit takes the last, or an empty one.

    Empty is what a shell makes of a variable that is not set.
    """
    values = []
    for name, value in given:
        option, _ = parser.get_option(name)
        if option.type is bool:
            continue
        if not value.strip():
            raise CmdParseError(f"{name} is empty; give it a value, or leave it out")
        if option.type is not list:
            values.append((f"--{option.long}", value))
    spelling.refuse_repeats(values)


def list_spelled(options: Iterable[Any]) -> list[spelling.Spelled]:
    """How *options* are spelled, with those that every step accepts."""
    spelled = [
        spelling.Spelled(
            option.long,
            option.short,
            has_value=option.type is not bool,
            is_list=option.type is list,
        )
        for option in options
    ]
    everywhere = [word.removeprefix("--") for word in (*LOUDNESS, *YES)]
    return spelled + [spelling.Spelled(long, "", has_value=False) for long in everywhere]


def hear(args: Iterable[str], *, can_agree: bool = False) -> list[str]:
    """Do what every step understands; the other *args*. After `--` all is the program's.

    --yes is left to a step that asks something (*can_agree*); any other has nothing to ask.
    """
    words = list(args)
    end = words.index(END) if END in words else len(words)
    console.loudness.quiet |= "--quiet" in words[:end]
    console.loudness.verbose |= "--verbose" in words[:end]
    heard = LOUDNESS if can_agree else (*LOUDNESS, *YES)
    return [word for word in words[:end] if word not in heard] + words[end:]


def read(options: Descriptions, words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The values of *options* that *words* begin with, and the rest of the words."""
    values, rest = Options([CmdOption(dict(option)) for option in options]).parse(list(words))
    return dict(values), rest


def parsed(words: Iterable[str], options: Descriptions) -> tuple[dict[str, Any], list[str]]:
    """The options and names, in any order; raise CmdParseError for an unknown option."""
    parser = Options([CmdOption(dict(option)) for option in options])
    parser.is_whole = True
    values, names = parser.parse(list(words))
    return dict(values), names


def refused(text: object) -> InvalidCommand:
    """What ends doit with one sentence and exit 3; the commands in it as this person types them."""
    return InvalidCommand(console.as_typed(str(text)))


def refuse_assignment(words: Sequence[str]) -> None:
    """Raise InvalidCommand for `models=a` in place of a step, which is a variable for doit."""
    if words and _assigns(words[0]):
        raise refused(no_assignment(words[0]))


def refuse_unknown(words: Sequence[str], tasks: Iterable[Any]) -> None:
    """Raise InvalidCommand when the first of *words* is no task, pattern or target."""
    first = words[0] if words else ""
    made = list(tasks)
    names = {task.name for task in made}
    if not first or first.startswith("-") or first in names or "*" in first:
        return
    if any(first in task.targets for task in made):
        return
    refuse_assignment(words)
    raise refused(no_step(first, names))


def no_step(word: str, names: Iterable[str]) -> str:
    """The sentence for a *word* that is no step: the nearest of *names*, and the list."""
    import difflib

    meanings = {name: name for name in names if not name.startswith("_")}
    meanings |= known.this.find_commands()
    near = difflib.get_close_matches(word.lower(), meanings, n=1, cutoff=0.6)
    hint = ""
    if known.this.find_names().get(word) == "preset":
        hint = f" To deploy that preset: doit deploy {word}"
    elif near:
        hint = f" Did you mean {meanings[near[0]]}?"
    return f"there is no step {known.show_word(word)}.{hint}\n  All there are: doit list"


def _assigns(word: str) -> bool:
    """Whether *word* is a variable for doit, which has no use for one here."""
    return "=" in word and not word.startswith("-")


def no_assignment(word: str) -> str:
    """The sentence for `models=a`, which is no option."""
    name = console.printable(word.partition("=")[0])
    return f"'{name}=…' is not an option; write --{name.replace('_', '-')} …"


def _unknown(parser: CmdParse, error: getopt.GetoptError) -> str:
    """The sentence for a wrong option: what is wrong, the nearest one, and all there are."""
    import difflib

    dashes = "--" if len(error.opt) > 1 else "-"
    names = [f"--{option.long}" for option in parser.options if option.long]
    if isinstance(parser, TaskParse):
        names += [name for name in (*LOUDNESS, "--yes") if name not in names]
    else:
        names += OF_DODO
    if "not recognized" not in error.msg:
        return error.msg.removeprefix("option ").replace("requires argument", "needs a value")
    meant = dashes + error.opt
    refusal = f"there is no option {console.printable(meant)} here"
    for option in known.this.find_deploy_options():
        if f"--{option['long']}" == meant:
            return f"{refusal}; it is one of deploy: doit deploy {known.spell_option(option)}"
    near = difflib.get_close_matches(meant, names, n=1, cutoff=0.6)
    if near:
        return f"{refusal}. Did you mean {near[0]}?"
    listed = console.folded(f"  There are {', '.join(names)}.", min(console.width(), 120), 0)
    return f"{refusal}.\n{listed}"


def _wrong_value(options: Iterable[Any], text: str) -> str:
    """The message of doit about a value in plain words; the value itself is not repeated."""
    match = re.match(r"Error parsing parameter '(\w+)' <class '(\w+)'>", text)
    spelling = {option.name: option.long for option in options}
    if match and match[1] == "num_process":
        return PROCESSES
    if match and match[2] == "int":
        return f"--{spelling[match[1]]} needs a whole number"
    return text
