"""Rules about keys: those that stand twice, that LiteLLM does not have or has elsewhere, and the kinds of values."""

from __future__ import annotations

import difflib
import functools
import re
from typing import TYPE_CHECKING, Any

from tasks.core.lint.config import REFERENCE
from tasks.core.lint.findings import Mend, Place, Problem
from tasks.core.text.documents import said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tasks.core.lint.config import Config
    from tasks.core.lint.facts import Mistake

SECTIONS = ("litellm_settings", "router_settings", "general_settings")

_OWN = frozenset({"model_name", "litellm_params", "model_info"})
_ALSO_THERE = frozenset({"litellm_params", "order", "weight", "rpm", "tpm", "tags", "blocked", "access_groups"})
"""What an entry may hold beside its own keys: LiteLLM copies it into litellm_params."""

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def problems(config: Config) -> Iterator[Problem]:
    """Everything about keys."""
    yield from _twice(config)
    yield from _shape(config)
    yield from _top(config)
    for name in SECTIONS:
        yield from _section(config, name)
    for number, entry in config.entries:
        yield from _entry(config, ("model_list", number), entry)
    for place, params in config.params:
        yield from _params(config, place, params)
    yield from _policies(config)
    yield from _callbacks(config)


def _twice(config: Config) -> Iterator[Problem]:
    for place, line in config.document.twice:
        yield Problem("duplicate-key", place, f"{place[-1]} stands there twice", line=line)


def _shape(config: Config) -> Iterator[Problem]:
    """What LiteLLM cannot even begin with."""
    if not isinstance(config.document.data, dict):
        yield Problem("shape", (), "must be a mapping with model_list and the like")
        return
    for name in SECTIONS:
        if config.data.get(name) is not None and not isinstance(config.data[name], dict):
            yield Problem("shape", (name,), "must be a mapping")
    for name in config.around.missing:
        yield Problem("include-missing", ("include",), f"there is no file {said(name)}")
    listed = config.data.get("model_list")
    if listed is not None and not isinstance(listed, list):
        yield Problem("shape", ("model_list",), "must be a list")
    elif not listed and "models" not in config.data and not config.data.get("include") and config.closed():
        yield Problem("shape", ("model_list",) if "model_list" in config.data else (), "has no models in model_list")
    for number, entry in enumerate(listed if isinstance(listed, list) else []):
        yield from _entry_shape(("model_list", number), entry)


def _entry_shape(place: Place, entry: Any) -> Iterator[Problem]:  # noqa: ANN401 - whatever the file holds
    if not isinstance(entry, dict):
        yield Problem("shape", place, "must be a mapping with model_name and litellm_params")
        return
    name, params = entry.get("model_name"), entry.get("litellm_params")
    if not isinstance(name, str) or not name:
        yield Problem("shape", (*place, "model_name"), "needs a model_name, the name that clients ask for")
    if not isinstance(params, dict):
        yield Problem("shape", (*place, "litellm_params"), "needs litellm_params, a mapping with at least model")
    elif not isinstance(params.get("model"), str) or not params["model"]:
        yield Problem("shape", (*place, "litellm_params", "model"), "needs a model, such as vertex_ai/gemini-3.5-flash")


def _top(config: Config) -> Iterator[Problem]:
    for key in map(str, config.data):
        if mistake := config.facts.mistakes.get(key):
            yield _known_mistake(config, (key,), mistake)
        elif key not in config.facts.top:
            yield _unknown(config, (key,), config.facts.top)


def _section(config: Config, name: str) -> Iterator[Problem]:
    kinds = config.facts.sections[name]
    for key, value in config.section(name).items():
        place = (name, str(key))
        if mistake := config.facts.mistakes.get(f"{name}.{key}"):
            yield _known_mistake(config, place, mistake)
        elif key not in kinds:
            yield _unknown(config, place, kinds)
        else:
            yield from _kind(place, value, kinds[key])


def _entry(config: Config, place: Place, entry: Mapping[str, Any]) -> Iterator[Problem]:
    for key in map(str, entry):
        if mistake := config.facts.mistakes.get(f"model_list[].{key}"):
            yield _known_mistake(config, (*place, key), mistake)
        elif key in config.facts.sections["litellm_params"] and key not in _OWN | _ALSO_THERE:
            target = (*place, "litellm_params", key)
            mends = _move(config, (*place, key), target)
            yield Problem("misplaced-key", (*place, key), f"{key} belongs under litellm_params", mends=mends)
        elif key not in _OWN | _ALSO_THERE:
            yield _unknown(config, (*place, key), _OWN)


def _params(config: Config, place: Place, params: Mapping[str, Any]) -> Iterator[Problem]:
    """A key that LiteLLM does not know is handed to the provider, which may know it: only a likely slip is told."""
    kinds = config.facts.sections["litellm_params"]
    for key, value in params.items():
        mistake = config.facts.mistakes.get(f"model_list[].litellm_params.{key}")
        if mistake:
            yield _known_mistake(config, (*place, str(key)), mistake)
        elif key in kinds:
            yield from _kind((*place, key), value, kinds[key])
        elif near := _near(str(key), kinds, cutoff=0.8):
            why = "LiteLLM hands a parameter that it does not know to the provider as a part of the request."
            fix = f"Write {near}, or leave it when the provider knows {key}."
            yield Problem("unknown-key", (*place, str(key)), _did_you_mean(str(key), near), why=why, fix=fix)


