"""How a run looks: a line per step that did something, the reason when one failed, and an exit code that says why."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from doit.exceptions import UnmetDependency

from tasks.core.console import console
from tasks.core.disk import lock
from tasks.core.frame import bugs, cleanup, creators, ending, exits, journal
from tasks.core.model import errors
from tasks.core.model.errors import Changed, GatewayError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from tasks.core.console.console import Meter
    from tasks.core.deploying.this_run import Run
    from tasks.core.history.session import Session


class Reporter:
    """doit's reporter protocol: progress on stderr, sanitised timings for deployment.log."""

    desc = "one line per step that did something"

    ends_process = True
    """Whether to leave with the exit code of the failure; our own entry does that itself, after everything."""

    def __init__(self, session: Session, run: Run) -> None:
        self.session = session
        self.run = run
        self.lock: int | None = None
        self.started: dict[str, float] = {}
        self.errors: list[str] = []
        self.held: list[str] = []
        self.ignored: dict[str, bool] = {}
        self.torn_down = ""
        self.exit_code = 0
        self.checked: list[dict[str, Any]] | None = None
        self.warnings: list[str] = []
        self.kept = contextlib.ExitStack()

    @cached_property
    def meter(self) -> Meter:
        """The line of the step in progress; made for the first one, since listing the tasks has none."""
        return console.Meter()

    def initialize(self, tasks: Any, selected: Sequence[str]) -> None:  # noqa: ANN401 - doit's
        """Before anything runs: what the command line named; and the lock, where it makes files."""
        self.session.summary.selected = tuple(selected)
        sys.excepthook = interrupted
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # from here on a reader who goes away must not end us
        if any(asks_for_document(tasks[name]) for name in selected):
            self.checked, self.warnings = [], self.kept.enter_context(console.kept_warnings())
        if creators.makes_files(tasks, selected):
            self.claim()

    def claim(self) -> None:
        """Hold the lock of this part of build/, here also when the steps run in other processes."""
        layout = self.run.layout
        command = " ".join(self.session.summary.selected)
        try:
            lock.require_own_build(layout)
            self.lock = lock.hold(layout.build_lock, command)
        except OSError as error:
            ending.refuse(errors.from_system(error))
        except GatewayError as error:
            ending.refuse(error)
        cleanup.clear_debris(self.run.layout)

    def get_status(self, task: Any) -> None:  # noqa: ANN401 - doit's Task, here and below
        """Before a step is checked."""

    def execute_task(self, task: Any) -> None:  # noqa: ANN401
        """Before a step runs."""
        self.started[task.name] = time.monotonic()
        if task.actions and not (task.meta or {}).get("quiet"):  # those may ask something
            self.meter.start(task.name.lstrip("_"))

    def add_success(self, task: Any) -> None:  # noqa: ANN401
        """After a step ran."""
        seconds = self._took(task, "ok")
        if self.checked is not None:
            return
        meta = task.meta or {}
        private = task.name.startswith("_") or meta.get("quiet")
        if task.actions and (console.loudness.verbose or not private):
            line = f"{task.name:28} {task.doc or ''}{_duration(seconds)}"
            if "until" in meta and self.session.is_shared:
                self.held.append(line)
            else:
                console.say(line, "ok")
        for line in self.held if task.name == "_commit" else ():
            console.say(line, "ok")

    def add_failure(self, task: Any, fail: Any) -> None:  # noqa: ANN401
        """After a step failed: what, and how to mend it; a traceback only for a bug."""
        document = getattr(fail, "document", None)
        self._took(task, "fail", **({"error": document} if document else {}))
        name = task.name.lstrip("_")
        ours = getattr(fail, "exit_code", None)
        if ours is None and fail.traceback:
            self.fail_with(bugs.report(fail.traceback, name))
            return
        self.fail_with(ours or exits.FAILED)
        # That it differs is an answer.
        state = "warn" if ours == Changed.exit_code else "fail"
        console.say(f"{name:28} {_message(fail)}", state)

    def fail_with(self, code: int) -> None:
        """Note the exit code of a failure: the first one counts.

        But that the state is neither old nor new comes before everything.
        """
        if code == exits.UNDETERMINED:
            self.exit_code = code
        self.exit_code = self.exit_code or code

    def skip_uptodate(self, task: Any) -> None:  # noqa: ANN401
        """A step that had nothing to do: worth a line only to somebody who asked for it."""
        if self.checked is not None:
            self._check(task.name, "skip")
            return
        named = {task.name, task.name.partition(":")[0]} & {*self.session.summary.selected}
        if named or (console.loudness.verbose and not task.name.startswith("_")):
            console.say(f"{task.name:28} nothing to do", "skip")

    def skip_ignore(self, task: Any) -> None:  # noqa: ANN401
        """A step that the user has doit ignore, or that needs such a step."""
        self._check(task.name, "fail")
        needed = {*task.task_dep, *task.setup_tasks}
        self.ignored[task.name] = not needed & self.ignored.keys()

    def cleanup_error(self, exception: Any) -> None:  # noqa: ANN401
        """A teardown that failed; what we tear down ourselves has said why."""
        name = self.torn_down
        if exception.traceback:
            self.fail_with(bugs.report(exception.traceback, name.lstrip("_")))
            return
        self.fail_with(exits.FAILED)
        if not name.startswith("_"):
            console.say(f"{name:28} its teardown failed", "fail")

    def runtime_error(self, msg: str) -> None:
        """A wrong task, found while steps run."""
        self.fail_with(exits.WRONG_USAGE)
        self.errors.append(msg)

    def teardown_task(self, task: Any) -> None:  # noqa: ANN401
        """Before a teardown."""
        self.torn_down = task.name

    def complete_run(self) -> None:
        """After everything: log, and leave with the exit code of the failure where that of doit would be coarser."""
        self.meter.stop()
        if self.lock is not None:
            os.close(self.lock)
        for message in self.errors:
            console.say(message, "fail")
        if self.session.is_unsettled:
            self.fail_with(exits.UNDETERMINED)
        if self.ignored:
            self.fail_with(exits.FAILED)
            console.say(describe_ignored(self.ignored, self.session.summary.selected), "fail")
        if self.checked is not None:
            self.kept.close()
            console.document({"ok": all(each["state"] != "fail" for each in self.checked), "checks": self.checked})
        with contextlib.suppress(OSError):
            journal.append(self.session.summary)
        if not self.ends_process:
            return
        if self.exit_code:
            self.conclude()
        # A signal that ends this run keeps its own code.
        ending, *_ = sys.exc_info()
        if self.exit_code and ending is None:
            raise SystemExit(self.exit_code)

    def conclude(self) -> None:
        """The last line of a command that failed: what it has left."""
        if self.session.outcome:
            console.warn(self.session.outcome)

    def _took(self, task: Any, state: str, **more: Any) -> float:  # noqa: ANN401
        self.meter.stop()
        seconds = time.monotonic() - self.started.get(task.name, time.monotonic())
        if task.actions:
            self._check(task.name, state, **more)
            self.session.summary.steps.append({"step": task.name, "state": state, "seconds": round(seconds, 3)})
        return seconds

    def _check(self, name: str, state: str, **more: Any) -> None:  # noqa: ANN401
        """One check for the document of them all; what was warned of meanwhile belongs to it."""
        if self.checked is not None and not name.startswith("_"):
            warnings, self.warnings[:] = [*self.warnings], []
            state = "warn" if warnings and state == "ok" else state
            self.checked.append({"check": name, "state": state, "warnings": warnings, **more})


