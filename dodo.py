"""Deploy an LLM gateway to ~/.claude/gateway and join Claude Code to it, step by step.

    python3 dodo.py deploy --preset demo --start     set up, deploy, start, and hear the gateway answer
    doit list                                        the steps, in running order
    doit deploy --models a,b --dry-run               show what that would change; change nothing
    doit validate                                    check the templates before committing them
    doit install                                     one step again, with what was last chosen

`python3 dodo.py …` makes its own virtual environment first; in an activated one plain `doit …` is the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

if __name__ == "__main__":
    from tasks.tools.bootstrap import main

    raise SystemExit(main(sys.argv[1:]))

from doit import task_params

from tasks import (
    backup,
    choose,
    deploy,
    develop,
    history,
    install,
    litellm,
    models,
    plan,
    preflight,
    render,
    rollback,
    service,
    settings,
    stage,
    status,
    transaction,
    uninstall,
    validate,
    verify,
)
from tasks.tools import workshop
from tasks.tools.asked import Asked
from tasks.tools.reporting import Reporter
from tasks.tools.steps import Task

workshop.prepare()

DOIT_CONFIG = {
    "minversion": "0.37.0",
    "default_tasks": ["status"],  # a bare `doit` looks, and changes nothing
    "dep_file": "build/doit.db",
    "backend": "sqlite3",  # keeps the records of parallel runs, and one format for every Python
    "reporter": Reporter,
    "sort": "definition",  # `doit list` in the order of this file
    "verbosity": 2,
}

asked = Asked()


@task_params(deploy.OPTIONS)  # type: ignore[untyped-decorator]
def task_deploy(**options: str | bool | None) -> Task:
    """Deploy the gateway and join Claude Code to it: every step below, in order."""
    asked.settle(options)  # which is why this task comes first
    return asked.one(deploy.task)


def task_choose() -> Task:
    """Remember what to deploy."""
    return choose.task(asked)


def task_preflight() -> Task:
    """Look whether all that is needed is there: values, programs, space, rights."""
    return asked.one(preflight.task)


def task_render() -> Iterator[Task]:
    """Render the files of the chosen gateway, one subtask each."""
    yield from asked.each(render.tasks)


def task_stage() -> Task:
    """Gather the rendered files and their manifest: one release."""
    return asked.one(stage.task)


def task_validate() -> Iterator[Task]:
    """Check all templates, and the release that is about to be installed."""
    yield from validate.tasks(asked)


def task_plan() -> Task:
    """Show what deploying would change; change nothing."""
    return asked.one(plan.task)


def task_backup() -> Task:
    """Archive what stands, before it is changed."""
    return asked.one(backup.task)


def task_install() -> Task:
    """Make the gateway's folder hold the release."""
    return asked.one(install.task)


def task_settings() -> Task:
    """Join Claude Code to the gateway, touching nothing else in its settings."""
    return asked.one(settings.task)


def task_verify() -> Task:
    """Look at what stands, and ask the gateway if it runs."""
    return asked.one(verify.task)


def task_history() -> Task:
    """List the revisions, or show one: doit history 3."""
    return history.task(asked)


def task_rollback() -> Task:
    """Bring back an earlier revision or an archive: doit rollback [3]."""
    return rollback.task(asked)


def task_backups() -> Task:
    """List the archives, each verified."""
    return history.backups_task(asked)


def task_uninstall() -> Task:
    """Take the gateway away, and give settings.json back."""
    return uninstall.task(asked)


def task_litellm() -> Task:
    """Install a known-good LiteLLM into the gateway's own environment."""
    return litellm.task(asked)


def task_start() -> Task:
    """Start the gateway, wait until it is ready, and ask it."""
    return asked.one(service.start_task)


def task_stop() -> Task:
    """Stop the gateway."""
    return asked.one(service.stop_task)


def task_status() -> Task:
    """Tell what is deployed and whether it runs."""
    return asked.one(status.task)


def task_models() -> Task:
    """List the models that can be deployed."""
    return models.task(asked)


def task_test() -> Task:
    """Check and test this project; --fast leaves out the real LiteLLM and Claude Code."""
    return develop.test_task()


def task_bench() -> Task:
    """Measure what this project adds to doit's own time."""
    return develop.bench_task()


def task_docs() -> Task:
    """Write the pages of docs/ that are made from the catalogue."""
    return develop.docs_task()


def task_lock() -> Task:
    """Make the lists of locked packages anew."""
    return develop.lock_task()


def task__catalogue() -> Task:
    """Read the catalogue once."""
    return choose.catalogue_task(asked)


def task__together() -> Task:
    """Let install and settings share one transaction."""
    return transaction.together_task()


def task__transaction() -> Task:
    """Take the lock, and undo at the end what did not succeed."""
    return transaction.open_task(asked)


def task__commit() -> Task:
    """Make install and settings true, both or none."""
    return transaction.commit_task()


def task__verify() -> Task:
    """Verify what was committed."""
    return asked.one(verify.committed_task)


def task__finish() -> Task:
    """Keep what was verified."""
    return transaction.finish_task(asked)


def task__litellm() -> Task:
    """Install LiteLLM for what was deployed."""
    return litellm.deployed_task(asked)


def task__start() -> Task:
    """Start what was deployed."""
    return asked.one(service.deployed_task)
