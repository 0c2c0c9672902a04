"""How the options of a step are read: doit's own way, with --quiet and --verbose everywhere and words that help.

doit has no hook for any of it, so workshop.prepare() puts parse_only() in the place of its method.
"""

from __future__ import annotations

import getopt
import re
from typing import TYPE_CHECKING, Any

from doit import cmdparse
from doit.cmdparse import CmdParseError

from tasks.tools import console

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
