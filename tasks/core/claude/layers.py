"""Whose word counts for a key of Claude Code: the layers of its settings, the strongest first, and why one wins.

As seen of Claude Code 2.1.332: `env` of any settings file wins over the shell; a project's files win over the user's;
of local files the one at the root of the repository is stronger than the folder's, key by key; the shared file is only
that of the folder itself. tests/real/test_precedence.py asks the program.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.catalogue import client_facts
from tasks.core.claude import checkouts, settings_types
from tasks.core.disk import files
from tasks.core.model import secret_patterns
from tasks.core.model.errors import GatewayError
from tasks.core.model.secret import Secret
from tasks.core.text import json_edit, jsonc
from tasks.core.text.json_edit import canonical
from tasks.core.values import shell_profiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.model.layout import Layout
    from tasks.core.text.json_edit import Document
    from tasks.core.text.shell_text import Shell


HOST_WINS = "a program that starts Claude Code manages its provider (CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST is set), "
HOST_WINS += "so the environment alone counts"
"""Why settings do not count for a key, where that is so."""

LAYERS = {
    "managed": "what is managed for this machine wins over every other settings file and over the shell",
    "local": "a project's local settings win over its shared ones, over yours and over the shell",
    "project": "a project's settings win over yours and over the shell, for a claude that is started in its folder",
    "user": "no project and nobody's management says otherwise, and settings win over the shell",
    "vscode": "VS Code gives it to the claude that it starts, and settings files win over it",
    "environment": "no settings file names it, so the environment counts",
    "direnv": "nothing else names it; direnv exports it in this folder",
    "profile": "nothing else names it; a new terminal takes it from there",
}
"""The layers, the strongest first, each with why it wins where it does."""

PLACES = {
    "managed": "`/etc/claude-code/managed-settings.json` (macOS: `/Library/Application Support/ClaudeCode/`), and "
    "`managed-settings.d/*.json` beside it, the last one first",
    "local": "`.claude/settings.local.json` at the root of the repository (for a worktree, of the main checkout), "
    "then the one in the folder",
    "project": "`.claude/settings.json` in the folder where claude is started, not above it",
    "user": "`~/.claude/settings.json`, or in `CLAUDE_CONFIG_DIR`",
    "vscode": "`claudeCode.environmentVariables` in VS Code's settings",
    "environment": "what the shell exports",
    "direnv": "`.envrc` in the folder or above, read and never run",
    "profile": "`.bashrc`, `.zshrc`, `config.fish` and the like, read and never run",
}
"""Where each layer stands."""

LATER = ("direnv", "profile")
"""The layers that a shell started there will have, the strongest first."""

OVERRIDING = ("managed", "local", "project")
"""The layers above the user's own settings."""

OUTWEIGHED = {"model": "ANTHROPIC_MODEL"}
"""A key, and the one that wins over it in whatever layer it is set."""

UNSEEN = "Not seen from here: claude --settings, --model and the like (they win over all but what is managed)."

_VARIABLE = re.compile(r"_?[A-Z][A-Z0-9_]*|(https?|all|no)_proxy")


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
    telltale = (
        secret_patterns.is_secret_name(name) or secret_patterns.holds_secret(value) or re.search(r"://[^/\s]*@", value)
    )
    return Secret(value) if value and telltale else value


def winner(found: Iterable[Held]) -> Held | None:
    """The one of *found* (the strongest first) that counts for a claude started from this shell."""
    return next((each for each in found if each.layer not in ("vscode", *LATER)), None)


def prospective(found: Iterable[Held]) -> Held | None:
    """As winner(); where nothing counts yet, what a new terminal will bring."""
    listed = list(found)
    return winner(listed) or next((each for each in listed if each.layer in LATER), None)


MANAGED = Path("/Library/Application Support/ClaudeCode" if sys.platform == "darwin" else "/etc/claude-code")
"""Where whoever manages this machine keeps settings for everybody."""

EDITORS = ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf")
VSCODE = ("claudeCode.environmentVariables",)
"""The member of VS Code's settings: a list of {"name", "value"}; the dot is part of its name."""


class ListHeld(NamedTuple):
    """A list of texts in one settings file."""

    layer: str
    items: list[str]


