"""Claude Code through a gateway of your choice: on this machine, or your company's.

`python3 dodo.py help` shows the commands; `doit list`, the steps of a deployment in running order.
`python3 dodo.py …` makes its own virtual environment first; in an activated one `doit …` is the same.
"""

import os
import sys

if __name__ == "__main__":
    from _signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal

    # Until our entry has the signals, Ctrl-C ends this process without a traceback.
    if getsignal(SIGINT) is default_int_handler:
        signal(SIGINT, SIG_DFL)
    # Before anything is imported: our folder and the standard library, and nothing that PYTHONPATH names.
    folder, library = os.path.dirname(os.path.abspath(__file__)), os.path.dirname(os.__file__)
    sys.path[:] = [folder, library, os.path.join(library, "lib-dynload")]
    from tasks.core.frame.door import main

    raise SystemExit(main(sys.argv[1:]))

from typing import TYPE_CHECKING

import tasks.apply
import tasks.autostart
import tasks.backup
import tasks.check
import tasks.choose
import tasks.completion
import tasks.deploy
import tasks.develop
import tasks.doctor
import tasks.env
import tasks.exec
import tasks.explain
import tasks.facts
import tasks.history
import tasks.install
import tasks.lint
import tasks.litellm
import tasks.logs
import tasks.models
import tasks.plan
import tasks.preflight
import tasks.profiles
import tasks.render
import tasks.rollback
import tasks.service
import tasks.settings
import tasks.stage
import tasks.status
import tasks.transaction
import tasks.uninstall
import tasks.upgrade
import tasks.use
import tasks.validate
import tasks.verify
from tasks.core.deploying.this_run import Run
from tasks.core.frame import creators, memory
from tasks.core.frame.reporter import Reporter
from tasks.core.history.session import Session
from tasks.core.model.layout import PROJECT, Layout, is_packaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.cli.steps import Task

build = Layout.of(os.environ).build
if not is_packaged(PROJECT):
    memory.make_folder(build)  # another doit opens its memory there at once

run = Run()
session = Session()

DOIT_CONFIG = {
    "minversion": "0.37.0",
    "default_tasks": ["status"],  # a bare `doit` looks, and changes nothing
    "dep_file": str(build / "doit.db"),  # our own entry has one for each gateway's folder
    "backend": "sqlite3",  # keeps the records of parallel runs, and one format for every Python
    "reporter": Reporter(session, run),
    "sort": "definition",  # `doit list` in the order of this file
    "verbosity": 2,
}


@creators.options(lambda: tasks.deploy.OPTIONS)
def task_deploy(**options: str | bool | None) -> "Task":
    """Deploy a gateway and point Claude Code at it."""
    run.begin(tasks.deploy.resolve(options))  # which is why this task comes first
    return run.one(tasks.deploy.task, session)


def task_use() -> "Task":
    """Deploy what a profile chooses."""
    return tasks.use.task(run, session, tasks.deploy.task, tasks.deploy.OPTIONS)


def task_plan() -> "Task":
    """Show what deploying would change; change nothing."""
    return tasks.plan.task(run, tasks.deploy.OPTIONS)


def task_apply() -> "Task":
    """Deploy exactly what a saved plan says."""
    return tasks.apply.task(run, session, tasks.deploy.task)


def task_choose() -> "Task":
    """Choose what to deploy next; show every choice and where it comes from."""
    return tasks.choose.task(run, tasks.deploy.OPTIONS)


def task_preflight() -> "Task":
    """Check prerequisites: values, programs, disk space, permissions."""
    return run.one(tasks.preflight.task, session)


def task_render() -> "Iterator[Task]":
    """Render the files of the chosen gateway, one subtask each."""
    yield from run.each(tasks.render.tasks)


def task_stage() -> "Task":
    """Collect the rendered files and their manifest: one release."""
    return run.one(tasks.stage.task)


def task_validate() -> "Iterator[Task]":
    """Check all templates, and the release that is about to be installed."""
    yield from tasks.validate.tasks(run)


def task_backup() -> "Task":
    """Archive what is deployed, before it is changed."""
    return run.one(tasks.backup.task, session)


def task_install() -> "Task":
    """Write the release to the gateway's folder."""
    return run.one(tasks.install.task, session)


def task_settings() -> "Task":
    """Point Claude Code at the gateway, and change nothing else in its settings."""
    return run.one(tasks.settings.task, session)


def task_verify() -> "Task":
    """Compare what is deployed with what was chosen, and ask the gateway if it runs."""
    return tasks.verify.task(run.resolved)


def task_status() -> "Task":
    """Show what is deployed and whether it runs."""
    return tasks.status.task(run.deployed)


