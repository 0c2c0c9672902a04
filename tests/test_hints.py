"""What we tell people to type can be typed: every command and option in our messages and pages exists."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tasks.core.cli import command_line
from tasks.core.frame import lean
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = re.compile(r"\b(?:doit|gatehand|dodo\.py) (?P<name>[a-z][a-z_-]*)(?P<rest>[^`\"'\n|;)]*)")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
EVERYWHERE = {"--help", "--quiet", "--verbose", "-h"}
PROSE = {"again", "ignores", "itself", "needs", "order", "python", "starts"}
"""Words behind the program's name that go on with a sentence about it."""

OF_THE_USER = {"announce", "publish"}
"""Steps of the user's own, in docs/extending.md."""


CLONE = re.compile(r"\bclones?\b|\bcheckout\b|\bdodo\.py\b|\bdocs/\w|\.venv\b|\bgit pull\b")
"""What only a person with a clone has."""

FOR_A_CLONE = {
    "dodo.py": "",  # its own description
    "tasks/develop.py": "which installs them into .venv",
    "tasks/core/cli/checkout.py": "clone",
    "tasks/core/deploying/receipt.py": "docs/index.md has a page for each task",
    "tasks/core/frame/bugs.py": "/.venv/",
    "tasks/core/frame/completion.py": "dodo.py",
    "tasks/core/frame/door.py": "",
    "tasks/core/litellm/litellm.py": "remove .venv",
    "templates/completion/bash.j2": "if packaged",
    "templates/completion/fish.j2": "dodo.py",
    "templates/completion/zsh.j2": "if packaged",
}
"""Texts, by file, that are for a clone alone, or say that a command is."""

NOT_OURS = ("main checkout", "://")
"""Of a checkout of the user's, and of addresses."""


def known() -> dict[str, set[str]]:
    """Every command, doit's own too, with its options."""
    lean.import_doit()
    from tasks.core.frame.commands import Front

    front = Front()
    found: dict[str, set[str]] = {}
    for task in front.load():
        options = [*task.params, *task.creator_params]
        spelled = {f"--{option['long']}" for option in options if option.get("long")}
        spelled |= {f"-{option['short']}" for option in options if option.get("short")}
        found[task.name] = spelled
    return found


def own_commands() -> set[str]:
    """The commands of doit itself, whose options are its own."""
    from tasks.core.frame.commands import Front

    return set(Front().get_cmds())


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a file with their lines: of Python every string, of other files every line.

    Of what is written for who reads the code only what is marked as a command.
    """
    if path.suffix == ".md":
        yield from code_of(path)
        return
    if path.suffix != ".py":
        yield from enumerate(path.read_text().splitlines(), 1)
        return
    tree = ast.parse(path.read_text())
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if id(node) in notes and path.name != "dodo.py":
                text = "\n".join(re.findall(r"`[^`]*`", text))
            yield from enumerate(text.splitlines(), node.lineno)


def code_of(path: Path) -> Iterator[tuple[int, str]]:
    """What a page shows as code: lines of blocks, and what is between backticks."""
    is_fenced = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced:
            yield number, line
        else:
            for span in re.findall(r"`[^`]*`", line):
                yield number, span


def places() -> list[Path]:
    """All files in which a person is told what to type."""
    found = [PROJECT / "dodo.py", PROJECT / "README.md", PROJECT / "CHANGELOG.md", PROJECT / "CONTRIBUTING.md"]
    for folder, pattern in (("tasks", "*.py"), ("docs", "*.md"), ("templates", "*")):
        found += sorted(path for path in (PROJECT / folder).rglob(pattern) if path.is_file() and path.suffix != ".pyc")
    return found


def wrong_in(text: str, commands: dict[str, set[str]], own: set[str]) -> Iterator[str]:
    """The commands and options in *text* that do not exist."""
    for match in COMMAND.finditer(text):
        name, rest = match["name"], match["rest"]
        if name in own | PROSE | OF_THE_USER:
            continue
        if name not in commands:
            yield f"doit {name}"
            continue
        rest, *_ = re.split(r"\s(?:#|--)\s|\s--$|[,:]\s|\. ", rest)
        for option in OPTION.findall(rest):
            if option not in commands[name] | EVERYWHERE:
                yield f"doit {name} {option}"


@pytest.fixture(scope="module")
def commands():
    found = known()
    command_line.this.line = None
    return found


def test_every_command_and_option_that_we_name_exists(commands):
    own = own_commands()
    wrong = []
    for path in places():
        shown = path.relative_to(PROJECT)
        wrong += [f"{shown}:{line}: {name}" for line, text in texts_of(path) for name in wrong_in(text, commands, own)]
    assert not wrong, "\n".join(wrong)


def test_no_message_names_a_clone_to_a_person_who_has_none():
    found = []
    for path in places():
        name = str(path.relative_to(PROJECT))
        if path.suffix == ".md" or "/schemas/" in name:
            continue
        for line, text in texts_of(path):
            is_note = text.startswith("`") or text.lstrip().startswith("#") or " " not in text
            is_allowed = name in FOR_A_CLONE and FOR_A_CLONE[name] in text.lower()
            if CLONE.search(text) and not is_note and not is_allowed and not any(part in text for part in NOT_OURS):
                found.append(f"{name}:{line}: {text}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Start it: doit start", []),
        ("Ask it: doit health --deep", ["doit health"]),
        ("Fix: doit doctor --mend", ["doit doctor --mend"]),
        ("`doit deploy --preset demo --start` and --whatever", []),
        ("doit exec --profile work -- claude --model x", []),
        ("doit needs a dodo file", []),
        ("`gatehand connect`, then `python3 dodo.py report`", ["doit connect", "doit report"]),
    ],
)
def test_a_command_that_does_not_exist_is_found(commands, text, wrong):
    assert list(wrong_in(text, commands, own_commands())) == wrong