def _policies(config: Config) -> Iterator[Problem]:
    for section in ("router_settings",):
        for name, fields in config.facts.policies.items():
            policy = config.section(section).get(name)
            for key, value in policy.items() if isinstance(policy, dict) else ():
                if key not in fields and not isinstance(value, dict):
                    near = _near(str(key), fields)
                    yield Problem("unknown-key", (section, name, str(key)), _did_you_mean(str(key), near))


def _callbacks(config: Config) -> Iterator[Problem]:
    for key in ("callbacks", "success_callback", "failure_callback"):
        for section in ("litellm_settings", "general_settings"):
            value = config.section(section).get(key)
            for number, name in enumerate(value if isinstance(value, list) else []):
                if isinstance(name, str) and "." not in name and "/" not in name and name not in config.facts.callbacks:
                    near = _near(name, config.facts.callbacks)
                    yield Problem("unknown-callback", (section, key, number), _did_you_mean(name, near))


def _known_mistake(config: Config, place: Place, mistake: Mistake) -> Problem:
    key = str(place[-1])
    mends: tuple[Mend, ...]
    if mistake.move:
        target = _target(place, mistake.move)
        same_parent = target[:-1] == place[:-1]
        text = f"{key} is called {target[-1]}" if same_parent else f"{key} belongs under {target[-2]}"
        mends = _move(config, place, target)
        rule = "renamed-key" if same_parent else "misplaced-key"
    else:
        text, rule = f"{key} does nothing here", "bogus-key"
        mends = (Mend("remove", place),) if mistake.remove else ()
    return Problem(rule, place, text, mistake.why, mistake.fix, mistake.severity, mends)


def _target(place: Place, pattern: str) -> Place:
    """The place that *pattern* means, in the same entry of a list as *place*."""
    number = next((step for step in place if isinstance(step, int)), 0)
    steps: list[str | int] = []
    for step in pattern.split("."):
        steps += [step.removesuffix("[]"), number] if step.endswith("[]") else [step]
    return tuple(steps)


def _move(config: Config, place: Place, target: Place) -> tuple[Mend, ...]:
    """The move, where nothing stands in its way; what is there already wins, as it does in LiteLLM."""
    parent: Any = config.data
    for step in target[:-1]:
        parent = parent[step] if isinstance(step, int) else (parent.get(step) or {})
        if not isinstance(parent, dict | list):
            return ()
    return (Mend("remove", place),) if target[-1] in parent else (Mend("move", place, target),)


def _unknown(config: Config, place: Place, known: Collection[str]) -> Problem:
    """A key of no section, of another one, or misspelt."""
    key = str(place[-1])
    homes = [name for name in SECTIONS if key in config.facts.sections[name] and place[0] != name]
    if len(place) == 1 and key in SECTIONS:
        homes = []
    if (same := _spelt(frozenset(known)).get(_flat(key))) and same != key:
        target = (*place[:-1], same)
        return Problem("renamed-key", place, f"{key} is called {same}", mends=_move(config, place, target))
    if homes:
        sure = len(homes) == 1 and place[0] != "model_list"
        mends = _move(config, place, (homes[0], key)) if sure else ()
        where = " or ".join(homes)
        return Problem("misplaced-key", place, f"{key} belongs under {where}", mends=mends)
    return Problem("unknown-key", place, _did_you_mean(key, _near(key, known)))


def _kind(place: Place, value: Any, kind: str) -> Iterator[Problem]:  # noqa: ANN401 - whatever the file holds
    if value is None or not kind or (isinstance(value, str) and value.startswith(REFERENCE)):
        return
    if kind == "number":
        fits = isinstance(value, int | float) or (isinstance(value, str) and bool(_NUMBER.fullmatch(value)))
        fits = fits and not isinstance(value, bool)
    else:
        fits = isinstance(value, bool) or str(value).lower() in ("true", "false")
    if not fits:
        wanted = "a number" if kind == "number" else "true or false"
        yield Problem("wrong-type", place, f"{place[-1]} must be {wanted}")


def _did_you_mean(name: str, near: str | None) -> str:
    return f"{name} is not known here" + (f"; did you mean {near}?" if near else "")


def _near(name: str, known: Collection[str], cutoff: float = 0.7) -> str | None:
    return next(iter(_nearest(name, frozenset(known), cutoff)), None)


@functools.cache
def _nearest(name: str, known: frozenset[str], cutoff: float) -> tuple[str, ...]:
    """Cached: the same slip in a thousand entries is looked up once."""
    return tuple(difflib.get_close_matches(name, sorted(known), n=1, cutoff=cutoff))


@functools.cache
def _spelt(known: frozenset[str]) -> dict[str, str]:
    return {_flat(name): name for name in sorted(known)}


def _flat(name: str) -> str:
    """A key without what people spell differently: modelList, model-list and MODEL_LIST are one."""
    return name.replace("_", "").replace("-", "").lower()
