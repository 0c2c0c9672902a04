"""The tables and lists of the guide that are made from the catalogue and the code. Values in, Markdown out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import explanations
from tasks.core.claude import layers
from tasks.core.doctor import case
from tasks.core.frame.exits import EXITS
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.core.catalogue.explanations import Explained
    from tasks.core.model.catalogue import Catalogue, Gateway, Model, Preset, Provider, Variable


def tables(catalogue: Catalogue, dodo: Mapping[str, Any], options: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Each table that can be between marks in a page, by its name.

    *dodo* has the task creators by name, *options* are those of deploy.
    """
    users = _users(catalogue)
    needed = [variable for variable in catalogue.variables.values() if variable.name in users]
    others = [variable for variable in catalogue.variables.values() if variable.name not in users]
    return {
        "presets": presets_list(catalogue.presets.values()),
        "models": models_table(catalogue),
        "retirements": retirements_list(catalogue.models.values()),
        "needed-variables": _list(_variable(v, users[v.name]) for v in needed),
        "other-variables": _list(_variable(v) for v in others if not _is_left_alone(v)),
        "unset-variables": _list(_variable(v) for v in others if _is_left_alone(v)),
        "steps": steps_list(dodo),
        "options": options_list(options),
        "exit-codes": exit_codes_table(),
        "links": links_list(),
        "layers": layers_list(),
        "messages": messages_list(explanations.known(PROJECT / "templates")),
    }


def filled(text: str, made: Mapping[str, str], where: str) -> str:
    """*text* with each table between its marks, `<!-- generated: NAME -->` … `<!-- end -->`.

    A name that is not in *made* is an InvalidInput at *where*.
    """

    def block(match: re.Match[str]) -> str:
        name = match[1]
        if name not in made:
            fix = f"There are {', '.join(made)}."
            raise InvalidInput(f"there is no table {name!r}", fix, where=where)
        return f"<!-- generated: {name} -->\n\n{_as_typed(made[name])}\n\n<!-- end -->"

    return re.sub(r"<!-- generated: (\S+) -->.*?<!-- end -->", block, text, flags=re.DOTALL)


def presets_list(presets: Iterable[Preset]) -> str:
    """Every preset with what it deploys: the models of its tiers, and how many more there are."""
    return _list(f"{_code(p.id)}: {p.description} {_tiers(p)}".strip() for p in presets if p.ready)


def models_table(catalogue: Catalogue) -> str:
    """Every model, those of one provider together; below it what a number cannot say."""
    models = [m for provider in catalogue.providers for m in catalogue.models.values() if m.provider == provider]
    rows = (_model_row(model, catalogue.providers[model.provider]) for model in models)
    table = _table(("Id", "Model", "Provider", "Tier", "Tokens in/out", "$ in/out"), rows)
    return f"{table}\n\n{_notes(models)}"


def retirements_list(models: Iterable[Model]) -> str:
    """The models whose end is known, the first one to end on top."""
    ending = sorted((str(m.retires_on), m.id, m.replacement) for m in models if m.retires_on)
    return _list(_ending(model, day, successor) for day, model, successor in ending)


def _ending(model: str, day: str, successor: str | None) -> str:
    after = f", then {_code(successor)}" if successor else ""
    return f"{_code(model)}: {day}{after}"


def steps_list(dodo: Mapping[str, Any]) -> str:
    """Every public step with the first line of its creator's docstring, in running order."""
    found = ((re.fullmatch(r"task_(?!_|params)(\w+)", name), creator) for name, creator in dodo.items())
    return _list(f"{_code(f'doit {match[1]}')}: {_first_line(creator)}" for match, creator in found if match)


def options_list(options: Iterable[Mapping[str, Any]]) -> str:
    """The options of one step, as doit takes them."""
    return _list(f"{_option(option)}: {option['help']}" for option in options)


def exit_codes_table() -> str:
    """Every exit code and what it means."""
    return _table(("Code", "Meaning"), ((str(exit_.code), exit_.tells) for exit_ in EXITS))


def links_list() -> str:
    """What the doctor checks, in the order of a request."""
    return f"{', '.join(map(_code, case.LINKS))}."


