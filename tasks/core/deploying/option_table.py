"""The options of `doit deploy`, as doit reads them and help shows them: section by section.

The choices are remembered; what is in the section of this run is not (core.model.choices.Flags).
"""

from __future__ import annotations

from typing import Any

from tasks.core.cli.steps import flag_option, text_option

Option = dict[str, Any]


def _text(name: str, metavar: str, says: str) -> Option:
    return text_option(name, metavar, says, default=None)


def _header() -> Option:
    """The one option that may be given several times."""
    says = "sent with every request: 'Name: value', {VARIABLE} filled in; may be repeated"
    option = _text("headers", "'NAME: VALUE'", says)
    option |= {"long": "header", "type": list, "default": []}
    return option


SECTIONS: dict[str, list[Option]] = {
    "What to deploy": [
        _text("preset", "NAME", "a ready-made choice of provider and models"),
        _text("models", "A,B", "the models to serve (doit models)"),
        _text("add_models", "A,B", "serve these models too"),
        _text("remove_models", "A,B", "stop serving these models"),
        _text("opus", "MODEL", "the model for the opus tier"),
        _text("sonnet", "MODEL", "the one for sonnet, the usual tier"),
        _text("haiku", "MODEL", "the one for haiku, for small tasks"),
        _text("profile", "NAME", "keep these choices under a name, or use them"),
    ],
    "A gateway that your company runs": [
        _text("gateway_type", "KIND", "what kind of gateway it is"),
        _text("gateway_url", "URL", "its address: http(s)://host[:port]"),
        _text(
            "topology",
            "HOW",
            "direct, or local-proxy: your own LiteLLM in front of it",
        ),
        _text(
            "auth",
            "HOW",
            "how Claude Code sends its token: bearer, x-api-key, apikeyhelper or subscription",
        ),
        _text(
            "token",
            "PLACE",
            "where it is: env:NAME, file:PATH, cmd:COMMAND, keyring:SERVICE/NAME; never the token",
        ),
        flag_option(
            "token_stdin",
            "read the token from standard input, or unseen at a terminal",
        ),
        _text("token_file", "FILE", "read the token from this file"),
        _header(),
    ],
    "Your network": [
        _text("proxy", "URL", "its HTTP proxy: http://host:port, without user and password"),
        _text("proxy_auth_file", "FILE", "read user:password for the proxy from this file"),
        _text("ca_bundle", "FILE", "its certificates, a PEM file"),
        _text("client_cert", "FILE", "the certificate that Claude Code presents, a PEM file"),
        _text("client_key", "FILE", "the key of that certificate"),
    ],
    "This machine": [
        _text("port", "N", "the port of the local gateway (default: 4000)"),
        _text("listen", "ADDRESS", "the address that it listens on (default: 127.0.0.1)"),
        _text("target", "FOLDER", "the gateway's folder (default: ~/.claude/gateway)"),
        _text("litellm", "PATH", "the LiteLLM to run: its program or environment"),
        _text(
            "scope",
            "WHERE",
            "user: connect Claude Code in all your projects; project: in this folder only",
        ),
        _text(
            "templates",
            "FOLDER",
            "your own templates, over the shipped ones",
        ),
    ],
    "This run": [
        flag_option("start", "start the gateway afterwards, and ask it"),
        flag_option("dry_run", "show what would change, change nothing", "n"),
        flag_option(
            "yes",
            "agree to deploying, and to installing LiteLLM for --start",
            "y",
        ),
        flag_option("no_input", "never ask: what is missing is an error"),
        flag_option("allow_missing", "deploy although values are missing"),
        flag_option("backup", "archive what is deployed first; a deployment always does"),
        flag_option("include_secrets", "put .env into the backup too, encrypted"),
        flag_option("ours", "in a conflict, use the new version"),
        flag_option("theirs", "in a conflict, keep yours"),
        _text("force", "TOOL,...", "deploy although one of these tools owns the settings"),
    ],
}


def _in_sections() -> list[Option]:
    found = []
    for section, options in SECTIONS.items():
        for option in options:
            option["section"] = section
            found.append(option)
    return found


OPTIONS = _in_sections()
"""All of them, in the order of the sections."""
