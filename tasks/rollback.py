"""rollback: bring back an earlier revision, or an archive, as a new revision, keeping what others changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import token_binding
from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.deploying import proof, rollback_target
from tasks.core.deploying.install import choose_side
from tasks.core.history import backup, history
from tasks.core.merge import conflicts
from tasks.core.model import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session

OPTIONS = [
    {
        "name": "include_secrets",
        "long": "include-secrets",
        "type": bool,
        "default": False,
        "help": "bring back .env too, from an archive that holds one",
    },
    {"name": "ours", "long": "ours", "type": bool, "default": False, "help": "in a conflict take what is brought back"},
    {"name": "theirs", "long": "theirs", "type": bool, "default": False, "help": "in a conflict keep your edits"},
]


def task(resolved: Resolved, session: Session) -> Task:
    """`doit rollback [N|ARCHIVE]`: without a name, to the revision before the current one."""
    return {
        "actions": [(roll_back, [resolved, session])],
        "params": OPTIONS,
        "pos_arg": "which",
        "setup": ["_transaction"],
        "meta": {"quiet": True},
    }


@action
def roll_back(
    resolved: Resolved,
    session: Session,
    which: Sequence[str],
    *,
    include_secrets: bool,
    ours: bool,
    theirs: bool,
) -> None:
    """Bring back files and settings; .env only from an archive that has one, and if asked for."""
    layout = resolved.layout
    before = history.current(layout)
    options = {
        "include_secrets": include_secrets,
        "ours": ours,
        "theirs": theirs,
    }
    names = take_options(which, options)
    target = rollback_target.chosen(layout, names, before, secrets=options["include_secrets"])
    if layout.env_file.name not in target.stood:
        choices = target.revision.manifest.choices
        templates = choices.get("templates")
        context = resolved.context.with_templates(templates)
        token_binding.check_return(
            layout,
            context.catalogue,
            choices,
        )
    side = choose_side(is_ours=options["ours"], is_theirs=options["theirs"])
    with conflicts.offered():
        plan = rollback_target.plan_rollback(layout, target, before, side)
    if plan.is_empty:
        console.say(f"Nothing to do: revision {target.revision.number} is what stands.", "ok")
        return
    session.summary.backup = backup.keep(layout)
    session.is_shared = True
    plan.apply(session)
    proof.prove_running(layout, session)
    session.complete()
    rollback_target.report(target, history.current(layout), plan, session.summary)


def take_options(words: Sequence[str], options: dict[str, bool]) -> list[str]:
    """The names among *words*; doit takes an option after the first name for a name too."""
    by_word = {f"--{option['long']}": str(option["name"]) for option in OPTIONS}
    typed = {word for word in words if word.startswith("-")}
    if unknown := sorted(typed - by_word.keys()):
        known = ", ".join(sorted(by_word))
        raise errors.UsageError(f"there is no option {', '.join(unknown)}", f"There are {known}.")
    options |= {by_word[word]: True for word in typed}
    return [word for word in words if word not in typed]
