"""deploy: the goal; its options, and which steps a deployment, or a dry run of one, consists of."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, action
from tasks.core.deploying import interview, receipt
from tasks.core.deploying.options import resolve_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session


def _text(name: str, says: str, default: str | None = None) -> dict[str, Any]:
    return {"name": name, "long": name.replace("_", "-"), "type": str, "default": default, "help": says}


def _flag(name: str, says: str, short: str = "") -> dict[str, Any]:
    return {"name": name, "long": name.replace("_", "-"), "short": short, "type": bool, "default": False, "help": says}


OPTIONS = [
    _text("preset", "what to deploy: demo, basic and so on (docs/models.md); remembered, as the choices that follow"),
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
    _text("headers", "sent with every request: 'Name: value', {VARIABLE} filled in; may be repeated")
    | {"long": "header", "type": list, "default": []},
    _text("proxy", "the HTTP proxy of your network: http://host:port, without user and password"),
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
    return interview.hold(resolve_options(options, asking=True), given)


def asks(options: Mapping[str, Any]) -> bool:
    """Whether there may be questions: deploying is what was typed, at a terminal, by somebody who can be asked."""
    if not all(each is not None and each.isatty() for each in (sys.stdin, sys.stderr)):
        return False
    return not (options["no_input"] or options["dry_run"]) and command_line.behind("deploy") is not None


def task(resolved: Resolved, session: Session) -> Task:
    """The whole deployment; a dry run is another graph, in which nothing writes."""
    if resolved.request.flags.dry_run:
        return {"actions": None, "task_dep": ["plan"]}
    steps = ["_together", "choose", "preflight", "validate", "install", "settings"]
    steps += ["_prove", "_commit", "_verify", "_finish", "_profile"]
    if resolved.request.flags.start:
        interview.agree_to_litellm(resolved)
        steps[4:4], steps[-1:] = ["_litellm"], ["_profile", "_start"]
    return {"actions": [(report, [resolved, session])], "task_dep": steps, "meta": {"quiet": True}}


@action
def report(resolved: Resolved, session: Session) -> None:
    """What happened, what to do next, how to undo it; one line when nothing did."""
    receipt.report(resolved, session.summary)