def asks_for_document(task: Any) -> bool:  # noqa: ANN401
    """Whether this step is a check, named with --json: then all that ran is told in one document."""
    return bool((task.options or {}).get("as_json") and (task.meta or {}).get("checks"))


def interrupted(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Ctrl-C is no bug: one line instead of a traceback. What had been changed is undone by then."""
    if issubclass(kind, KeyboardInterrupt):
        console.say("interrupted", "fail")
    else:
        sys.__excepthook__(kind, error, trace)


def _duration(seconds: float) -> str:
    return f"  {seconds:.1f} s" if seconds >= 1 else f"  {seconds * 1000:.0f} ms"


def _message(fail: Any) -> str:  # noqa: ANN401
    message = str(fail.message).replace("\n", "\n    ")
    if isinstance(fail, UnmetDependency):
        return f"not run, because this failed: {message}"
    return message


def describe_ignored(ignored: Mapping[str, bool], selected: Sequence[str]) -> str:
    """Which of the *selected* steps did not run, and which steps to take back for that.

    *ignored*: the steps that did not run; whether that very one is to be ignored.
    """
    roots = [name for name, is_root in ignored.items() if is_root]
    groups = [name.partition(":")[0] for name in roots]
    names = []
    for name, group in zip(roots, groups, strict=True):
        is_whole = groups.count(group) > 1
        names.append(group if is_whole else name)
    listed = " ".join(dict.fromkeys(names))
    missed = ", ".join(name for name in selected if name in ignored)
    because = f"doit ignores: {listed}"
    return f"{missed} did not run, because {because}\n  Fix: doit forget {listed}"
