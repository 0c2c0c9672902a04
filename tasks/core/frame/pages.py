"""The pages and the tables of the guide that are made from the catalogue and the code. Values in, Markdown out."""

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
    from collections.abc import Callable, Iterable, Mapping

    from tasks.core.catalogue.explanations import Explained
    from tasks.core.model.catalogue import Catalogue, Gateway, Model, Preset, Provider, Variable

_HEADER = "<!-- Made by `doit docs` from {source}. Edit those files, then run the command again. -->"


def models_page(catalogue: Catalogue) -> str:
    """docs/models.md: every preset and every model, with what it costs, takes, needs, and until when it lives."""
    parts = [
        _HEADER.format(source="templates/models, templates/presets and templates/providers"),
        "# Models",
        _MODELS_INTRODUCTION,
        "## Presets",
        _table(("Preset", "What you get", "Models", "opus / sonnet / haiku"), map(_preset_row, _ready(catalogue))),
        _coming(catalogue),
        "## All models",
    ]
    for provider in catalogue.providers.values():
        models = [model for model in catalogue.models.values() if model.provider == provider.id]
        parts += [f"### {provider.name}", provider.description + _needs(provider.needs), _models_table(models)]
        parts += [_bullets(models, _note)]
    parts += ["## Retired, or about to be", _RETIRED_INTRODUCTION, _retirement_table(catalogue)]
    return _joined(parts)


def environment_page(catalogue: Catalogue) -> str:
    """docs/environment.md: every variable of the gateway, what it is for and how to set it."""
    used = _users(catalogue)
    needed = [variable for variable in catalogue.variables.values() if variable.name in used]
    others = [variable for variable in catalogue.variables.values() if variable.name not in used]
    parts = [
        _HEADER.format(source="templates/variables.yaml"),
        "# Environment variables",
        _ENVIRONMENT_INTRODUCTION,
        "## Needed",
        "Depending on what you deploy; a deployment stops and says so when one of its own is missing.",
        _table(("Variable", "Needed for"), ((_code(v.name), used[v.name]) for v in needed)),
        "\n\n".join(map(_variable, needed)),
        "## Optional, or better left alone",
        "\n\n".join(map(_variable, others)),
    ]
    return _joined(parts)


