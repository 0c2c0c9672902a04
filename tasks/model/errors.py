"""What can go wrong, as sentences with a remedy; the exit code of each class tells a script which kind it was."""

from __future__ import annotations


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
