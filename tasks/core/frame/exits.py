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
    Exit(0, "Done, or nothing to do."),
    Exit(1, "Something is missing: a value, a program, a permission or the deployment itself."),
    Exit(2, "With --exit-code: changes are pending, or files were modified.", ("plan", "status")),
    Exit(2, "A bug in this project, shown with a traceback."),
    Exit(3, "Invalid option, name or argument. Nothing was changed."),
    Exit(
        4,
        "A template, a rendered file, a saved plan, a manifest or a settings.json is invalid. Nothing was written.",
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
        "Something was changed meanwhile, or belongs to someone else. It was left alone.",
    ),
    Exit(
        6,
        "The gateway does not run, does not answer, or answers wrongly. A deployment was undone.",
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
            "status --check",
            "models --check",
            "autostart",
            "env",
            "exec",
        ),
    ),
    Exit(75, "Half done, because the system refused the rest. The next command finishes it, or undoes it."),
    Exit(129, "The terminal was closed (HUP). Unfinished changes were undone."),
    Exit(130, "Ctrl-C. Unfinished changes were undone."),
    Exit(143, "Terminated (TERM). Unfinished changes were undone."),
)
