"""How this program came here, which newer version is known, and how it is brought up to date.

Nothing is changed here: whatever installed a program is what updates it.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

from tasks.core.claude import git_ignore
from tasks.core.disk import programs
from tasks.core.litellm import packages
from tasks.core.model.errors import GatewayError
from tasks.core.model.layout import PACKAGE, PROJECT, is_packaged
from tasks.core.text import changelog

PATIENCE = 30
"""Seconds for a remote repository to answer."""

TAG = re.compile(r"refs/tags/v?(\d[\w.]*)(?:\^\{\})?\Z")

QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


class Installation(NamedTuple):
    """Where this program runs from.

    kind: checkout, copy (a checkout without git), uvx, uv tool, pipx, pipx run, uv or pip
    place: the folder of the checkout, or of the environment
    update: the command that brings it up to date
    """

    kind: str
    place: str
    update: str


class Newest(NamedTuple):
    """The newest version that is known, "" where none is; who knows it; and what else is newer."""

    version: str = ""
    source: str = ""
    commits: int = 0


def find(
    project: Path = PROJECT,
    prefix: str = sys.prefix,
) -> Installation:
    """The installation that *project* is part of, run by the environment *prefix*."""
    if not is_packaged(project):
        return _find_checkout(project)
    kind = _find_kind(Path(prefix))
    return Installation(
        kind,
        prefix,
        _spell_update(kind, prefix),
    )


def _find_checkout(project: Path) -> Installation:
    place = str(project)
    if not (project / ".git").exists():
        again = "download it again, over this folder"
        return Installation("copy", place, again)
    update = shlex.join(["git", "-C", place, "pull"])
    return Installation("checkout", place, update)


def _find_kind(prefix: Path) -> str:
    """Who made the environment of an installed package: each leaves something there."""
    above = prefix.parent.name
    if above.startswith(("archive-v", "environments-v")):
        return "uvx"
    if above in (".cache", "pipx"):
        return "pipx run"
    if (prefix / "uv-receipt.toml").exists():
        return "uv tool"
    if (prefix / "pipx_metadata.json").exists():
        return "pipx"
    if _find_installer(prefix) == "uv":
        return "uv"
    return "pip"


def _find_installer(prefix: Path) -> str:
    """What the package says of who installed it: uv or pip; "" when it does not."""
    pattern = f"lib/python*/site-packages/{PACKAGE}-*.dist-info/INSTALLER"
    for path in prefix.glob(pattern):
        return path.read_text().strip()
    return ""


def _spell_update(kind: str, prefix: str) -> str:
    if kind == "uvx":
        return f"uvx {PACKAGE}@latest"
    if kind == "pipx run":
        return f"pipx run --no-cache {PACKAGE}"
    if kind == "uv tool":
        return f"uv tool upgrade {PACKAGE}"
    if kind == "pipx":
        return f"pipx upgrade {PACKAGE}"
    python = shlex.quote(f"{prefix}/bin/python")
    if kind == "uv":
        return f"uv pip install --python {python} --upgrade {PACKAGE}"
    return f"{python} -m pip install --upgrade {PACKAGE}"


def find_newest(installation: Installation) -> Newest:
    """What is known without the network: what git has fetched."""
    if installation.kind != "checkout":
        return Newest()
    place = installation.place
    tags = _git(place, "for-each-ref", "--format=%(refname)", "refs/tags")
    commits = _git(place, "rev-list", "--count", "HEAD..@{upstream}")
    version = _find_latest(tags)
    source = "as last fetched by git" if version else ""
    return Newest(
        version,
        source,
        int(commits or 0),
    )


def ask_newest(installation: Installation) -> Newest:
    """What the remote repository or the package index says; GatewayError when it cannot."""
    if installation.kind == "copy":
        raise GatewayError("nothing is known of where this folder is from", "Look there yourself.")
    if installation.kind != "checkout":
        version = packages.ask_newest(PACKAGE)
        return Newest(version, "as the package index says")
    place = installation.place
    listed = _ask_git(place, "ls-remote", "--tags", "--exit-code", "origin")
    known = find_newest(installation)
    version = _find_latest(listed)
    return known._replace(version=version, source="as the remote repository says")


def read_changes(
    installation: Installation,
    after: str,
    until: str,
) -> list[changelog.Section]:
    """What CHANGELOG.md says of the versions later than *after*, up to *until*.

    Of a version that is only fetched, as git has it.
    """
    text = _read_changelog(installation, until)
    return changelog.select(text, after, until)


def _read_changelog(installation: Installation, version: str) -> str:
    path = PROJECT / "CHANGELOG.md"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        text = ""
    if installation.kind != "checkout":
        return text
    if changelog.has(text, version):
        return text
    for tag in (f"v{version}", version):
        found = _git(
            installation.place,
            "show",
            f"refs/tags/{tag}:{path.name}",
        )
        if found:
            return found
    return text


def _find_latest(refs: str) -> str:
    """The latest released version among the tags that git lists."""
    found = []
    for line in refs.splitlines():
        tag = TAG.search(line)
        if tag is not None:
            found.append(tag[1])
    return max(found, key=changelog.order, default="")


def _git(place: str, *words: str) -> str:
    """What git says of the checkout; "" where it says no. Nothing is fetched."""
    try:
        done = _run_git(place, git_ignore.OFFLINE, words)
    except OSError:
        return ""
    if done is None or done.returncode:
        return ""
    return done.stdout.decode(errors="replace")


def _ask_git(place: str, *words: str) -> str:
    """What git says when it may use the network; GatewayError with why it cannot."""
    try:
        done = _run_git(place, QUIET, words)
    except OSError as error:
        why = error.strerror or "no answer in time"
        raise GatewayError(f"git: {why}", where=place) from None
    if done is None:
        raise GatewayError("git is not on PATH", "Install it.")
    # 2: there is no such tag.
    if done.returncode not in (0, 2):
        said = done.stderr.decode(errors="replace")
        first, _, _ = said.strip().partition("\n")
        raise GatewayError(f"git: {first}", where=place)
    return done.stdout.decode(errors="replace")


def _run_git(
    place: str,
    more: dict[str, str],
    words: tuple[str, ...],
) -> programs.Ended | None:
    git = programs.find("git")
    if git is None:
        return None
    command = [git, "-C", place, *git_ignore.SEALED, *words]
    environ = programs.sealed(os.environ) | more
    return programs.run(
        command,
        environ,
        patience=PATIENCE,
    )
