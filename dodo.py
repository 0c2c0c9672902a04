"""Deploy an LLM gateway to ~/.claude/gateway and join Claude Code to it, step by step.

    python3 dodo.py deploy --preset demo --start     set up, deploy, start, and hear the gateway answer
    doit list                                        the steps, in running order
    doit deploy --models a,b --dry-run               show what that would change; change nothing
    doit validate                                    check the templates before committing them
    doit install                                     one step again, with what was last chosen

`python3 dodo.py …` makes its own virtual environment first; in an activated one plain `doit …` is the same.
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

import tasks.allowlist
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
    """Deploy the gateway and join Claude Code to it: every step below, in order."""
    run.begin(tasks.deploy.resolve(options))  # which is why this task comes first
    return run.one(tasks.deploy.task, session)


def task_use() -> "Task":
    """Switch to a profile: doit use work."""
    return tasks.use.task(run, session, tasks.deploy.task, tasks.deploy.OPTIONS)


def task_profiles() -> "Task":
    """List the profiles, which are choices with a name; --remove NAME."""
    return tasks.profiles.task(run.resolved)


def task_exec() -> "Task":
    """Run a program with a profile of its own: doit exec --profile work -- claude."""
    return tasks.exec.task(run.deployed)


def task_env() -> "Task":
    """Print a profile as variables, for a shell to evaluate."""
    return tasks.env.task(run.deployed)


def task_plan() -> "Task":
    """Show what deploying would change; change nothing."""
    return tasks.plan.task(run, tasks.deploy.OPTIONS)


def task_apply() -> "Task":
    """Do exactly what a saved plan says: doit apply FILE."""
    return tasks.apply.task(run, session, tasks.deploy.task)


def task_choose() -> "Task":
    """Note what to deploy; named alone, show every choice and where it comes from."""
    return tasks.choose.task(run, tasks.deploy.OPTIONS)


def task_preflight() -> "Task":
    """Look whether all that is needed is there: values, programs, space, rights."""
    return run.one(tasks.preflight.task, session)


def task_render() -> "Iterator[Task]":
    """Render the files of the chosen gateway, one subtask each."""
    yield from run.each(tasks.render.tasks)


def task_stage() -> "Task":
    """Gather the rendered files and their manifest: one release."""
    return run.one(tasks.stage.task)


def task_validate() -> "Iterator[Task]":
    """Check all templates, and the release that is about to be installed."""
    yield from tasks.validate.tasks(run)


def task_backup() -> "Task":
    """Archive what stands, before it is changed."""
    return run.one(tasks.backup.task, session)


def task_install() -> "Task":
    """Make the gateway's folder hold the release."""
    return run.one(tasks.install.task, session)


def task_settings() -> "Task":
    """Join Claude Code to the gateway, touching nothing else in its settings."""
    return run.one(tasks.settings.task, session)


def task_verify() -> "Task":
    """Look at what stands, and ask the gateway if it runs."""
    return tasks.verify.task(run.resolved)


def task_history() -> "Task":
    """List the revisions, or show one: doit history 3; --archives lists the archives."""
    return tasks.history.task(run.layout)


def task_rollback() -> "Task":
    """Bring back an earlier revision or an archive: doit rollback [3]."""
    return tasks.rollback.task(run.resolved, session)


def task_uninstall() -> "Task":
    """Take the gateway away, and give settings.json back."""
    return tasks.uninstall.task(run.layout, session)


def task_litellm() -> "Task":
    """Install a known-good LiteLLM into the gateway's own environment."""
    return tasks.litellm.task(run.resolved)


def task_start() -> "Task":
    """Start the gateway, wait until it is ready, and ask it."""
    return run.one(tasks.service.start_task)


def task_stop() -> "Task":
    """Stop the gateway."""
    return tasks.service.stop_task(run.layout)


def task_restart() -> "Task":
    """Stop the gateway and start it again."""
    return run.one(tasks.service.restart_task)


def task_autostart() -> "Task":
    """Start the gateway at login: --enable, --disable."""
    return tasks.autostart.task(run.layout)


def task_status() -> "Task":
    """Tell what is deployed and whether it runs."""
    return tasks.status.task(run.deployed)


def task_doctor() -> "Task":
    """Find out what is wrong, and fix it: --fix, --deep, --providers, --report FILE."""
    return tasks.doctor.task(run.layout)


def task_explain() -> "Task":
    """Tell who sets a key of Claude Code, who wins and why; or what a message means."""
    return tasks.explain.task(run.layout)


def task_logs() -> "Task":
    """Show the end of the gateway's log; -f goes on with what comes."""
    return tasks.logs.task(run.resolved)


def task_check() -> "Task":
    """Check whether Claude Code can work through a gateway: doit check [URL]."""
    return tasks.check.task(run.deployed)


def task_models() -> "Task":
    """List the models that can be deployed."""
    return tasks.models.task(run.resolved)


def task_lint() -> "Task":
    """Find mistakes in a LiteLLM configuration, and fix them: doit lint [FILE...] [--fix]."""
    return tasks.lint.task(run.layout)


def task_completion() -> "Task":
    """Print a script with which your shell completes all this."""
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
    """Make the lists of locked packages anew."""
    return tasks.develop.lock_task()


def task_allowlist() -> "Task":
    """Write down anew what LiteLLM knows: its settings, providers and models."""
    return tasks.allowlist.task(run.resolved)


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
