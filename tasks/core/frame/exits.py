"""How commands end: one code has one meaning in all of them."""

from __future__ import annotations

from typing import NamedTuple

FAILED = 1
MISTAKE = 2
WRONG_USAGE = 3
UNDETERMINED = 75
HANGUP, INTERRUPTED, TERMINATED = 129, 130, 143

SIGNALLED = {
    HANGUP: "ended: the terminal was closed (HUP)",
    INTERRUPTED: "interrupted",
    TERMINATED: "ended from outside (TERM)",
}
"""The codes of the signals that end a command, and what is said then."""


class Exit(NamedTuple):
    """An exit code, what it tells, and the commands that may end so; none: every command may."""

    code: int
    tells: str
    commands: tuple[str, ...] = ()


DEPLOYING = ("deploy", "deploy --dry-run", "apply", "use", "rollback", "install", "settings")

EXITS = (
    Exit(0, "Done; or there was nothing to do."),
    Exit(1, "It cannot be done as things are: a value, a program, a right or the deployment itself is missing."),
    Exit(2, "Asked with --exit-code: something would change, or is not as it was left.", ("plan", "status")),
    Exit(2, "A mistake in this project; a traceback is shown."),
    Exit(3, "An option, a name or an argument that cannot be meant. Nothing was begun."),
    Exit(
        4,
        "A template, a rendered file, a saved plan, a manifest or a settings.json is not valid. Nothing was written.",
        (
            *DEPLOYING,
            *("plan", "preflight", "validate", "verify", "explain", "lint"),
            *(
                "uninstall",
                "backup",
                "status",
                "history",
                "profiles",
                "start",
                "stop",
                "restart",
                "env",
                "exec",
            ),
        ),
    ),
    Exit(
        5,
        "Something changed under us, moved since it was planned, or belongs to somebody else. It was left as it is.",
    ),
    Exit(
        6,
        "The gateway does not run, does not answer, or answers wrongly. What a deployment had changed is undone.",
        (
            "start",
            "restart",
            "verify",
            "deploy",
            "apply",
            "use",
            "rollback",
            "litellm --upgrade",
            "doctor",
            "check",
            "models --check",
            "autostart",
            "env",
            "exec",
        ),
    ),
    Exit(75, "Neither done nor undone: the system refused both. The next command finishes or undoes it."),
    Exit(129, "The terminal was closed (HUP). What was not finished is undone."),
    Exit(130, "Ctrl-C. What was not finished is undone."),
    Exit(143, "Ended from outside (TERM). What was not finished is undone."),
)
