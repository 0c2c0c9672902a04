"""The lists and tables of the guide that are made from the catalogue and the code. Values in, Markdown out."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import explanations
from tasks.core.claude import layers
from tasks.core.doctor import case
from tasks.core.frame import help_page
from tasks.core.frame.exits import EXITS
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tasks.core.catalogue.explanations import Explained
    from tasks.core.frame.groups import Group
    from tasks.core.frame.help_page import Command
    from tasks.core.model.catalogue import Catalogue, Model, Preset, Provider, Variable

    Guide = Mapping[Group, Sequence[Command]]
    """The commands below their groups."""

PROGRAM = "gatehand"
"""How the guide writes our command."""


JSON = "as_json"
"""The option that so many commands have that it is not listed."""

UNSET = "Leave it unset"
"""How the advice for a variable begins that is better left alone."""

FOUND_BY = {
    "gcloud-project": "else from gcloud",
    "gcloud-adc": "else gcloud's own file",
    "generated-key": "made if unset",
}
"""Where else a value comes from, by `found_by` of the variable."""

TOOLS = {
    "no": "Cannot call tools.",
    "unknown": "Not known to call tools.",
}
"""What is said of a model that may not call tools."""


def tables(catalogue: Catalogue, guide: Guide) -> dict[str, str]:
    """Each text that can be between marks in a page, by its name."""
    messages = explanations.known(PROJECT / "templates")
    texts = {
        "presets": list_presets(catalogue),
        "models": list_models(catalogue),
        "end-dates": list_end_dates(catalogue),
        "steps": list_steps(guide),
        "options": list_options(guide),
        "exit-codes": list_exit_codes(),
        "links": f"{_codes(case.LINKS)}.",
        "layers": list_layers(),
        "messages": list_messages(messages),
    }
    texts |= list_variables(catalogue)
    return {name: _as_typed(text) for name, text in texts.items()}


def filled(text: str, made: Mapping[str, str], where: str) -> str:
    """*text* with each table between its marks, `<!-- generated: NAME -->` … `<!-- end -->`.

    A name that is not in *made* is an InvalidInput at *where*.
    """

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name not in made:
            fix = f"There are {', '.join(made)}."
            raise InvalidInput(f"there is no table {name!r}", fix, where=where)
        return f"<!-- generated: {name} -->\n\n{made[name]}\n\n<!-- end -->"

    return re.sub(r"<!-- generated: (\S+) -->.*?<!-- end -->", fill, text, flags=re.DOTALL)


def list_presets(catalogue: Catalogue) -> str:
    """Every preset with what it deploys."""
    items = []
    for preset in catalogue.presets.values():
        if preset.ready:
            models = _describe_models(preset)
            items.append(f"{_code(preset.id)}: {preset.description} {models}".strip())
    return _list(items)


def _describe_models(preset: Preset) -> str:
    """The models of the tiers, the opus one first, each once; and how many more there are."""
    served = list(dict.fromkeys(preset.tiers.values()))
    if not served:
        return ""
    text = _codes(served)
    others = set(preset.models) - set(served)
    # A preset with groups serves names; the models behind them are not more names to choose.
    if others and not preset.groups:
        text += f" and {len(others)} more"
    return f"({text})"


def list_models(catalogue: Catalogue) -> str:
    """A table of every model, those of one provider together; below it what a number cannot say."""
    models = []
    for provider in catalogue.providers:
        models += [model for model in catalogue.models.values() if model.provider == provider]
    rows = [_make_row(model, catalogue.providers[model.provider]) for model in models]
    table = _table(("Id", "Model", "Provider", "Tier", "Tokens in/out", "$ in/out"), rows)
    return f"{table}\n\n{_list_notes(models)}"


def _make_row(model: Model, provider: Provider) -> tuple[str, ...]:
    limits, prices = model.limits, "?"
    tokens = f"{limits['input_tokens']:,}/{limits['output_tokens']:,}"
    if model.prices:
        prices = f"{model.prices['input']:.2f}/{model.prices['output']:.2f}"
    return _code(model.id), model.name, provider.name, model.tier, tokens, prices


def _list_notes(models: Iterable[Model]) -> str:
    """A line for each note, with all models that it is about."""
    by_note: dict[str, list[str]] = {}
    for model in models:
        for note in (TOOLS.get(model.tools), _describe_region(model), model.notes):
            if note:
                by_note.setdefault(note, []).append(model.id)
    return _list(f"{_codes(ids)}: {note}" for note, ids in by_note.items())


def _describe_region(model: Model) -> str:
    """Where the model is called, unless that is everywhere."""
    regions = model.regions
    if model.region:
        regions = (model.region,)
    if not regions or regions == ("global",):
        return ""
    return f"Only in {', '.join(regions)}."


def list_end_dates(catalogue: Catalogue) -> str:
    """The models whose end is known, the first one to end on top."""
    ending = [model for model in catalogue.models.values() if model.retires_on]
    ending.sort(key=lambda model: (str(model.retires_on), model.id))
    return _list(_describe_end(model) for model in ending)


def _describe_end(model: Model) -> str:
    text = f"{_code(model.id)}: {model.retires_on}"
    if model.replacement:
        text += f", then {_code(model.replacement)}"
    return text


def list_variables(catalogue: Catalogue) -> dict[str, str]:
    """All variables in three lists: those that something needs, other ones, and those to leave unset."""
    users = _find_users(catalogue)
    lists: dict[str, list[str]] = {"needed": [], "other": [], "unset": []}
    for variable in catalogue.variables.values():
        kind = "other"
        if variable.name in users:
            kind = "needed"
        elif variable.how.startswith(UNSET):
            kind = "unset"
        lists[kind].append(_describe_variable(variable, users))
    return {f"{kind}-variables": _list(items) for kind, items in lists.items()}


def _find_users(catalogue: Catalogue) -> dict[str, list[str]]:
    """Per variable that is needed, the names of the providers and kinds of gateway that need it."""
    users: dict[str, list[str]] = {}
    for owners in (catalogue.gateways, catalogue.providers):
        for owner in owners.values():
            for variable in owner.needs:
                users.setdefault(variable, []).append(owner.name)
    for model in catalogue.models.values():
        for variable in model.needs:
            users.setdefault(variable, [])
    return users


def _describe_variable(variable: Variable, users: Mapping[str, list[str]]) -> str:
    how = variable.how.removeprefix(UNSET).lstrip(";. ")
    how = how[:1].upper() + how[1:]
    text = f"{_code(variable.name)}: {variable.description} {how}".rstrip()
    facts = []
    others = [user for user in users.get(variable.name, ()) if user not in variable.description]
    if others:
        facts.append(f"for {', '.join(others)}")
    if variable.secret:
        facts.append("secret")
    if variable.default:
        facts.append(f"default {_code(variable.default)}")
    if variable.aliases:
        facts.append(f"also read as {_codes(variable.aliases)}")
    if variable.found_by:
        facts.append(FOUND_BY[variable.found_by])
    if facts:
        text += f" ({'; '.join(facts)})"
    return text


def list_steps(guide: Guide) -> str:
    """Every command and step with its line of help, below the heading of its group."""
    parts = []
    for group, commands in guide.items():
        parts.append(f"**{group.title}**")
        items = [f"{_code(f'doit {command.name}')}: {command.says}" for command in commands]
        parts.append(_list(items))
    return "\n\n".join(parts)


def list_options(guide: Guide) -> str:
    """The options of `deploy`, section by section; then those of other commands, but for --json."""
    every = [*itertools.chain.from_iterable(guide.values())]
    (deploying,) = [command.options for command in every if command.name == "deploy"]
    parts = []
    for section, options in help_page.by_section(deploying).items():
        items = [_describe_option(option) for option in options]
        parts += [f"**{section}**", _list(items)]
    others = []
    for command in every:
        own, _ = help_page.divide(
            command.options,
            deploying,
        )
        spelled = []
        for option in own:
            name, _ = help_page.row(option)
            if option["name"] != JSON:
                spelled.append(name)
        if spelled and command.name != "deploy":
            others.append(f"{command.name}: {_codes(spelled)}")
    return "\n\n".join([*parts, "**Of other commands**", _list(others)])


def _describe_option(option: Mapping[str, Any]) -> str:
    spelled, says = help_page.row(option)
    return f"{_code(spelled)}: {says}"


def list_exit_codes() -> str:
    """Every exit code and what it means."""
    rows = [(str(end.code), end.tells) for end in EXITS]
    return _table(("Code", "Meaning"), rows)


def list_layers() -> str:
    """The layers of Claude Code's settings, the strongest first."""
    return _list(f"{_code(name)}: {layers.PLACES[name]}" for name in layers.LAYERS)


