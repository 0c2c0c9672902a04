"""The supervisor: it holds the socket and sees that one worker serves."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from .environment import drain_seconds
from .failure import find_error, find_reason
from .launcher import Launcher
from .leash import Leash
from .log import Log, say
from .schedule import Schedule
from .status import Status
from .uvicorn_api import Multiprocess
from .workers import Workers

if TYPE_CHECKING:
    import argparse
    import socket
    from pathlib import Path

    from .worker import Worker


class Supervisor(Multiprocess):
    """Sees that one worker serves. The loop and the queue of signals are uvicorn's.

    Each turn of the loop looks what has become of the workers:

        one is wanted ─► coming ─┬─ ready ───────► serving ─► leaving, when the next one is ready
                                 └─ ended, late ─► failed, said why; wanted again if none serves
    """

    log_size = 0
    """Of the log, before the worker that was started last."""
    at_once = False
    """Whether the answers that are under way are cut off at the end."""
    exit_code = 0
    """How the program ends."""

    def __init__(
        self,
        given: argparse.Namespace,
        program: Path,
        sockets: list[socket.socket],
    ) -> None:
        status_file = given.status or given.config.with_name("gateway.status.json")
        self.launcher = Launcher(given, program, status_file.parent)
        super().__init__(self.launcher.first_config(), sockets)
        self.patience: int = given.start_timeout
        self.status = Status(status_file)
        self.log = Log(status_file.with_name("litellm.log"))
        self.schedule = Schedule()
        self.workers = Workers()
        self.leash = Leash(given.leash)
        self.environment: dict[str, str] = {}
        """Of the worker that was started last."""

    # One turn of the loop.

    def init_processes(self) -> None:
        """The loop begins."""
        self.keep_subprocess_alive()

    def keep_subprocess_alive(self) -> None:
        """One turn of the loop, twice a second."""
        if self.leash.is_cut():
            say("the command that started this gateway has died")
            self.at_once = True
            self.should_exit.set()
            return
        self._look_at_serving()
        self._look_at_coming()
        self.workers.see_off()
        self._say_who_serves()
        self.log.rotate()
        self._write_status()

    def _look_at_serving(self) -> None:
        """Have another one started where the one that serves has died.

        At once, unless that happens repeatedly.
        """
        worker = self.workers.serving
        if worker is None or worker.is_running():
            return
        self.workers.serving = None
        say(f"worker {worker.pid} has died with code {worker.exitcode}; another one is started")
        is_coming = self.workers.coming is not None
        self.schedule.replace(worker.seconds(), is_coming=is_coming)

    def _look_at_coming(self) -> None:
        """Promote the one that is coming when it is ready.

        Where none is coming, start one when that is due.
        """
        coming = self.workers.coming
        if coming is None:
            if self.schedule.is_due():
                self._start_worker()
        elif coming.is_accepting():
            self._promote(coming)
        elif not coming.is_running():
            self._fail(f"it ended with code {coming.exitcode}")
        elif coming.seconds() > self.patience:
            coming.kill()
            self._fail(f"it was not ready within {self.patience} s")

    def _say_who_serves(self) -> None:
        """An attempt is over when no former worker takes connections any more."""
        serving = self.workers.serving
        if serving is None or self.status.state != "starting":
            return
        if self.workers.is_settled():
            self.status.state = "serving"
            say(f"worker {serving.pid} serves {serving.revision}")

    def _write_status(self) -> None:
        """Write what readers of the status want to know of this process and its workers."""
        processes = {
            "supervisor": os.getpid(),
            **self.workers.facts(),
            "code": self.launcher.program_revision,
            "leaving": [worker.pid for worker in self.workers.leaving],
        }
        self.status.write(processes)

    # A worker comes.

    def _start_worker(self) -> None:
        """Start one.

        Where that is not even possible, because .env is gone for example, it has failed.
        """
        self.schedule.take()
        self.status.begin(is_fallback=self.launcher.is_fallback)
        self.log_size = self.log.size()
        # A swap must lose no model; at the first start, some models are better than none.
        complete = self.workers.serving is not None
        try:
            source = self.launcher.choose_source()
            self.environment = source.environment
            self.workers.coming = self.launcher.start(
                source,
                self.sockets,
                complete=complete,
            )
        except OSError as error:
            self._fail(str(error))

    def _promote(self, coming: Worker) -> None:
        """It is ready: it takes the place of the one that serves."""
        drain = drain_seconds(self.environment)
        self.workers.promote(coming, drain)
        self.launcher.succeed(coming)

    def _fail(self, how: str) -> None:
        """The new worker failed, and how.

        Where none serves, try again, but not for ever. The very first one gets no second try:
        a person is waiting for the gateway to start.
        """
        self.workers.coming = None
        self._explain(how)
        if self.workers.serving:
            return
        is_fallback = self.launcher.fail()
        self.schedule.retry(at_once=is_fallback)
        if self.status.attempt == 1 or self.schedule.is_exhausted():
            self.exit_code = 6
            self.should_exit.set()

    def _explain(self, how: str) -> None:
        """Say why, in the log and in the status, without secrets.

        it ended with code 3: KeyError: others than this machine could connect, ...
        """
        log = self.log.since(self.log_size)
        error = find_error(log, self.environment)
        reason = f"{how}: {find_reason(error)}"
        self.status.fail(reason, error)
        say(f"the new worker failed, {reason}")

    # The end.

    def terminate_all(self) -> None:
        """Accept nothing more, and ask every worker to end."""
        for listening in self.sockets:
            listening.close()
        self.workers.terminate()

    def join_all(self) -> None:
        """Wait until they have ended, and remove the files that say that they run.

        For GATEWAY_DRAIN_SECONDS, or until one more signal comes: then they are killed.
        """
        deadline = time.monotonic() + drain_seconds(self.environment)
        while self.workers.are_running():
            self.handle_signals()
            if self.at_once or time.monotonic() > deadline:
                self.workers.kill()
            time.sleep(0.05)
        self.status.remove()
        self.launcher.forget()

    # Signals, by the names that uvicorn calls them by.

    def handle_hup(self) -> None:
        """Swap.

        A terminal that is closed sends the same signal, and means the end.
        """
        self.launcher.is_fallback = False
        self.schedule.ask()
        if sys.stderr.isatty():
            self.should_exit.set()

    def handle_term(self) -> None:
        """End.

        Asked a second time, at once: answers that are under way are cut off.
        """
        self.at_once = self.should_exit.is_set()
        self.should_exit.set()

    handle_int = handle_term

    def handle_ttin(self) -> None:
        """Stay with one worker."""

    handle_ttou = handle_ttin
