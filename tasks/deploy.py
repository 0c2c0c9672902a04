"""deploy: the goal; its options, and which steps a deployment, or a dry run of one, consists of."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

from tasks.model.errors import UsageError
from tasks.tools import console, history, litellm, run
from tasks.tools.steps import Task, action

if TYPE_CHECKING:
    from tasks.tools.asked import Asked


def _text(name: str, says: str, default: str | None = None) -> dict[str, Any]:
    return {"name": name, "long": name.replace("_", "-"), "type": str, "default": default, "help": says}


def _flag(name: str, says: str, short: str = "") -> dict[str, Any]:
    return {"name": name, "long": name.replace("_", "-"), "short": short, "type": bool, "default": False, "help": says}


OPTIONS = [
    _text("preset", "demo, basic, enterprise, multi-provider or proxy; remembered, as all that follows"),
    _text("models", "the models to serve, a comma list (see: doit models)"),
    _text("add_models", "serve these too"),
    _text("remove_models", "do not serve these any more"),
    _text("opus", "the deployed model for Claude Code's opus tier"),
    _text("sonnet", "the one for its sonnet tier, the usual one"),
    _text("haiku", "the one for its haiku tier, for small tasks"),
    _text("gateway_type", "local, truefoundry, zuplo or custom"),
    _text("gateway_url", "where that gateway is: http(s)://host[:port]"),
    _text("port", "where the local gateway listens (4000)"),
    _text("target", "the gateway's folder (~/.claude/gateway)"),
    _text("litellm", "the LiteLLM to run: its program, or its virtual environment"),
    _flag("dry_run", "show what would change, change nothing", "n"),
    _flag("start", "start the gateway afterwards, and ask it"),
    _flag("yes", "install LiteLLM without asking when --start needs it", "y"),
    _flag("allow_missing", "deploy although values are missing; start waits for them"),
    _flag("include_secrets", "put .env into the backup too, encrypted"),
    _flag("ours", "where you and this deployment changed the same thing, take the new one"),
    _flag("theirs", "where you and this deployment changed the same thing, keep yours"),
    _text("force", "deploy over other tools that own the settings, named in a comma list"),
]
"""The options of `doit deploy`: choices, which are remembered, then flags for this run."""


def task(asked: Asked) -> Task:
    """The whole deployment; a dry run is another graph, in which nothing writes."""
    if asked.flags.dry_run:
        return {"actions": None, "task_dep": ["plan"]}
    steps = ["_together", "choose", "preflight", "validate", "install", "settings", "_commit", "_verify", "_finish"]
    if asked.flags.start:
        asked.installs_litellm = litellm_wanted(asked)
        steps += ["_start"]
    return {"actions": [(receipt, [asked])], "task_dep": steps, "meta": {"quiet": True}}


def litellm_wanted(asked: Asked) -> bool:
    """Whether LiteLLM has to be installed first: it is nowhere, and that was agreed to."""
    if not asked.deployment.gateway.process or litellm.find(asked.layout, os.environ, asked.choices.litellm):
        return False
    if asked.flags.yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("LiteLLM is not installed", "Agree to installing it with --yes, or name yours: --litellm PATH")
    console.say(f"LiteLLM is not installed. It goes to {asked.layout.venv} (about 700 MB).", "warn")
    return input("Install it now? [y/N] ").strip().lower() in ("y", "yes")


@action
def receipt(asked: Asked) -> None:
    """What happened, what to do next, how to undo it; one line when nothing did."""
    told = run.this
    place = asked.layout.gateway
    if not told.written:
        said = "Nothing to do" if told.log is None else "Nothing had to change"
        console.say(f"{said}: {asked.deployment.preset.id} stands in {place} as chosen.", "ok")
        return
    console.tell("\n".join(summary(asked, told)))


def summary(asked: Asked, told: run.Run) -> list[str]:
    """The lines of the receipt."""
    deployment, layout = asked.deployment, asked.layout
    tiers = ", ".join(f"{tier} {model.id}" for tier, model in deployment.tiers.items())
    lines = [
        f"Deployed {deployment.preset.id} to {layout.gateway}",
        f"  models      {', '.join(model.id for model in deployment.models)}",
        f"  tiers       {tiers}",
        f"  gateway     {deployment.url}",
        *told.lines(),
    ]
    if asked.flags.start or not deployment.gateway.process:
        lines.append("Next:  run claude, and type /status in it")
    else:
        lines.append(f"Next:  doit start   (or, without this checkout: sh {shlex.quote(str(layout.start_script))})")
    back = "doit rollback   or, to take all of it away: " if history.current(layout).revision > 1 else ""
    return [*lines, f"Undo:  {back}doit uninstall"]