@dataclass(frozen=True)
class File:
    """One settings file that is there: its layer, what stands in it, or why that cannot be read."""

    layer: str
    path: Path
    document: Document | None = field(repr=False)
    problem: str = ""


@dataclass(frozen=True)
class Layers:
    """All layers, each file read once, when it is first needed.

    *planned*: the bytes that settings files will have, by their resolved paths.
    """

    layout: Layout
    environ: Mapping[str, str] = field(repr=False)
    folder: Path
    managed: Path = MANAGED
    planned: Mapping[Path, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def files(self) -> list[File]:
        """The settings files of Claude Code that are there, the strongest first."""
        user = ("user", self.layout.claude / "settings.json")
        places = [*self._managed(), *self._of_project(), user]
        return [self._read(*place) for place in places if self._is_there(place[1])]

    def _is_there(self, path: Path) -> bool:
        return path.resolve() in self.planned or path.exists()

    def _read(self, layer: str, path: Path) -> File:
        data = self.planned.get(path.resolve())
        if data is not None:
            return parse_file(layer, path, data)
        return _read(layer, path)

    @cached_property
    def counting(self) -> list[File]:
        """The files that Claude Code reads.

        A value of a wrong type makes it ignore the whole file; of a managed one, that key alone.
        """
        return [file for file in self.files if not self._is_void(file)]

    def _is_void(self, file: File) -> bool:
        if file.document is None or file.layer == "managed":
            return file.document is None
        return bool(settings_types.find_wrong(file.document, self.layout.templates))

    def lists_of(self, key: str) -> list[ListHeld]:
        """The lists that settings files have at *key*, the strongest first."""
        found = []
        for file in self.counting:
            assert file.document is not None
            value = file.document.value((key,))
            if isinstance(value, list):
                items = [item for item in value if isinstance(item, str)]
                found.append(ListHeld(file.layer, items))
        return found

    def documents(self) -> list[Any]:
        """What the files hold that can be read, those of editors last."""
        found = [file.document for file in (*self.files, *self.editors)]
        return [document.value(()) for document in found if document is not None]

    @cached_property
    def editors(self) -> list[File]:
        """The settings of VS Code and its kin that are there."""
        return [_read("vscode", path, comments=True) for path in self._of_editors() if path.is_file()]

    def of(self, key: Key) -> list[Held]:
        """What each layer says of *key*, the strongest first."""
        if self.is_managed_by_host(key):
            return list(self._from_host(key))
        found = [held for file in self.counting for held in self._in(file, key)]
        if key.variable is None:
            return found
        return [*found, *self._in_editors(key.variable), *self._in_shell(key.variable)]

    def is_managed_by_host(self, key: Key) -> bool:
        """Whether the program that starts Claude Code decides about *key*, and settings do not count for it."""
        if self.environ.get(client_facts.HOST, "").lower() in client_facts.OFF:
            return False
        owned = [client_facts.BASE_URL, *client_facts.leading(self.layout.templates)]
        return key.path == ("apiKeyHelper",) or key.variable in owned

    def _from_host(self, key: Key) -> Iterator[Held]:
        value = self.environ.get(key.variable or "")
        if value is not None:
            yield Held("environment", "environment", wrapped(key.name, value))

    def winner(self, name: str) -> Held | None:
        """What counts for a claude that is started from this shell."""
        return winner(self.of(Key.of(name)))

    def text(self, name: str) -> str:
        """The value that counts; "" when there is none."""
        held = self.winner(name)
        return held.plain if held else ""

    @property
    def ours(self) -> File | None:
        """The file through which Claude Code is joined; None when it is not there, or of no account in this folder."""
        there = self.layout.settings
        return next((file for file in self.files if there.exists() and file.path.samefile(there)), None)

    def shown(self, path: Path, line: int | None = None) -> str:
        """A place as a person knows it."""
        home = self.layout.home
        text = f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
        return text if line is None else f"{text}:{line}"

    def _managed(self) -> Iterator[tuple[str, Path]]:
        """The later drop-in wins, and each of them over the file itself."""
        parts = sorted((self.managed / "managed-settings.d").glob("[!.]*.json"), reverse=True)
        yield from (("managed", path) for path in (*parts, self.managed / "managed-settings.json"))

    def _of_project(self) -> Iterator[tuple[str, Path]]:
        """The local files, key by key the one at the root first; the project's only in the folder itself."""
        here = self.folder / ".claude"
        at_root = checkouts.find_main_checkout(self.root) / ".claude"
        for folder in dict.fromkeys((at_root, here)):
            yield "local", folder / "settings.local.json"
        if here.resolve() != self.layout.claude.resolve():
            yield "project", here / "settings.json"

    @property
    def root(self) -> Path:
        """The root of the repository that the folder is in; the folder itself outside of one."""
        around = (path for path in (self.folder, *self.folder.parents) if (path / ".git").exists())
        return next(around, self.folder)

    def _of_editors(self) -> Iterator[Path]:
        yield self.folder / ".vscode" / "settings.json"
        home = self.layout.home
        config = "Library/Application Support" if sys.platform == "darwin" else ".config"
        yield from (home / config / name / "User" / "settings.json" for name in EDITORS)
        yield home / ".vscode-server" / "data" / "Machine" / "settings.json"

    def _in(self, file: File, key: Key) -> Iterator[Held]:
        if file.document is not None and file.document.raw(key.path) is not None:
            where = self.shown(file.path, file.document.line(key.path))
            yield Held(file.layer, where, wrapped(key.name, _text(file.document.value(key.path))))

    def _in_editors(self, variable: str) -> Iterator[Held]:
        for file in self.editors:
            listed = file.document.value(VSCODE) if file.document else None
            for each in listed if isinstance(listed, list) else ():
                if isinstance(each, dict) and each.get("name") == variable:
                    where = self.shown(file.path, _line(file.document, variable))
                    yield Held("vscode", where, wrapped(variable, _text(each.get("value"))))

    def _in_shell(self, variable: str) -> Iterator[Held]:
        if variable in self.environ:
            yield Held("environment", "environment", wrapped(variable, self.environ[variable]))
        for layer, path, assigned in self._shell_files:
            if found := assigned.get(variable):
                value = None if found.value is None else wrapped(variable, found.value)
                yield Held(layer, self.shown(path, found.line), value)

    @cached_property
    def _shell_files(self) -> list[tuple[str, Path, dict[str, shell_profiles.Found]]]:
        """What the files assign that a new shell reads; of .envrc direnv takes the nearest one alone."""
        listed: list[tuple[str, Path, Shell]] = []
        around = [folder / ".envrc" for folder in (self.folder, *self.folder.parents)]
        listed += [("direnv", path, "sh") for path in around if path.is_file()][:1]
        for path, shell in shell_profiles.files(self.layout.home, self.environ):
            listed.append(("profile", path, shell))
        found = []
        for layer, path, shell in listed:
            text, _ = shell_profiles.text_of(path)
            assigned = shell_profiles.assignments(text or "", shell, str(self.layout.home))
            found.append((layer, path, assigned))
        return found


def _read(layer: str, path: Path, *, comments: bool = False) -> File:
    try:
        data = files.read(path) or b""
        if comments:
            data = jsonc.plain(data.decode()).encode()
        return parse_file(layer, path, data)
    except GatewayError as error:
        return File(layer, path, None, f"{error.where}: {error.problem}")
    except UnicodeDecodeError:
        return File(layer, path, None, f"{path}: is not UTF-8 text")
    except OSError as error:
        return File(layer, path, None, f"{path}: cannot be read ({error.strerror})")


def parse_file(layer: str, path: Path, data: bytes) -> File:
    """A settings file that has the bytes *data*; GatewayError where they are no JSON."""
    if not data.strip():
        data = json_edit.NEW_FILE
    return File(layer, path, json_edit.parse(data, str(path)))


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, str) else canonical(value)


def _line(document: Document | None, variable: str) -> int | None:
    """The line in which a list of VS Code's names *variable*."""
    if document is None:
        return None
    match = re.search(rf'"name"\s*:\s*"{re.escape(variable)}"', document.text)
    return document.text.count("\n", 0, match.start()) + 1 if match else document.line(VSCODE)
