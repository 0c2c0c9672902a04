"""What can go wrong, as sentences with a remedy; the exit code of each class tells a script which kind it was."""

from __future__ import annotations

import errno


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


class Conflict(GatewayError):
    """Something changed under us, or belongs to somebody else; it was left as it is."""

    exit_code = 5


class Unhealthy(GatewayError):
    """The gateway does not run, does not answer, or answers wrongly."""

    exit_code = 6


def from_system(error: OSError) -> GatewayError:
    """What the operating system refused, as an error of ours."""
    where = str(error.filename or "")
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return GatewayError("no space is left on the disk", "Free some, then run the command again.", where=where)
        case errno.EROFS:
            return Conflict("is on a read-only file system", "Mount it writable.", where=where)
        case errno.EACCES | errno.EPERM:
            return Conflict(f"this user may not do that ({error.strerror})", "Mend the permissions.", where=where)
        case errno.EBUSY:
            return Conflict("is a mount point, which nothing can replace", "Mount its directory instead.", where=where)
    return GatewayError(error.strerror or str(error), "Mend that, then run the command again.", where=where)
