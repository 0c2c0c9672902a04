"""Whether git would take the settings of a project along: the key of the gateway may be in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.disk import programs
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.core.model.layout import Layout


SEALED = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "safe.bareRepository=explicit"),
)
"""What a repository names to be run by git is not."""

OFFLINE = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
"""Nothing is fetched, by whatever program the repository names for that, and nothing is written."""


def seen(layout: Layout) -> str:
    """What git makes of the one project's settings that are to be joined: tracked, open (to be added), or nothing."""
    path = layout.joined
    if path is None or not _git(path, "rev-parse", "--is-inside-work-tree"):
        return ""
    if _git(path, "ls-files", "--error-unmatch", "--", str(path)):
        return "tracked"
    return "" if _git(path, "check-ignore", "-q", "--", str(path)) else "open"


def refuse(layout: Layout) -> None:
    """Conflict when these settings are committed."""
    if seen(layout) == "tracked":
        raise Conflict(
            "is tracked by git, and the gateway's key would be in it",
            "Take it out (git rm --cached .claude/settings.local.json) and ignore it, or join all: --scope user.",
            where=str(layout.settings),
        )


def doubts(layout: Layout) -> Iterator[str]:
    """What to know when nothing keeps them from being committed."""
    if seen(layout) == "open":
        yield f"git does not ignore {layout.settings}, which gets the gateway's key: add it to .git/info/exclude"


def _git(path: Path, *words: str) -> bool:
    """Whether git, where it is, says yes in the project of *path*."""
    git, project = programs.find("git"), path.parents[1]
    if git is None or not project.is_dir():
        return False
    command = [git, "-C", str(project), *SEALED, *words]
    return programs.run(command, programs.sealed() | OFFLINE).returncode == 0