def list_messages(messages: Iterable[Explained]) -> str:
    """The usual messages, with cause and fix; those with one meaning share a line."""
    by_meaning: dict[str, list[str]] = {}
    for message in messages:
        if not message.usual:
            continue
        meaning = f"{_capitalise(message.means)}. {message.fix}"
        by_meaning.setdefault(meaning, []).append(message.says)
    return _list(f"{_codes(says)}: {meaning}" for meaning, says in by_meaning.items())


def _as_typed(text: str) -> str:
    """*text* with our commands as the guide writes them."""
    return re.sub(r"\bdoit(?= [a-z])", PROGRAM, text)


def _capitalise(text: str) -> str:
    """*text* with a capital at its beginning, unless that is a name such as litellm_config.yaml."""
    if not re.match(r"[a-z]+[\s,]", text):
        return text
    return text[0].upper() + text[1:]


def _list(items: Iterable[str]) -> str:
    """One line for each item."""
    return "\n".join(f"- {item}" for item in items)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with *heads* above its *rows*."""
    rule = ["---"] * len(heads)
    lines = [_row(cells) for cells in (heads, rule, *rows)]
    return "\n".join(lines)


def _code(text: str) -> str:
    """*text* as code; nothing when there is none."""
    if not text:
        return ""
    return f"`{text}`"


def _codes(texts: Iterable[str]) -> str:
    """`a`, `b`, `c`."""
    return ", ".join(_code(text) for text in texts)


def _row(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]
    return f"| {' | '.join(escaped)} |"
