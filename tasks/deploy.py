"""deploy: the goal; its options, and which steps a deployment, or a dry run of one, consists of."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from tasks import plan
from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, action
from tasks.core.console import console, prompts
from tasks.core.console import summary as console_summary
from tasks.core.deploying import command, interview, plan_file, situation
from tasks.core.deploying.options import resolve_options
from tasks.core.history import history
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.service import processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.deploying.resolve import Resolved


def _text(name: str, says: str, default: str | None = None) -> dict[str, Any]:
    return {"name": name, "long": name.replace("_", "-"), "type": str, "default": default, "help": says}


def _flag(name: str, says: str, short: str = "") -> dict[str, Any]:
    return {"name": name, "long": name.replace("_", "-"), "short": short, "type": bool, "default": False, "help": says}


def _list(name: str, long: str, says: str) -> dict[str, Any]:
    return {"name": name, "long": long, "type": list, "default": [], "help": says}


OPTIONS = [
    _text("preset", "what to deploy: demo, basic and so on (docs/choosing.md); remembered, as the choices that follow"),
    _text("models", "the models to serve, a comma list (see: doit models)"),
    _text("add_models", "serve these too"),
    _text("remove_models", "do not serve these any more"),
    _text("opus", "the deployed model for Claude Code's opus tier"),
    _text("sonnet", "the one for its sonnet tier, the usual one"),
    _text("haiku", "the one for its haiku tier, for small tasks"),
    _text("gateway_type", "local, or who runs the gateway: custom, truefoundry, zuplo and others (docs/enterprise.md)"),
    _text("gateway_url", "where that gateway is: http(s)://host[:port]"),
    _text("topology", "direct, or local-proxy: a LiteLLM of your own in front of that gateway"),
    _text("auth", "how Claude Code shows its token: bearer, x-api-key or apikeyhelper"),
    _text("token", "where the token is: env:NAME, file:PATH, cmd:COMMAND, keyring:SERVICE/NAME; never the token"),
    _list("headers", "header", "sent with every request: 'Name: value', {VARIABLE} filled in; may be repeated"),
    _text("proxy", "the HTTP proxy of your network: http://host:port, without user and password; none: no longer"),
    _text("ca_bundle", "your network's certificates, a PEM file"),
    _text("client_cert", "the certificate with which Claude Code shows itself, a PEM file"),
    _text("client_key", "the key of that certificate"),
    _text("listen", "the address where the local gateway listens (127.0.0.1)"),
    _text("port", "where the local gateway listens (4000)"),
    _text("target", "the gateway's folder (~/.claude/gateway)"),
    _text("litellm", "the LiteLLM to run: its program, or its virtual environment"),
    _text("scope", "user: join Claude Code in all your projects; project: only in the folder where you are"),
    _text("profile", "keep these choices under a name, or go on with those that have it (see: doit profiles)"),
    _flag("token_stdin", "take the gateway's token from standard input; at a terminal, type it unseen"),
    _text("token_file", "take the gateway's token from this file"),
    _text("proxy_auth_file", "take user:password for the proxy from this file"),
    _flag("dry_run", "show what would change, change nothing", "n"),
    _flag("start", "start the gateway afterwards, and ask it"),
    _flag("yes", "agree without being asked: to deploying, and to installing LiteLLM when --start needs it", "y"),
    _flag("allow_missing", "deploy although values are missing; start waits for them"),
    _flag("no_input", "never ask: what is missing is an error that says how to give it"),
    _flag("include_secrets", "put .env into the backup too, encrypted"),
    _flag("ours", "where you and this deployment changed the same thing, take the new one"),
    _flag("theirs", "where you and this deployment changed the same thing, keep yours"),
    _text("force", "deploy over other tools that own the settings, named in a comma list"),
]
"""The options of `doit deploy`: choices, which are remembered, then flags for this run."""


def resolve(options: dict[str, Any]) -> Resolved:
    """What the options ask for; where a person deploys at a terminal, ask for what they leave open."""
    command_line.refuse_assignment(command_line.behind("deploy") or (), OPTIONS)
    if not asks(options):
        return resolve_options(options)
    given = [name for name, value in options.items() if value]
    resolved = resolve_options(options, asking=True)
    return interview.hold(resolved, given, lambda planned: plan.made(planned, plan_file.key_of(planned.layout)))


def asks(options: Mapping[str, Any]) -> bool:
    """Whether there may be questions: deploying is what was typed, at a terminal, by somebody who can be asked."""
    if not all(each is not None and each.isatty() for each in (sys.stdin, sys.stderr)):
        return False
    return not (options["no_input"] or options["dry_run"]) and command_line.behind("deploy") is not None


def task(resolved: Resolved) -> Task:
    """The whole deployment; a dry run is another graph, in which nothing writes."""
    if resolved.request.flags.dry_run:
        return {"actions": None, "task_dep": ["plan"]}
    steps = ["_together", "choose", "preflight", "validate", "install", "settings", "_commit", "_verify"]
    steps += ["_swap", "_finish", "_profile"]
    if resolved.request.flags.start:
        agree_to_litellm(resolved)
        steps += ["_start"]
    return {"actions": [(receipt, [resolved])], "task_dep": steps, "meta": {"quiet": True}}


def agree_to_litellm(resolved: Resolved) -> None:
    """Where LiteLLM has to be installed for the start: go on only if that is wanted."""
    if not situation.has_to_install_litellm(resolved) or resolved.request.flags.yes:
        return
    if resolved.request.flags.no_input or not sys.stdin.isatty():
        named = command_line.behind("deploy") is not None  # a saved plan and a profile have their choices already
        other = "name yours: --litellm PATH" if named else "install it first: doit litellm"
        raise UsageError("LiteLLM is not installed", f"Agree to installing it with --yes, or {other}")
    console.say(f"LiteLLM is not installed. It goes to {resolved.layout.venv} (about 700 MB).", "warn")
    with interview.ending():
        if not prompts.agreed("Install it now?"):
            raise GatewayError(interview.NOTHING)


@action
def receipt(resolved: Resolved) -> None:
    """What happened, what to do next, how to undo it; one line when nothing did."""
    told = console_summary.this
    place = resolved.layout.gateway
    if not told.written:
        said = "Nothing to do" if told.log is None else "Nothing had to change"
        console.say(f"{said}: {resolved.deployment.preset.id} stands in {place} as chosen.", "ok")
        return
    console.tell("\n".join(summary(resolved, told)), hanging=12)
    for line in (*onward(resolved), *backward(resolved), *again(resolved)):
        console.tell(line)  # never folded: there are commands in it


def summary(resolved: Resolved, told: console_summary.Run) -> list[str]:
    """The lines of the receipt."""
    deployment, layout = resolved.deployment, resolved.layout
    tiers = ", ".join(f"{tier} {name}" for tier, name in deployment.names.items())
    return [
        f"Deployed {deployment.preset.id} to {layout.gateway}",
        *([f"  models      {', '.join(model.id for model in deployment.models)}"] if deployment.models else []),
        f"  tiers       {tiers or 'as Claude Code names its models'}",
        f"  gateway     {deployment.url}",
        *told.lines(),
    ]


def onward(resolved: Resolved) -> Iterator[str]:
    """What to do next."""
    deployment, layout = resolved.deployment, resolved.layout
    if resolved.request.flags.start or not deployment.gateway.process or processes.running(layout):
        yield "Next:  run claude, and type /status in it"
        yield "       a claude that is open keeps its models until it is started anew"
    else:
        yield "Next:  doit start"
        yield "       or, without this checkout:"
        yield f"       sh {shlex.quote(str(layout.start_script))}"
    if folder := resolved.request.choices.scope:
        yield f"       in {folder}; there claude asks whether you trust the folder, and joins once you do"


def backward(resolved: Resolved) -> Iterator[str]:
    """How to undo it."""
    if history.current(resolved.layout).revision > 1:
        yield "Undo:  doit rollback"
        yield "       or, to take all of it away: doit uninstall"
    else:
        yield "Undo:  doit uninstall"


def again(resolved: Resolved) -> Iterator[str]:
    """How to do the same elsewhere without being asked."""
    request = resolved.request
    if request.was_interviewed:
        yield f"Same:  {command.spell_command(request)}"
    if request.answers:
        yield f"       with {', '.join(request.answers)} in the environment"
