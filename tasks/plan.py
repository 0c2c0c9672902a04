"""plan: what deploying would change, worked out and shown; nothing is written but, where asked for, the plan itself."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tasks.core.cli import command_line, strays
from tasks.core.cli.steps import EXIT_CODE, JSON, Task, action, text_option
from tasks.core.console import console
from tasks.core.console import diff as diff_lines
from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying import plan_file, plan_page
from tasks.core.deploying.options import resolve_options
from tasks.core.deploying.resolve import resolve
from tasks.core.model.errors import Changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.this_run import Run

NOT_HERE = ("dry_run", "yes", "no_input", "backup", "include_secrets")
"""The options of a deployment that say nothing about what it would change."""

OPTIONS: list[dict[str, Any]] = [
    {"name": "diff", "long": "diff", "type": bool, "default": False, "help": "every change as a diff, secrets hidden"},
    JSON,
    EXIT_CODE,
    text_option("out", "FILE", "save it in this file, for: doit apply FILE"),
]


def task(run: Run, deploying: Iterable[Mapping[str, Any]]) -> Task:
    """`doit plan`, with the options of *deploying* for what to plan, of which nothing is remembered.

    No dependencies and no targets: a plan looks at what is there, and leaves it so.
    """
    options = [dict(each) for each in deploying]
    params = [*(each for each in options if each["name"] not in NOT_HERE), *OPTIONS]
    same = ""
    if (words := command_line.behind("plan")) is not None:
        given = strays.read("plan", params, words)
        defaults = {each["name"]: each["default"] for each in options}
        planned = resolve_options({name: given.get(name, default) for name, default in defaults.items()})
        request = replace(planned.request, is_read_only=not given["out"])
        run.begin(resolve(request, planned.context))
        same = shlex.join(["doit", "deploy", *repeated(options, given)])
    return {"actions": [(show, [run.resolved, same])], "params": params, "meta": {"quiet": True}}


def repeated(options: Iterable[Mapping[str, Any]], given: Mapping[str, Any]) -> Iterator[str]:
    """The words with which a deployment is given the same *options*."""
    for each in options:
        value, name = given.get(each["name"], each["default"]), f"--{each['long']}"
        if value == each["default"]:
            continue
        if each["type"] is bool:
            yield name
        else:
            yield from (word for one in ([value] if isinstance(value, str) else value) for word in (name, one))


@action
def show(resolved: Resolved, same: str, *, diff: bool, as_json: bool, exit_code: bool, out: str) -> None:
    """Print the plan, for a person or a program; save it where that was asked for."""
    key = plan_file.store_key(resolved.layout) if out else plan_file.key_of(resolved.layout)
    plan, patch = deploying_plan.make_plan(resolved, key)
    if out:
        plan_file.save(plan_file.place(out), plan, key)
    if as_json:
        console.document({**plan, "diff": diff_lines.bare(patch)} if diff else plan)
    else:
        console.tell("\n".join([*plan_page.lines(plan, console.width()), *(diff_lines.painted(patch) if diff else ())]))
        hints(plan, diff=diff, out=out)
    if exit_code and deploying_plan.changes(plan):
        command = f"doit apply {shlex.quote(out)}" if out else same
        raise Changed(f"{deploying_plan.changes(plan)} files would change", f"Do it: {command}")


def hints(plan: Mapping[str, Any], *, diff: bool, out: str) -> None:
    """What can be done next."""
    if out:
        console.say(f"Saved. To do exactly this, or nothing: doit apply {shlex.quote(out)}", "ok")
    elif deploying_plan.changes(plan) and not diff:
        console.say("Every changed line: doit plan --diff, with the same options")
