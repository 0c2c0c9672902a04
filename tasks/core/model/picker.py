"""The deployed models in Claude Code's list, /model, and what Claude Code takes each of them for.

    names of tiers, then the other served names ─► rows, each with its window

A row says by `behavesAs` which of the models that Claude Code knows one is like: that decides how
long an answer may be, whether it thinks, and which fields and betas a request has.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol

from tasks.core.model.catalogue import name_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasks.core.model.catalogue import Model, Setting
    from tasks.core.model.choices import Choices
    from tasks.core.model.upstream import Groups, Turns

UNKNOWN_OUTPUT = 32_000
"""Tokens of an answer that Claude Code asks for of a model that it does not know."""

LEAST_OUTPUT = 8_192
"""Of the model that it knows with the shortest answers."""

LEAST_WINDOW = 100_000
"""Claude Code ignores a smaller window for one model."""

MILLION = 1_000_000

CAPS = ("max_context", "max_output")
"""The facts that are limits for all models."""

FACTS = ("lineup", "lineup_only", "windows", *CAPS)
"""What a setting can be made from here."""


class Offer(Protocol):
    """What of a deployment decides about the list: see model.deployment.Deployment."""

    @property
    def choices(self) -> Choices:
        """What was asked for."""

    @property
    def models(self) -> Sequence[Model]:
        """The models that are deployed."""

    @property
    def names(self) -> Mapping[str, str]:
        """The served name of each tier."""

    @property
    def groups(self) -> Groups:
        """The names that several models share."""

    @property
    def served(self) -> Sequence[str]:
        """All names."""

    def answering(self, name: str) -> Turns:
        """Who is asked for a name, best first."""


def expand(setting: Setting, deployment: Offer) -> list[Setting]:
    """*setting*, whose fact is one of FACTS, as the settings that it consists of."""
    # In a project's settings Claude Code ignores the list.
    is_read = deployment.choices.scope is None
    if setting.fact in CAPS:
        return _limit_all(
            setting,
            setting.fact,
            deployment,
            is_read=is_read,
        )
    if not is_read:
        return []
    names = list_names(deployment)
    plain = setting._replace(fact=None, hidden=())
    if setting.fact == "windows":
        return _limit_windows(plain, names, deployment)
    shown = [name for name in names if not _is_hidden(name, setting.hidden)]
    if setting.fact == "lineup_only":
        if not shown:
            return []
        return [plain._replace(json="true")]
    rows = []
    for name in shown:
        row = json.dumps(make_row(name, deployment))
        path = (*setting.path, name_entry(name))
        rows.append(
            plain._replace(
                path=path,
                json=row,
            )
        )
    return rows


def list_names(deployment: Offer) -> list[str]:
    """The names that can be chosen: those of the tiers first, and no model twice."""
    if not deployment.models:
        return []
    names = dict.fromkeys([*deployment.names.values(), *deployment.served])
    for turns in deployment.groups.values():
        alone = turns[0].model.id
        if len(turns) == 1 and alone not in deployment.groups:
            names.pop(alone, None)
    return [*names]


def make_row(name: str, deployment: Offer) -> dict[str, str]:
    """What Claude Code shows of a served name, and takes it for."""
    turns = deployment.answering(name)
    model = turns[0].model
    row = {
        "model": name,
        "label": model.name,
        "description": " · ".join(_describe(name, deployment)),
    }
    if model.behaves_as:
        row["behavesAs"] = model.behaves_as
    return row


def find_caps(
    deployment: Offer,
    *,
    is_listed: bool,
) -> dict[str, str]:
    """What all models share, as the facts max_context and max_output; each only where it is needed.

    *is_listed*: Claude Code has the rows, so that these count for what the rows leave open.
    """
    if not deployment.models:
        return {}
    caps: dict[str, int] = {}
    for name in deployment.names.values():
        models = [turn.model for turn in deployment.answering(name)]
        output = min(model.limits["output_tokens"] for model in models)
        asked = UNKNOWN_OUTPUT
        if is_listed:
            asked = _ask_output(models[0])
        if output < asked or not is_listed:
            _lower(
                caps,
                "max_output",
                min(output, asked),
            )
    served = [*deployment.names.values()]
    if is_listed:
        served += list_names(deployment)
    for name in served:
        models = [turn.model for turn in deployment.answering(name)]
        if not is_listed or models[0].behaves_as is None:
            _lower(
                caps,
                "max_context",
                min(model.limits["input_tokens"] for model in models),
            )
    return {fact: str(cap) for fact, cap in caps.items()}


def show_tokens(count: int) -> str:
    """A number of tokens as a person says it: 128k, 1M."""
    if count >= MILLION:
        return f"{count // MILLION}M"
    return f"{count // 1000}k"


def _lower(
    caps: dict[str, int],
    name: str,
    cap: int,
) -> None:
    caps[name] = min(
        cap,
        caps.get(name, cap),
    )


def _ask_output(model: Model) -> int:
    """How long an answer Claude Code asks for at most: `validate` holds each model to it."""
    if model.behaves_as is None:
        return UNKNOWN_OUTPUT
    return max(
        LEAST_OUTPUT,
        model.limits["output_tokens"],
    )


def _limit_windows(
    setting: Setting,
    names: Sequence[str],
    deployment: Offer,
) -> list[Setting]:
    """The windows that are smaller than what Claude Code takes the models for."""
    made = []
    for name in names:
        window = min(turn.model.limits["input_tokens"] for turn in deployment.answering(name))
        if LEAST_WINDOW <= window < MILLION:
            path = (*setting.path, name, "autoCompactWindow")
            made.append(
                setting._replace(
                    path=path,
                    json=str(window),
                )
            )
    return made


def _limit_all(
    setting: Setting,
    fact: str,
    deployment: Offer,
    *,
    is_read: bool,
) -> list[Setting]:
    """A limit for all models: for a Claude Code without the list of them, and for one with it."""
    plain = setting._replace(fact=None, since=None)
    before = find_caps(deployment, is_listed=False).get(fact)
    after = find_caps(deployment, is_listed=is_read).get(fact)
    if before == after:
        made = [plain._replace(text=before)]
    else:
        made = [
            plain._replace(
                text=before,
                until=setting.since,
            ),
            plain._replace(
                text=after,
                since=setting.since,
            ),
        ]
    return [each for each in made if each.text is not None]


def _describe(
    name: str,
    deployment: Offer,
) -> Iterator[str]:
    """Which tiers ask for it, its context and price, and what it cannot do."""
    turns = deployment.answering(name)
    model = turns[0].model
    tiers = [tier for tier, served in deployment.names.items() if served == name]
    if tiers:
        yield ", ".join(tiers)
    yield f"{show_tokens(min(turn.model.limits['input_tokens'] for turn in turns))} context"
    yield from _describe_price(model)
    if len(turns) > 1:
        yield f"when it fails: {turns[1].model.name}"
    yield from _describe_lacks(model)


def _describe_price(model: Model) -> Iterator[str]:
    """Dollars for a million tokens; nothing where it is unknown."""
    paid, received = model.dollars
    if (paid, received) == ("0", "0"):
        yield "free"
    elif "?" not in (paid, received):
        yield f"${paid} in, ${received} out"


def _describe_lacks(model: Model) -> Iterator[str]:
    if model.limits["output_tokens"] < LEAST_OUTPUT:
        yield f"answers end at {model.limits['output_tokens']:,} tokens"
    if model.tools == "no":
        yield "no tools"
    if model.tools == "unknown":
        yield "tools untested"
    if not model.vision:
        yield "no pictures"
    if not model.reasoning:
        yield "no thinking"


def _is_hidden(
    name: str,
    hidden: Sequence[str],
) -> bool:
    """Whether Claude Code takes *name* for a model that it no longer shows."""
    plain = name.lower().replace(
        ".",
        "-",
    )
    return any(
        re.search(
            rf"{re.escape(old)}(?!\d)(?!-\d(?!\d))",
            plain,
        )
        for old in hidden
    )


def read_value(setting: Setting) -> Any:  # noqa: ANN401 - any JSON value
    """The value that a setting itself has: text or JSON; None where something else decides."""
    if setting.json is not None:
        return json.loads(setting.json)
    return setting.text
