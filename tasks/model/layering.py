"""Whose word counts for a key of Claude Code: the layers of its settings, the strongest first, and why one wins.

As seen of Claude Code 2.1.330: `env` of any settings file wins over the shell; a project's files win over the user's;
the local file is that of the repository's root where it has one, the shared one only that of the folder itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.model import telling
from tasks.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

LAYERS = {
    "managed": "what is managed for this machine wins over every other settings file and over the shell",
    "local": "a project's local settings win over its shared ones, over yours and over the shell",
    "project": "a project's settings win over yours and over the shell, for a claude that is started in its folder",
    "user": "no project and nobody's management says otherwise, and settings win over the shell",
    "vscode": "VS Code gives it to the claude that it starts, and settings files win over it",
    "environment": "no settings file names it, so the environment counts",
    "profile": "nothing else names it; a new terminal takes it from there",
}
"""The layers, the strongest first, each with why it wins where it does."""

PLACES = {
    "managed": "`/etc/claude-code/managed-settings.json` (macOS: `/Library/Application Support/ClaudeCode/`), and "
    "`managed-settings.d/*.json` beside it, the last one first",
    "local": "`.claude/settings.local.json` at the root of the repository, else in the folder",
    "project": "`.claude/settings.json` in the folder where claude is started, not above it",
    "user": "`~/.claude/settings.json`, or in `CLAUDE_CONFIG_DIR`",
    "vscode": "`claudeCode.environmentVariables` in VS Code's settings",
    "environment": "what the shell exports",
    "profile": "`.bashrc`, `.zshrc`, `config.fish` and the like, read and never run",
}
"""Where each layer stands."""

OVERRIDING = ("managed", "local", "project")
"""The layers above the user's own settings."""

UNSEEN = "Not seen from here: claude --settings, --model and the like (they win over all but what is managed)."

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*|(https?|all|no)_proxy")


class Key(NamedTuple):
    """Something that can be set: a member of settings.json, or (below `env`) a variable."""

    path: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Key:
        """The key that a person means: ANTHROPIC_MODEL and env.ANTHROPIC_MODEL are the same."""
        if _VARIABLE.fullmatch(text):
            return cls(("env", text))
        head, dot, rest = text.partition(".")
        return cls((head, rest)) if head == "env" and dot else cls(tuple(text.split(".")))

    @property
    def variable(self) -> str | None:
        """Its name in an environment; None when it is no variable."""
        return self.path[1] if self.path[0] == "env" and len(self.path) > 1 else None

    @property
    def name(self) -> str:
        """As it is shown."""
        return self.variable or ".".join(self.path)


class Held(NamedTuple):
    """What one layer says of a key: where (a file and its line), and the value; None where only a shell could tell."""

    layer: str
    where: str
    value: str | Secret | None

    @property
    def plain(self) -> str:
        """The value itself, also of a secret, to be compared; "" where it cannot be told."""
        return self.value.reveal() if isinstance(self.value, Secret) else self.value or ""


def wrapped(name: str, value: str) -> str | Secret:
    """*value*, hidden when its name tells that it is a secret, or when it is an address with a password in it."""
    telltale = telling.tells(name) or telling.looks(value) or re.search(r"://[^/\s]*@", value)
    return Secret(value) if value and telltale else value


def winner(found: Iterable[Held]) -> Held | None:
    """The one of *found* (the strongest first) that counts for a claude started from this shell."""
    return next((each for each in found if each.layer not in ("vscode", "profile")), None)


def prospective(found: Iterable[Held]) -> Held | None:
    """As winner(); where nothing counts yet, what a new terminal will bring."""
    listed = list(found)
    return winner(listed) or next((each for each in listed if each.layer == "profile"), None)
