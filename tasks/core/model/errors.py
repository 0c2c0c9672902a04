"""What can go wrong, as sentences with a remedy; the exit code of each class tells a script which kind it was."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIX = "Fix: doit doctor --fix"
"""The remedy where what we need to know of ourselves is lost."""


class GatewayError(Exception):
    """This cannot be deployed as it is; the message says what, where and how to mend it."""

    exit_code = 1
    told = False
    """Whether the document that was printed (--json) tells it already."""

    def __init__(self, problem: str, remedy: str = "", *, where: str = "") -> None:
        self.problem, self.remedy, self.where = problem, remedy, where
        super().__init__(problem)

    def __str__(self) -> str:
        first = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{first}\n  {self.remedy}" if self.remedy else first


class Changed(GatewayError):
    """Asked with --exit-code: something is not as it was left, or would change."""

    exit_code = 2
    told = True


class UsageError(GatewayError):
    """An option, a name or an argument that cannot be meant."""

    exit_code = 3


class InvalidInput(GatewayError):
    """A template, a rendered file or somebody's settings.json is not valid; nothing was written."""

    exit_code = 4


class NewerVersion(InvalidInput):
    """A file was written by a newer version of this project: not damaged, and left alone."""

    def __init__(self, version: object, *, where: str) -> None:
        super().__init__(
            f"was written by a newer version of this project ({version})",
            "Use that one, or update this one (doit upgrade says how). Nothing was changed.",
            where=where,
        )


class Conflict(GatewayError):
    """Something changed under us, or belongs to somebody else; it was left as it is."""

    exit_code = 5


class Unhealthy(GatewayError):
    """The gateway does not run, does not answer, or answers wrongly."""

    exit_code = 6


FULL = (GatewayError, "no space is left on the disk", "Free some, then run the command again.")
FORBIDDEN = (
    Conflict,
    "this user has no permission for that",
    "Fix its permissions, or those of its folder.",
)
REFUSALS: Mapping[int, tuple[type[GatewayError], str, str]] = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
    errno.EROFS: (Conflict, "is on a read-only file system", "Mount it writable."),
    errno.EBUSY: (
        Conflict,
        "is a mount point, which nothing can replace",
        "Mount its directory instead.",
    ),
    errno.EISDIR: (Conflict, "is a directory where a file belongs", "Move it away."),
    errno.ENOTDIR: (
        Conflict,
        "is a file where a directory belongs, or lies below one",
        "Move the file away.",
    ),
}
"""What the operating system refuses, by its number: our class, the problem, the fix."""


def from_system(error: OSError) -> GatewayError:
    """What the operating system refused, as an error of ours."""
    where = str(error.filename or "")
    known = REFUSALS.get(error.errno or 0)
    if known is None:
        problem = error.strerror or str(error)
        return GatewayError(problem, "Fix that, then run the command again.", where=where)
    kind, problem, remedy = known
    return kind(problem, remedy, where=where)


def list_known(names: Iterable[str], otherwise: str) -> str:
    """The sentence that says which *names* there are; *otherwise* when there is none."""
    listed = list(names)
    if not listed:
        return otherwise
    if len(listed) == 1:
        return f"There is only {listed[0]}."
    return f"There are {', '.join(listed)}."
