"""What the rules of `doit lint` know: LiteLLM's own names, our table of rules and of usual mistakes, the catalogue."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.catalogue import catalogue
from tasks.core.disk import files
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.core.lint.findings import Severity
    from tasks.core.model.catalogue import Model
    from tasks.core.model.layout import Layout

LITELLM = "litellm.json"
"""Written by `doit facts`."""


class Rule(NamedTuple):
    """One thing that is looked for; the fields of templates/lint/rules.yaml."""

    id: str
    severity: Severity
    why: str
    fix: str


class Mistake(NamedTuple):
    """A setting that LiteLLM does not have, or has elsewhere; the fields of templates/lint/settings.yaml."""

    at: str
    move: str | None = None
    remove: bool = False
    why: str = ""
    fix: str = ""
    severity: Severity | None = None


class Facts(NamedTuple):
    """Everything that does not depend on the file that is looked at.

    *sections* gives per section the kind of every key, *listed* per provider the end of every model, *bare* the names
    that LiteLLM knows without a provider, *models* the catalogue's by route.
    """

    version: str
    top: frozenset[str]
    sections: Mapping[str, Mapping[str, str]]
    policies: Mapping[str, frozenset[str]]
    strategies: tuple[str, ...]
    providers: frozenset[str]
    callbacks: frozenset[str]
    listed: Mapping[str, Mapping[str, str]]
    bare: frozenset[str]
    rules: Mapping[str, Rule]
    mistakes: Mapping[str, Mistake]
    need_database: tuple[str, ...]
    blocked_variables: frozenset[str]
    no_secrets: frozenset[str]
    models: Mapping[str, Model]


@functools.cache
def load(layout: Layout) -> Facts:
    """The facts of a project, read once; InvalidInput when one of its files is damaged."""
    models = {model.route: model for model in catalogue.load(layout).models.values()}
    return _read(layout.templates / "lint")._replace(models=models)


def _read(folder: Path) -> Facts:
    try:
        return _facts(
            documents.parse_json(files.read(folder / LITELLM) or b"", str(folder / LITELLM)),
            documents.load_yaml(folder / "rules.yaml")["rules"],
            documents.load_yaml(folder / "settings.yaml"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        remedy = "Restore it with git, or write it anew with `doit facts`."
        raise InvalidInput(f"is damaged ({error!r})", remedy, where=str(folder)) from None


def _facts(known: Any, rules: Any, settings: Any) -> Facts:  # noqa: ANN401 - as the files have it
    names = ("general_settings", "litellm_settings", "router_settings", "litellm_params")
    return Facts(
        version=known["litellm"],
        top=frozenset(known["top"]),
        sections={name: known[name] for name in names},
        policies={name: frozenset(known[name]) for name in ("retry_policy", "allowed_fails_policy")},
        strategies=tuple(known["routing_strategies"]),
        providers=frozenset(known["providers"]),
        callbacks=frozenset(known["callbacks"]),
        listed=known["models"],
        bare=frozenset(name for models in known["models"].values() for name in models),
        rules={each["id"]: Rule(**each) for each in rules},
        mistakes={each["at"]: Mistake(**each) for each in settings["mistakes"]},
        need_database=tuple(settings["need_database"]),
        blocked_variables=frozenset(settings["blocked_variables"]),
        no_secrets=frozenset(settings["no_secrets"]),
        models={},
    )
