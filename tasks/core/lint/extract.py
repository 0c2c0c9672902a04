"""What a LiteLLM knows: its settings, providers, strategies and models, read from its files without running it.

`doit facts` writes this down as templates/lint/litellm.json, so that looking at a configuration needs no LiteLLM.
LiteLLM takes settings in several ways (fields of classes, arguments, attributes of its module, names that it asks a
dictionary for); a key counts as known when any of them has it. That errs on the quiet side, as it should.
"""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from tasks.core.litellm.litellm import INSTALL
from tasks.core.model.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tasks.core.litellm.litellm import Found

SECTIONS = ("general_settings", "litellm_settings", "router_settings")

_ROOTS = frozenset({"config", "config_data", "_config", "new_config"})
_HOLDERS = frozenset({"kwargs", "litellm_params", "optional_params", "params", "litellm_params_dict", "passed_params"})
_TOP = frozenset({"include", "model_list", "default_vertex_config", *SECTIONS})
_TALKING = frozenset({"chat", "responses", "completion"})
_PLAIN = {"int": "number", "float": "number", "bool": "boolean"}


def read_facts(found: Found) -> dict[str, Any]:
    """Everything that this LiteLLM knows; InvalidInput where its package is not beside it."""
    for place in found.packages:
        package = place / "litellm"
        if package.is_dir():
            return extract(package, found.version or "")
    raise InvalidInput("has no package litellm", INSTALL, where=str(found.executable))


def extract(package: Path, version: str) -> dict[str, Any]:
    """Everything that is known, as JSON values; InvalidInput when *package* is not laid out as LiteLLM is."""
    try:
        return _extracted(package, version)
    except (OSError, SyntaxError, KeyError, ValueError, StopIteration) as error:
        remedy = "This LiteLLM is built differently; tasks/core/lint/extract.py has to learn it."
        raise InvalidInput(f"cannot be read ({error!r})", remedy, where=str(package)) from None


def _extracted(package: Path, version: str) -> dict[str, Any]:
    proxy, router = _tree(package / "proxy" / "proxy_server.py"), _tree(package / "types" / "router.py")
    asked = _asked(package / "proxy", {*SECTIONS, "_general_settings", "_litellm_settings", *_ROOTS})
    roots = {name for root in _ROOTS for name in asked.get(root, ())}
    types = _tree(package / "proxy" / "_types.py")
    top = {*_fields(types, "ConfigYAML"), *_TOP, *(_asked_in(proxy, _ROOTS)), *(roots & {"prompts", "policies"})}
    general = dict.fromkeys({*asked.get("general_settings", ()), *asked.get("_general_settings", ())}, "")
    library = dict.fromkeys({*asked.get("litellm_settings", ()), *asked.get("_litellm_settings", ())}, "")
    return {
        "litellm": version,
        "top": sorted(top - _DAMAGE),
        "general_settings": _sorted({**general, **_fields(types, "ConfigGeneralSettings")}),
        "litellm_settings": _sorted({**library, **_compared(proxy, "load_config"), **_attributes(package)}),
        "router_settings": _sorted(_arguments(_tree(package / "router.py"), "Router")),
        "litellm_params": _sorted(_parameters(package, router)),
        "retry_policy": sorted(_fields(router, "RetryPolicy")),
        "allowed_fails_policy": sorted(_fields(router, "AllowedFailsPolicy")),
        "routing_strategies": _strategies(package),
        "providers": _providers(package),
        "callbacks": _callbacks(package),
        "models": _models(package),
    }


_DAMAGE = frozenset({"interval_hours", "force_reload"})
"""Keys of other dictionaries that are called config as well."""


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def _sorted(kinds: dict[str, str]) -> dict[str, str]:
    return {name: kinds[name] for name in sorted(kinds) if not name.startswith("_")}


def _kind(annotation: ast.expr | None) -> str:
    """What a value must be, when an annotation allows only numbers or only booleans ("" for anything else)."""
    names = set(ast.unparse(annotation).replace("Optional[", "").strip("]").split(" | ")) if annotation else set()
    kinds = {_PLAIN.get(name, "other") for name in names - {"None"}}
    return kinds.pop() if len(kinds) == 1 and "other" not in kinds else ""


def _class(tree: ast.Module, name: str) -> ast.ClassDef:
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)


def _fields(tree: ast.Module, name: str) -> dict[str, str]:
    """The annotated fields of a class and of its bases in the same file."""
    node = _class(tree, name)
    own = (each for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name))
    found = {each.target.id: _kind(each.annotation) for each in own if isinstance(each.target, ast.Name)}
    here = {each.name for each in tree.body if isinstance(each, ast.ClassDef)}
    bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in here]
    return {**{key: kind for base in bases for key, kind in _fields(tree, base).items()}, **found}


def _arguments(tree: ast.Module, name: str) -> dict[str, str]:
    """The arguments with which a class is made."""
    makes = (each for each in _class(tree, name).body if isinstance(each, ast.FunctionDef))
    made = next(each for each in makes if each.name == "__init__").args
    return {each.arg: _kind(each.annotation) for each in (*made.args, *made.kwonlyargs) if each.arg != "self"}


def _attributes(package: Path) -> dict[str, str]:
    """The plain values of LiteLLM's module: set there, or taken from its constants."""
    found: dict[str, str] = {}
    for node in ast.walk(_tree(package / "__init__.py")):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = _kind(node.annotation)
        elif isinstance(node, ast.Assign):
            found |= {each.id: "" for each in node.targets if isinstance(each, ast.Name)}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").endswith("constants"):
            found |= {alias.asname or alias.name: "" for alias in node.names}
    return {name: kind for name, kind in found.items() if name.islower()}