def tables(catalogue: Catalogue, dodo: Mapping[str, Any], options: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tables that stand between marks in pages written by hand; *dodo* holds the task creators by name."""
    return {
        "presets": offers_table("Preset", catalogue.presets.values()),
        "gateway-types": offers_table("Gateway type", catalogue.gateways.values()),
        "steps": steps_table(dodo),
        "options": options_table(options),
        "exit-codes": exit_codes_table(),
        "links": links_table(),
        "layers": layers_table(),
        "messages": messages_table(explanations.known(PROJECT / "templates")),
    }


def filled(text: str, made: Mapping[str, str], where: str) -> str:
    """*text* with each `<!-- generated: NAME -->` … `<!-- end -->` holding that table; InvalidInput (*where*)."""

    def block(match: re.Match[str]) -> str:
        if match[1] not in made:
            raise InvalidInput(f"there is no table {match[1]!r}", f"There are {', '.join(made)}.", where=where)
        return f"<!-- generated: {match[1]} -->\n\n{made[match[1]]}\n\n<!-- end -->"

    return re.sub(r"<!-- generated: (\S+) -->.*?<!-- end -->", block, text, flags=re.DOTALL)


def offers_table(kind: str, offers: Iterable[Preset | Gateway]) -> str:
    """Presets or gateway types, and whether they are there yet."""
    rows = ((_code(each.id), each.description, "yes" if each.ready else "not yet") for each in offers)
    return _table((kind, "What you get", "There"), rows)


def steps_table(dodo: Mapping[str, Any]) -> str:
    """Every public step with the first line of its creator's docstring, in running order."""
    found = ((re.fullmatch(r"task_(?!_|params)(\w+)", name), each) for name, each in dodo.items())
    rows = ((_code(f"doit {match[1]}"), str(each.__doc__).splitlines()[0]) for match, each in found if match)
    return _table(("Command", "What it does"), rows)


def options_table(options: Iterable[Mapping[str, Any]]) -> str:
    """The options of one step, as doit takes them."""
    return _table(("Option", "What it means"), ((_option(each), str(each["help"])) for each in options))


def exit_codes_table() -> str:
    """Every exit code, what it tells, and which commands may end so."""
    rows = ((str(each.code), each.tells, ", ".join(map(_code, each.commands)) or "every command") for each in EXITS)
    return _table(("Code", "What it tells", "Which commands"), rows)


def links_table() -> str:
    """The links that the doctor looks at, each with its question."""
    rows = ((_code(link), _capital(asks)) for link, asks in case.LINKS.items())
    return _table(("Link", "What is looked at"), rows)


def layers_table() -> str:
    """The layers of Claude Code's settings, the strongest first."""
    rows = ((_code(name), layers.PLACES[name], f"{_capital(why)}.") for name, why in layers.LAYERS.items())
    return _table(("Layer", "Where it stands", "Why it wins"), rows)


def messages_table(messages: Iterable[Explained]) -> str:
    """Every message that we know, with its cause and what to do."""
    rows = ((_code(each.says), each.who, f"{_capital(each.means)}.", each.fix) for each in messages)
    return _table(("It says", "Who", "What it means", "What to do"), rows)


def _capital(text: str) -> str:
    """*text* with a capital at its beginning, and nothing else changed."""
    return text[:1].upper() + text[1:]


def _option(option: Mapping[str, Any]) -> str:
    short = f", {_code('-' + option['short'])}" if option.get("short") else ""
    return _code(f"--{option['long']}" + ("" if option["type"] is bool else " …")) + short


_MODELS_INTRODUCTION = """\
A gateway serves each model under its id. Choose a preset, or name models yourself:

```sh
doit deploy --preset basic
doit deploy --preset basic --models gemini-3.5-flash,codestral --sonnet gemini-3.5-flash
```

Prices are US dollars per million tokens, as LiteLLM's own list had them on the day given in the model's file; your
provider's bill counts. Claude Code needs a model that can call tools, at least for its opus and sonnet tiers."""

_RETIRED_INTRODUCTION = """\
Days on which a provider stops a model, as far as they are known. A retired model can still be deployed, since a
contract may keep it alive; a warning names the one to take instead."""

_ENVIRONMENT_INTRODUCTION = """\
A value is looked for in this order: the environment of the command, the `.env` of the gateway, `~/.claude/.env`, the
profiles of your shell (they are read, never run), gcloud, and at last the default. Values that are mere placeholders,
beginning with `CHANGE-ME` or `YOUR_`, count as missing. Secrets are never shown, nor accepted on the command line."""


def _ready(catalogue: Catalogue) -> list[Preset]:
    return [preset for preset in catalogue.presets.values() if preset.ready]


def _preset_row(preset: Preset) -> tuple[str, ...]:
    tiers = " / ".join(_code(model) for model in preset.tiers.values())
    return _code(preset.id), preset.description, ", ".join(map(_code, preset.models)), tiers


def _coming(catalogue: Catalogue) -> str:
    names = [_code(preset.id) for preset in catalogue.presets.values() if not preset.ready]
    return f"Known by name, but not there yet: {', '.join(names)}." if names else ""


def _models_table(models: Iterable[Model]) -> str:
    heads = ("Id", "What it is", "Tier", "Input / output tokens", "$ in / out", "Tools", "Where")
    return _table(heads, map(_model_row, models))


def _model_row(model: Model) -> tuple[str, ...]:
    tokens = f"{model.limits['input_tokens']:,} / {model.limits['output_tokens']:,}"
    prices = f"{model.prices['input']:.2f} / {model.prices['output']:.2f}" if model.prices else "?"
    where = model.region or ", ".join(model.regions)
    return _code(model.id), f"**{model.name}**. {model.description}", model.tier, tokens, prices, model.tools, where


def _note(model: Model) -> str:
    return f"{_code(model.id)}: {model.notes}" if model.notes else ""


def _retirement_table(catalogue: Catalogue) -> str:
    models = [model for model in catalogue.models.values() if model.retires_on]
    rows = ((_code(m.id), str(m.retires_on), _code(m.replacement or "")) for m in _by_end(models))
    return _table(("Id", "Ends on", "Take instead"), rows)


def _by_end(models: list[Model]) -> list[Model]:
    return sorted(models, key=lambda model: (str(model.retires_on), model.id))


def _users(catalogue: Catalogue) -> dict[str, str]:
    """Per variable who needs it, as one text."""
    owners: list[Gateway | Provider | Model] = [*catalogue.gateways.values(), *catalogue.providers.values()]
    owners += catalogue.models.values()
    pairs = [(name, owner.name) for owner in owners for name in owner.needs]
    return {name: ", ".join(owner for needed, owner in pairs if needed == name) for name, _ in pairs}


def _variable(variable: Variable) -> str:
    facts = [
        "secret" if variable.secret else "",
        f"default {_code(variable.default)}" if variable.default else "",
        f"for example {_code(variable.example)}" if variable.example else "",
        f"also found as {', '.join(map(_code, variable.aliases))}" if variable.aliases else "",
        _FOUND_BY.get(variable.found_by or "", ""),
    ]
    line = "; ".join(fact for fact in facts if fact)
    lines = [f"### {variable.name}", "", variable.description, "", variable.how]
    return "\n".join([*lines, "", f"*{line[0].upper()}{line[1:]}.*"] if line else lines)


_FOUND_BY = {
    "gcloud-project": "otherwise asked of gcloud",
    "gcloud-adc": "otherwise the file that gcloud keeps",
    "generated-key": "made when there is none",
}


def _needs(names: Iterable[str]) -> str:
    """The sentence about needed variables, with links to their page."""
    links = ", ".join(f"[{_code(name)}](environment.md#{name.lower()})" for name in names)
    return f" Needs {links}." if links else ""


def _bullets(models: Iterable[Model], told: Callable[[Model], str]) -> str:
    return "\n".join(f"- {text}" for model in models if (text := told(model)))


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