def task_doctor() -> "Task":
    """Find the first thing that fails, and fix it."""
    return tasks.doctor.task(run.layout)


def task_explain() -> "Task":
    """Show which file decides a key of Claude Code, or what a message means."""
    return tasks.explain.task(run.layout)


def task_models() -> "Task":
    """List the models that can be deployed."""
    return tasks.models.task(run.resolved)


def task_start() -> "Task":
    """Start the gateway, wait until it is ready, and ask it."""
    return run.one(tasks.service.start_task)


def task_stop() -> "Task":
    """Stop the gateway."""
    return tasks.service.stop_task(run.layout)


def task_restart() -> "Task":
    """Stop the gateway and start it again."""
    return run.one(tasks.service.restart_task)


def task_logs() -> "Task":
    """Show the end of the gateway's log."""
    return tasks.logs.task(run.resolved)


def task_autostart() -> "Task":
    """Start the gateway at login: --enable, --disable."""
    return tasks.autostart.task(run.layout)


def task_litellm() -> "Task":
    """Install the LiteLLM that is known to work, or upgrade to it."""
    return tasks.litellm.task(run.resolved)


def task_upgrade() -> "Task":
    """Show which version runs, and what is newer."""
    return tasks.upgrade.task(run.deployed)


def task_history() -> "Task":
    """List the revisions, or show one."""
    return tasks.history.task(run.layout)


def task_rollback() -> "Task":
    """Go back to an earlier revision or an archive."""
    return tasks.rollback.task(run.resolved, session)


def task_uninstall() -> "Task":
    """Remove the gateway, and restore settings.json."""
    return tasks.uninstall.task(run.layout, session)


def task_check() -> "Task":
    """Check whether Claude Code can work through a gateway, before deploying it."""
    return tasks.check.task(run.deployed)


def task_lint() -> "Task":
    """Find mistakes in a LiteLLM configuration, and fix them."""
    return tasks.lint.task(run.layout)


def task_profiles() -> "Task":
    """List the profiles: choices that have a name."""
    return tasks.profiles.task(run.resolved)


def task_exec() -> "Task":
    """Run a program with a profile."""
    return tasks.exec.task(run.deployed)


def task_env() -> "Task":
    """Print a profile as variables, for a shell to evaluate."""
    return tasks.env.task(run.deployed)


def task_completion() -> "Task":
    """Print the script with which your shell completes commands."""
    return tasks.completion.task(run.layout)


def task_test() -> "Task":
    """Check and test this project; --fast leaves out the real LiteLLM and Claude Code."""
    return tasks.develop.test_task()


def task_bench() -> "Task":
    """Measure what this project adds to doit's own time."""
    return tasks.develop.bench_task()


def task_docs() -> "Task":
    """Write the pages of docs/ that are made from the catalogue."""
    return tasks.develop.docs_task()


def task_lock() -> "Task":
    """Write the lists of locked packages again."""
    return tasks.develop.lock_task()


def task_facts() -> "Task":
    """Read again what Claude Code and LiteLLM name and know, for templates/."""
    return tasks.facts.task(run.resolved)


def task__promised() -> "Task":
    """Look whether a saved plan still holds."""
    return tasks.apply.promised_task(run.resolved)


def task__catalogue() -> "Task":
    """Read the catalogue once."""
    return tasks.choose.catalogue_task(run.layout)


def task__together() -> "Task":
    """Let install and settings share one transaction."""
    return tasks.transaction.together_task(session)


def task__transaction() -> "Task":
    """Take the lock, and undo at the end what did not succeed."""
    return tasks.transaction.open_task(run.resolved, session)


def task__held() -> "Task":
    """Look once more, now that nobody else can begin."""
    return tasks.apply.held_task(run.resolved)


def task__prove() -> "Task":
    """Have the gateway serve what is about to be deployed."""
    return run.one(tasks.service.prove_task, session)


def task__commit() -> "Task":
    """Make install and settings true, both or none."""
    return tasks.transaction.commit_task(session)


def task__verify() -> "Task":
    """Verify what was committed."""
    return tasks.verify.committed_task(run.resolved, session)


def task__finish() -> "Task":
    """Keep what was verified."""
    return tasks.transaction.finish_task(session)


def task__profile() -> "Task":
    """Keep what was deployed under its name."""
    return tasks.profiles.keep_task(run.resolved)


def task__litellm() -> "Task":
    """Install LiteLLM for what is about to be deployed."""
    return tasks.litellm.deployed_task(run.resolved, session)


def task__start() -> "Task":
    """Hear the gateway that was deployed."""
    return run.one(tasks.service.deployed_task, session)
