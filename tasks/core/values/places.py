"""The places where the value of a variable may stand, in the order in which they count."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.model.secret import unshown
from tasks.core.values import env_file, shell_profiles
from tasks.core.values.shell_profiles import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tasks.core.model.catalogue import Variable
    from tasks.core.model.layout import Layout


def home_of(environ: Mapping[str, str]) -> Path:
    """The home directory that *environ* speaks of."""
    return Path(environ.get("HOME") or Path("~").expanduser())


class Held(NamedTuple):
    """A value in one place, under the name (or alias) it has there; or None and the doubt why it cannot be told."""

    value: str | None
    source: str
    name: str
    doubt: str = ""

    def __repr__(self) -> str:
        return unshown(self)


class _File(NamedTuple):
    """What one file holds by name: the value (None: not to be told) and the line for its source, if one is known."""

    source: str
    held: Mapping[str, tuple[str | None, int | None]]
    skipped: str
    doubt: str

    def __repr__(self) -> str:
        return unshown(self)

    def find(self, names: Iterable[str]) -> Iterator[Held]:
        """What stands here under *names*, in their order."""
        for name in names:
            if name in self.held:
                value, line = self.held[name]
                yield Held(value, self.source if line is None else f"{self.source}:{line}", name, self.doubt)


class Places:
    """The places to look in, in their order; each file is read at most once, when the search comes to it."""

    def __init__(self, layout: Layout, environ: Mapping[str, str], names: Collection[str]) -> None:
        self.layout, self.environ, self.names = layout, environ, names
        self.home = home_of(environ)
        self._files: list[_File] = []
        self._unread = self._read()

    def find(self, variable: Variable) -> Iterator[Held]:
        """Whatever is held for *variable*, from the most to the least telling."""
        names = (variable.name, *variable.aliases)
        yield from (Held(self.environ[name], "environment", name) for name in names if name in self.environ)
        for file in self._each_file():
            yield from file.find(names)
        yield from self._from_gcloud(variable)
        if variable.default is not None:
            yield Held(variable.default, "default", variable.name)

    def skipped(self) -> Iterator[str]:
        """The files that were there but could not be used, with the reason."""
        return (f"{file.source} is {file.skipped}, skipped" for file in self._files if file.skipped)

    def may_hold(self, variable: Variable) -> bool:
        """Whether the gateway's own .env may have a value for *variable* that could not be made out."""
        own = next(self._each_file())
        return bool(own.skipped) or any(held.value is None for held in own.find((variable.name, *variable.aliases)))

    def _each_file(self) -> Iterator[_File]:
        yield from self._files
        for file in self._unread:
            self._files.append(file)
            yield file

    def _read(self) -> Iterator[_File]:
        for path in (self.layout.env_file, self.layout.claude / ".env"):
            text, skipped = shell_profiles.text_of(path, "surrogateescape")  # a comment in Latin-1 hides no key
            yield _File(
                self._shown(path), _in_env_file(text or ""), skipped, "is not written so that all read it alike"
            )
        for path, shell in shell_profiles.files(self.home, self.environ):
            text, skipped = shell_profiles.text_of(path)
            if text is None or not any(name in text for name in self.names):
                text = ""
            found = shell_profiles.assignments(text, shell, str(self.home))
            held = {name: (each.value, each.line) for name, each in found.items()}
            yield _File(self._shown(path), held, skipped, "cannot be told without running it")

    def _from_gcloud(self, variable: Variable) -> Iterator[Held]:
        if variable.found_by == "gcloud-project" and self._project[0]:
            name = "CLOUDSDK_CORE_PROJECT" if self._project[1] == "environment" else variable.name
            yield Held(*self._project, name)
        path = credentials(self.home, self.environ) if variable.found_by == "gcloud-adc" else None
        if path is not None:
            yield Held(str(path), ADC, variable.name)

    @cached_property
    def _project(self) -> tuple[str, str]:
        return project(self.home, self.environ)

    def _shown(self, path: Path) -> str:
        return f"~/{path.relative_to(self.home)}" if path.is_relative_to(self.home) else str(path)


def _in_env_file(text: str) -> dict[str, tuple[str | None, int | None]]:
    clear: dict[str, tuple[str | None, int | None]] = {name: (v, None) for name, v in env_file.parse(text).items()}
    return {**{name: (None, line) for name, line in env_file.doubtful(text).items()}, **clear}


ADC = "gcloud application default credentials"
"""The source of a credentials path that `gcloud auth application-default login` left."""


def directory(home: Path, environ: Mapping[str, str]) -> Path:
    """Where gcloud and google-auth keep their files."""
    return Path(environ.get("CLOUDSDK_CONFIG") or home / ".config" / "gcloud")


def credentials(home: Path, environ: Mapping[str, str]) -> Path | None:
    """The file of the application default credentials, when there is one."""
    path = directory(home, environ) / "application_default_credentials.json"
    return path if path.is_file() else None


def project(home: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """The project that gcloud works in and the source that told it; ("", "") when it has none."""
    if environ.get("CLOUDSDK_CORE_PROJECT"):
        return environ["CLOUDSDK_CORE_PROJECT"], "environment"
    root = directory(home, environ)
    name = environ.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or (text_of(root / "active_config")[0] or "").strip() or "default"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return "", ""
    found = _project_in(text_of(root / "configurations" / f"config_{name}")[0] or "")
    return (found, f"gcloud configuration '{name}'") if found else ("", "")


def _project_in(text: str) -> str:
    if not text:
        return ""
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except Error:
        return ""
    return parser.get("core", "project", fallback="")
