"""What to ask somebody who deploys at a terminal: from what is known already to the next question, one at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console.prompts import Item, Question
from tasks.core.litellm import litellm
from tasks.core.model.catalogue import TIERS
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import PROXIES, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Catalogue, Gateway, Model, Preset, Variable
    from tasks.core.model.deployment import Deployment

KEEP, ANEW, CANCEL = "update", "overwrite", "cancel"
"""What to do with a gateway that stands already."""

YES, NO = "yes", "no"

TIERS_ARE_FOR = "Claude Code asks sonnet for most work, opus for what is hard, and haiku for small tasks on the side."


Asking = Callable[["Known", "Catalogue"], "Iterator[Question]"]
"""What there is to ask of one kind."""


class Lack(NamedTuple):
    """A variable without a value that can be used: why, and how to get one."""

    variable: Variable
    problem: str
    remedy: str


class Known(NamedTuple):
    """What is known before the next question.

    *fresh*: nothing was chosen before. *settled*: the questions that have their answer, by an option or typed.
    *stands*: in one line, the gateway of ours in that folder; *foreign*: files of somebody else there that have our
    names; *joined*: the address of a gateway that is none of ours, to which the settings lead; *owners*: other tools
    that own these, each with the name for --force. *lacks* and *installs* (what it takes to install LiteLLM, empty when
    there is one) are of the choices as they are now; *runs*: a gateway does already.
    """

    choices: Choices
    fresh: bool = True
    settled: frozenset[str] = frozenset()
    start: bool = False
    stands: str = ""
    foreign: tuple[str, ...] = ()
    joined: str = ""
    owners: tuple[tuple[str, str], ...] = ()
    lacks: tuple[Lack, ...] = ()
    installs: str = ""
    runs: bool = False
    today: str = ""


def has_to_install_litellm(resolved: Resolved) -> bool:
    """Whether a deployment that starts the gateway has to install LiteLLM first: there is none on this machine."""
    if not resolved.request.flags.start or not resolved.deployment.gateway.process:
        return False
    return litellm.find(resolved.layout, os.environ, resolved.request.choices.litellm) is None


def about_choices(known: Known, catalogue: Catalogue) -> Question | None:
    """The next question about what to deploy, None when that is clear; UsageError when it cannot be meant so."""
    return _next((_standing, _joined, _preset, _kind, _address, _models, _tiers), known, catalogue)


def about_this_machine(known: Known, catalogue: Catalogue) -> Question | None:
    """The next question once that is clear: about values that are missing, and about starting."""
    return _next((_proxy, _values, _start), known, catalogue)


def needs_address(choices: Choices, catalogue: Catalogue) -> bool:
    """Whether it is a gateway elsewhere, and nobody has said where."""
    preset = catalogue.presets.get(choices.preset)
    kind = "custom" if choices.gateway_type == "enterprise" else choices.gateway_type or (preset and preset.gateway)
    gateway = catalogue.gateways.get(kind or "")
    return gateway is not None and not gateway.process and not (choices.gateway_url or gateway.url)


def _next(asking: Iterable[Asking], known: Known, catalogue: Catalogue) -> Question | None:
    open_ones = (each for ask in asking for each in ask(known, catalogue) if each.name not in known.settled)
    return next(open_ones, None)


def _standing(known: Known, _catalogue: Catalogue) -> Iterator[Question]:
    if known.stands:
        choices = (
            Item(KEEP, "Update it", "As it was chosen, with the options that you gave; what you edited there stays."),
            Item(ANEW, "Back up and overwrite", "Choose anew; an archive of what stands is made first."),
            Item(CANCEL, "Cancel", "Nothing is changed."),
        )
        yield Question("standing", f"A gateway stands already: {known.stands}.\nWhat shall become of it?", choices)
    elif known.foreign:
        kept = "An archive first; .env keeps its lines, what else has to make room is kept as NAME.yours."
        items = (Item(ANEW, "Back up and overwrite", kept), Item(CANCEL, "Cancel", "Nothing is changed."))
        names = ", ".join(known.foreign)
        yield Question("standing", f"Files that this deployment did not make stand there: {names}.\nGo on?", items)


def _joined(known: Known, _catalogue: Catalogue) -> Iterator[Question]:
    """Settings that are somebody else's: to be deployed over knowingly, or not at all."""
    cancel = Item(CANCEL, "Cancel", "Nothing is changed.")
    for name, said in known.owners:
        text = f"{said} has joined Claude Code to something else, and both would undo each other.\nGo on?"
        yield Question("force", text, (cancel, Item(name, "Deploy over it", f"As --force {name} does.")))
    if known.joined and not known.owners and "force" not in known.settled:
        kept = "What stands there now is remembered, and comes back with doit uninstall."
        text = f"Claude Code's settings lead to another gateway: {known.joined}.\nJoin it to this one instead?"
        yield Question("joined", text, (Item(YES, "Yes", kept), cancel))


def _preset(known: Known, catalogue: Catalogue) -> Iterator[Question]:
    if known.fresh and "gateway_type" not in known.settled:
        ready = [each for each in catalogue.presets.values() if each.ready]
        ready.sort(key=lambda each: each.id != Choices().preset)
        yield Question("preset", "What shall be deployed?", tuple(_named(ready, known.choices.preset)))


def _kind(known: Known, catalogue: Catalogue) -> Iterator[Question]:
    if known.choices.gateway_type is None and needs_address(known.choices, catalogue):
        elsewhere = [each for each in catalogue.gateways.values() if each.ready and not each.process]
        elsewhere.sort(key=lambda each: each.id != catalogue.presets[known.choices.preset].gateway)
        yield Question("gateway_type", "Whose gateway is it?", tuple(_named(elsewhere, elsewhere[0].id)))


