"""The real commands that meet faults: what was done before, what is done; with settings of somebody's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.conftest import Sandbox

THEIRS = '{\n  "theme": "dark",\n  "env": {"MINE": "1", "ANTHROPIC_BASE_URL": "https://example.com"}\n}\n'
PORTS = ("4801", "4802", "4803")


def deploy(port: str, model: str) -> tuple[str, ...]:
    """A deployment in which every choice is made, whatever is remembered."""
    return ("deploy", "--preset", "demo", "--port", port, "--models", f"demo,anthropic-claude-{model}")


A, B, C = deploy(PORTS[0], "haiku"), deploy(PORTS[1], "sonnet"), deploy(PORTS[2], "opus")
"""They differ in every file that depends on choices, and need the same keys."""

ENVIRONMENT = {"ANTHROPIC_API_KEY": "sk-ant-" + "0" * 32}
PLAN = "kept.plan"


class Sequence(NamedTuple):
    """Commands that are right, then the one that is struck; *again* is then done once more."""

    before: tuple[tuple[str, ...], ...]
    command: tuple[str, ...]
    again: tuple[str, ...] = A


SEQUENCES = {
    "deploy, first": Sequence((), B),
    "deploy, update": Sequence((A,), B),
    "rollback": Sequence((B, A), ("rollback",)),
    "use": Sequence(((*B, "--profile", "b"), (*A, "--profile", "a")), ("use", "b")),
    "apply": Sequence((A, ("plan", *B[1:], "--out", PLAN)), ("apply", PLAN)),
    "uninstall": Sequence((B, A), ("uninstall",)),
    "uninstall --purge": Sequence((B, A), ("uninstall", "--purge")),
}

NEAR = deploy(PORTS[0], "sonnet")
"""At the port of A."""

START = "--start"
RUNNING = {
    "uninstall of a running gateway": Sequence(((*A, START),), ("uninstall", "--purge"), (*A, START)),
    "deploy over a running gateway": Sequence(((*A, START),), NEAR),
    "start": Sequence((A,), ("start",), (*A, START)),
    "deploy --start, first": Sequence((), (*B, START), (*A, START)),
    "deploy --start, another port": Sequence(((*A, START),), (*B, START), (*A, START)),
    "rollback over a running gateway": Sequence((NEAR, (*A, START)), ("rollback",)),
}
"""These start, change or stop a gateway."""

UPGRADE = {"litellm --upgrade": Sequence((A, ("litellm",), ("start",)), ("litellm", "--upgrade"), (*A, START))}
"""And this one its program."""


def prepare(box: Sandbox, sequence: Sequence) -> None:
    """A home with Claude Code's settings, and all that comes before the command."""
    box.extra |= ENVIRONMENT
    box.claude.mkdir(mode=0o700)
    box.settings.write_text(THEIRS)
    box.settings.chmod(0o600)
    (box.claude / "notes.md").write_text("the user's\n")
    for words in sequence.before:
        done = box.doit(*words)
        assert done.code == 0, done.text