def layers_list() -> str:
    """The layers of Claude Code's settings, the strongest first."""
    return _list(f"{_code(name)}: {layers.PLACES[name]}" for name in layers.LAYERS)


def messages_list(messages: Iterable[Explained]) -> str:
    """Every message that we know, with its cause and what to do."""
    by_meaning: dict[str, list[str]] = {}
    for message in messages:
        meaning = f"{_capital(message.means)}. {message.fix}"
        by_meaning.setdefault(meaning, []).append(_code(message.says))
    return _list(f"{', '.join(says)}: {meaning}" for meaning, says in by_meaning.items())


def _as_typed(text: str) -> str:
    """*text* with our commands as the guide writes them."""
    return re.sub(r"\bdoit(?= [a-z])", PROGRAM, text)


PROGRAM = "gatehand"
"""How the guide writes our command."""


def _tiers(preset: Preset) -> str:
    """The models of the tiers, the opus one first, each once."""
    served = list(dict.fromkeys(preset.tiers.values()))
    more = len(set(preset.models) - set(served))
    text = ", ".join(map(_code, served))
    # A preset with groups serves names; the models behind them are not more names to choose.
    if more and not preset.groups:
        text = f"{text} and {more} more"
    return f"({text})" if text else ""


def _model_row(model: Model, provider: Provider) -> tuple[str, ...]:
    tokens = f"{model.limits['input_tokens']:,}/{model.limits['output_tokens']:,}"
    prices = "?"
    if model.prices:
        prices = f"{model.prices['input']:.2f}/{model.prices['output']:.2f}"
    return _code(model.id), model.name, provider.name, model.tier, tokens, prices


def _notes(models: Iterable[Model]) -> str:
    """A line for each note, with all models that it is about."""
    by_note: dict[str, list[str]] = {}
    for model in models:
        for note in filter(None, (_TOOLS.get(model.tools), _region(model), model.notes)):
            by_note.setdefault(note, []).append(_code(model.id))
    return _list(f"{', '.join(ids)}: {note}" for note, ids in by_note.items())


_TOOLS = {"no": "Cannot call tools.", "unknown": "Not known to call tools."}


def _region(model: Model) -> str:
    """Where the model is called, unless that is everywhere."""
    regions = [model.region] if model.region else model.regions
    if not regions or regions == ["global"]:
        return ""
    return f"Only in {', '.join(regions)}."


def _users(catalogue: Catalogue) -> dict[str, str]:
    """Per variable who needs it, as one text."""
    owners: list[Gateway | Provider | Model] = [*catalogue.gateways.values()]
    owners += [*catalogue.providers.values(), *catalogue.models.values()]
    pairs = [(name, owner.name) for owner in owners for name in owner.needs]
    return {name: ", ".join(owner for needed, owner in pairs if needed == name) for name, _ in pairs}


def _is_left_alone(variable: Variable) -> bool:
    return variable.how.startswith("Leave it unset")


def _variable(variable: Variable, users: str = "") -> str:
    facts = [
        users and f"for {users}",
        "secret" if variable.secret else "",
        f"default {_code(variable.default)}" if variable.default else "",
        f"also read as {', '.join(map(_code, variable.aliases))}" if variable.aliases else "",
        _FOUND_BY.get(variable.found_by or "", ""),
    ]
    line = "; ".join(fact for fact in facts if fact)
    how = variable.how.removeprefix("Leave it unset; ").removeprefix("Leave it unset.")
    text = f"{_code(variable.name)}: {variable.description} {_capital(how)}".rstrip()
    return f"{text} ({line})" if line else text


_FOUND_BY = {
    "gcloud-project": "else from gcloud",
    "gcloud-adc": "else gcloud's own file",
    "generated-key": "made if unset",
}


def _option(option: Mapping[str, Any]) -> str:
    value = "" if option["type"] is bool else " …"
    short = f", {_code('-' + option['short'])}" if option.get("short") else ""
    return _code(f"--{option['long']}{value}") + short


def _first_line(creator: object) -> str:
    return str(creator.__doc__).splitlines()[0]


def _capital(text: str) -> str:
    """*text* with a capital at its beginning, unless that is a name such as litellm_config.yaml."""
    if not re.match(r"[a-z]+[\s,]", text):
        return text
    return text[0].upper() + text[1:]


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