def _address(known: Known, catalogue: Catalogue) -> Iterator[Question]:
    if needs_address(known.choices, catalogue):
        yield Question("gateway_url", "Its address: https://host, without /v1.\nWhere is that gateway?")


def _models(known: Known, catalogue: Catalogue) -> Iterator[Question]:
    made = settle(known.choices, catalogue)
    if not known.fresh or not made.gateway.process or made.upstream or len(made.models) < len(("one", "another")):
        return
    chosen = [model.id for model in made.models]
    fitting = [each for each in catalogue.models.values() if made.gateway.provider in (None, each.provider)]
    places = {name: place for place, name in enumerate(chosen)}
    fitting.sort(key=lambda each: (places.get(each.id, len(chosen)), each.retired(known.today)))
    items = tuple(pickable(fitting, chosen, known.today))
    yield Question("models", "Which models shall it serve?", items, several=True)


def _tiers(known: Known, catalogue: Catalogue) -> Iterator[Question]:
    made = settle(known.choices, catalogue)
    ours = made.gateway.process and not made.upstream
    if not known.fresh or known.settled.intersection(TIERS) or (ours and len(made.served) == 1):
        return
    names = ", ".join(f"{tier} {name}" for tier, name in made.names.items()) or "as Claude Code names its models"
    keep = Item(YES, "As they are", names)
    others = Item(NO, "Choose others", "One question for each tier.")
    text = f"{TIERS_ARE_FOR}\nWhich model for each of Claude Code's tiers?"
    yield Question("tiers", text, (keep, others))


def tiers(made: Deployment) -> Iterator[Question]:
    """A question for each tier, to be asked by whom the suggestion does not suit."""
    for tier in TIERS:
        now = made.names.get(tier, "")
        items = tuple(Item(name, name, chosen=name == now) for name in made.served) if made.models else ()
        hint = "" if items else f"As that gateway calls it; empty: {now or 'as Claude Code does'}.\n"
        yield Question(tier, f"{hint}Which model for the {tier} tier?", items, optional=True)


def _proxy(known: Known, catalogue: Catalogue) -> Iterator[Question]:
    lacking = {each.variable.name for each in known.lacks}
    if settle(known.choices, catalogue).proxied and not known.choices.proxy and lacking.issuperset(PROXIES):
        yield Question(
            "proxy",
            "Its address: http://host:port, without user and password.\nWhere is the HTTP proxy of your network?",
        )


def _values(known: Known, _catalogue: Catalogue) -> Iterator[Question]:
    for each in known.lacks:
        text = f"{each.variable.name}: {each.problem}\n{each.remedy}\nIts value (empty: later, in .env)"
        yield Question(each.variable.name, text, variable=each.variable, optional=True)


def _start(known: Known, catalogue: Catalogue) -> Iterator[Question]:
    made = settle(known.choices, catalogue)
    if not made.gateway.process or known.runs or any(each.variable.name in known.settled for each in known.lacks):
        return
    first = f" LiteLLM is installed first: {known.installs}." if known.installs else ""
    later = Item(NO, "Later", "With: doit start")
    if known.fresh and not known.start:
        now = Item(YES, "Yes, and install LiteLLM first" if first else "Yes", f"And hear it answer.{first}")
        yield Question("start", "Start the gateway when it is deployed?", (now, later))
    elif known.start and first:
        yield Question("yes", f"LiteLLM is not installed. Install it? {known.installs}", (Item(YES, "Yes"), later))


def _named(things: Iterable[Preset | Gateway], chosen: str) -> Iterator[Item]:
    for each in things:
        yield Item(each.id, each.id, each.description, each.id == chosen)


def pickable(models: Sequence[Model], chosen: Sequence[str], today: str) -> Iterator[Item]:
    """The models as items: publisher, price, limits and end in columns, what is known against each beside it."""
    facts = [[each.publisher, *_facts(each, today)] for each in models]
    rows = [(each.id, *cells) for each, cells in zip(models, facts, strict=True)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))] if rows else []
    for model, row, cells in zip(models, rows, facts, strict=True):
        label = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        said, against = ", ".join(cell for cell in cells if cell), " ".join(problems(model, today))
        yield Item(model.id, label, f"{model.description} {against}".rstrip(), model.id in chosen, said, against)


def problems(model: Model, today: str) -> Iterator[str]:
    """What speaks against a model, in sentences."""
    if model.retired(today):
        yield f"It ended on {model.retires_on}."
    if model.replacement:
        yield f"{model.replacement} takes its place."
    if model.tools != YES:
        yield "It cannot call tools." if model.tools == NO else "It is not known to call tools."
    if model.notes:
        yield model.notes


def _facts(model: Model, today: str) -> tuple[str, ...]:
    end = "ended" if model.retired(today) else f"to {model.retires_on}" if model.retires_on else ""
    tools = {YES: "", NO: "no tools"}.get(model.tools, "tools?")
    price = "$" + "/".join(model.dollars) if model.prices else "price varies"
    return price, f"{model.limits['input_tokens'] // 1000}k", f"{end} {tools}".strip()


def as_words(choices: Choices) -> Iterator[str]:
    """The options that say the same as *choices*, which shall hold no secret."""
    for name, value in choices.to_json().items():
        option = {"headers": "--header"}.get(name, f"--{name.replace('_', '-')}")
        if name == "scope":
            yield from (option, "project")
        elif name == "headers":
            yield from (word for each in value for word in (option, each))
        else:
            yield from (option, ",".join(value) if isinstance(value, list) else str(value))