def _compared(tree: ast.Module, function: str) -> dict[str, str]:
    """The texts that a function compares its `key` with."""
    body = next(n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef) and n.name == function)
    pairs = ((n.left, n.comparators[0]) for n in ast.walk(body) if isinstance(n, ast.Compare))
    asked = (right for left, right in pairs if isinstance(left, ast.Name) and left.id == "key")
    return {str(each.value): "" for each in asked if isinstance(each, ast.Constant) and _text(each)}


def _text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _asked(folder: Path, holders: Iterable[str]) -> dict[str, set[str]]:
    """Per dictionary of one of these names: the keys that any file below *folder* asks it for."""
    found: dict[str, set[str]] = {}
    wanted = frozenset(holders)
    for path in sorted(folder.rglob("*.py")):
        for holder, key in _lookups(_tree(path)):
            if holder in wanted:
                found.setdefault(holder, set()).add(key)
    return found


def _asked_in(tree: ast.Module, holders: Iterable[str]) -> set[str]:
    return {key for holder, key in _lookups(tree) if holder in holders}


def _lookups(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every `name.get("key")`, `name.pop("key")` and `name["key"]`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
            holder, keys = node.func.value, node.args[:1]
        elif isinstance(node, ast.Subscript):
            holder, keys = node.value, [node.slice]
        else:
            continue
        if isinstance(holder, ast.Name):
            yield from ((holder.id, str(key.value)) for key in keys if isinstance(key, ast.Constant) and _text(key))


def _parameters(package: Path, router: ast.Module) -> dict[str, str]:
    """What can stand in litellm_params, the parameters of a request included."""
    owned = _tree(package / "types" / "litellm_params.py")
    classes = [node.name for node in owned.body if isinstance(node, ast.ClassDef)]
    found = dict.fromkeys((key for keys in _asked(package, _HOLDERS).values() for key in keys), "")
    found |= {name: kind for each in classes for name, kind in _fields(owned, each).items()}
    found |= dict.fromkeys(_constant(package, "OPENAI_CHAT_COMPLETION_PARAMS"), "")
    found |= _arguments_of(_tree(package / "main.py"), "completion")
    return found | _fields(router, "LiteLLM_Params")


def _arguments_of(tree: ast.Module, function: str) -> dict[str, str]:
    made = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function).args
    return dict.fromkeys((each.arg for each in (*made.args, *made.kwonlyargs)), "")


def _constant(package: Path, name: str) -> list[str]:
    for node in _tree(package / "constants.py").body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return [str(each) for each in ast.literal_eval(node.value or ast.List([]))]
    raise KeyError(name)


def _values(tree: ast.Module, name: str) -> list[str]:
    """The texts of an enumeration."""
    members = (each.value for each in _class(tree, name).body if isinstance(each, ast.Assign))
    return [str(each.value) for each in members if isinstance(each, ast.Constant)]


def _strategies(package: Path) -> list[str]:
    listed = _values(_tree(package / "types" / "router.py"), "RoutingStrategy")
    tree = _tree(package / "router_utils" / "routing_groups.py")
    made = next(
        n for n in tree.body if "VALID_ROUTING_STRATEGIES" in ast.unparse(n) and not isinstance(n, ast.FunctionDef)
    )
    more = [str(each.value) for each in ast.walk(made) if isinstance(each, ast.Constant) and _text(each)]
    return sorted({*listed, *more})


def _providers(package: Path) -> list[str]:
    listed = _values(_tree(package / "types" / "utils.py"), "LlmProviders")
    more = json.loads((package / "llms" / "openai_like" / "providers.json").read_bytes())
    return sorted({*listed, *more})


def _callbacks(package: Path) -> list[str]:
    """The loggers that LiteLLM knows by name: the texts of its own list, and those that it compares a name with."""
    listed = [
        node.value
        for node in _tree(package / "__init__.py").body
        if isinstance(node, ast.AnnAssign | ast.Assign)
        and "_custom_logger_compatible_callbacks_literal" in _names(node)
    ]
    found = {each.value for value in listed if value for each in ast.walk(value) if isinstance(each, ast.Constant)}
    for path in ("litellm_core_utils/litellm_logging.py", "proxy/common_utils/callback_utils.py"):
        for node in ast.walk(_tree(package / path)):
            if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and "callback" in node.left.id:
                found |= {each.value for each in node.comparators if isinstance(each, ast.Constant)}
    return sorted(each for each in found if isinstance(each, str))


def _names(node: ast.AnnAssign | ast.Assign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [each.id for each in targets if isinstance(each, ast.Name)]


def _models(package: Path) -> dict[str, dict[str, str]]:
    """Per provider, by the name that follows its prefix: the day on which a model ends, "" where none is known."""
    found: dict[str, dict[str, str]] = {}
    listed = json.loads((package / "model_prices_and_context_window_backup.json").read_bytes())
    for name, facts in sorted(listed.items()):
        provider = str(facts.get("litellm_provider", "")).partition("-")[0].removesuffix("_converse")
        if facts.get("mode", "chat") in _TALKING and provider:
            short = name.removeprefix(f"{provider}/")
            found.setdefault(provider, {})[short] = str(facts.get("deprecation_date", ""))
    return dict(sorted(found.items()))
