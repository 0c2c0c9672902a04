"""What Claude Code's own program names: variables, settings, providers, credentials, models.

    program ─► its modules ─► names ─► templates/client/claude-code.json

The program is a Bun executable: at its end is a table of the JavaScript modules that are packed
into it. Names are found by strings that are the same in each build; what a build shortens to one letter
is never relied on. `doit facts` writes the result, and a test compares it with the newest program.
"""

from __future__ import annotations

import mmap
import re
import struct
from typing import TYPE_CHECKING, Any

from tasks.core.claude import model_facts
from tasks.core.model.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKER = b"\n---- Bun! ----\n"
"""The end of what is packed; the 32 bytes before it say where the table is."""

HEADER = struct.Struct("<QII")
"""How many bytes are packed, where among them the table is, how long it is."""

ENTRY = 52
"""Bytes of one row of the table."""

PLACE = struct.Struct("<4I")
"""How a row begins: place and length of the name, place and length of the body."""

FEWEST_MODULES = 1000
"""A program of Claude Code has thousands."""

VERSION = re.compile(
    r"^// Version: (\d+\.\d+\.\d+)$",
    re.MULTILINE,
)

KIND = re.compile(r"[ ,;]([\w$]+)=[\w$]+\.(str|bool|int|triBool|rawStr)\(")
"""A variable of the environment is declared with its kind."""

GROUP = re.compile(r"\{((?:[A-Za-z_]\w*:\(\)=>[\w$]+,?){3,})\}")
MEMBER = re.compile(r"(\w+):\(\)=>([\w$]+)")
"""Declared variables by their names: {NAME:()=>declared,…}."""

NAME = re.compile(r"_?[A-Z][A-Z0-9_]{2,}|(?:https?|all|no)_proxy")
READ = re.compile(r"process\.env\.(_?(?:ANTHROPIC|CLAUDE)_[A-Z0-9_]{2,})\b")

ROUTE = re.compile(
    r"""(?x)
    \{ endpoint: "(?P<address>\w+)"
    (?: , selection: "(?P<switch>\w+)" )?
    , companions: \[ (?P<more>[^\]]*) \] \}
    """
)
"""One way to a provider: the variable with its address, and the switch that chooses it."""

LIST = re.compile(r"\[((?:\"_?[A-Z][A-Z0-9_]+\",?){5,})")

SETTINGS = "return{$schema:()=>"
LAZY = "()=>"
"""How the value of each of these keys begins."""

SHAPE = re.compile(r"\bshape:\(\)=>\((?=\{)")
"""Before the keys that belong to one feature."""

TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[{}()\[\],]",
    re.DOTALL,
)
KEY = re.compile(r'"?([A-Za-z]\w*)"?:')


LISTS = {
    "credentials": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    "models": ("ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_MODEL"),
    "switches": ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"),
}
"""Lists of names with a meaning, found by how they begin."""

SWITCH = "CLAUDE_CODE_USE_"
"""How a switch to a provider begins; more is in its list."""


def read(program: Path) -> dict[str, Any]:
    """Everything that *program* names, as JSON values.

    InvalidInput for a file that is no such program, or one that is built in another way.
    """
    try:
        texts = list(read_modules(program))
    except (OSError, ValueError, struct.error) as error:
        raise _not_understood(
            program,
            str(error),
        ) from None
    made = {
        "version": _find_version(program, texts),
        "variables": find_variables(texts),
        "settings": find_settings(texts),
        "routes": find_routes(texts),
        **find_lists(texts),
        "aliases": model_facts.find_aliases(texts),
        "tiers": model_facts.find_tiers(texts),
        "replaced": model_facts.find_replaced(texts),
        "catalogue": model_facts.find_models(texts),
    }
    missing = [name for name, found in made.items() if not found]
    if missing:
        raise _not_understood(
            program,
            f"no {', '.join(missing)} found in it",
        )
    return made


def read_modules(program: Path) -> Iterator[str]:
    """The text of each JavaScript module; ValueError where the table is not as it is known."""
    with (
        program.open("rb") as file,
        mmap.mmap(
            file.fileno(),
            0,
            access=mmap.ACCESS_READ,
        ) as data,
    ):
        end = data.rfind(MARKER)
        if end < 0:
            raise ValueError("no Bun executable")
        size, place, length = HEADER.unpack_from(
            data,
            end - 32,
        )
        start = end - 32 - size
        if length % ENTRY or length // ENTRY < FEWEST_MODULES:
            raise ValueError(f"a table of {length} bytes")
        for row in range(
            start + place,
            start + place + length,
            ENTRY,
        ):
            _, _, body, extent = PLACE.unpack_from(
                data,
                row,
            )
            text = data[start + body : start + body + extent]
            if text.startswith((b"// @bun", b"#!")):
                yield text.decode(errors="replace")


def find_variables(texts: list[str]) -> dict[str, str]:
    """The variables of the environment and the kind of each.

    Kinds are str, bool, int, triBool and rawStr; "" for one that is read without being declared.
    """
    found: dict[str, str] = {}
    for text in texts:
        for name in READ.findall(text):
            found.setdefault(
                name,
                "",
            )
        found.update(_find_declared(text))
    return dict(sorted(found.items()))


def _find_declared(text: str) -> Iterator[tuple[str, str]]:
    kinds = dict(KIND.findall(text))
    for group in GROUP.findall(text):
        for name, declared in MEMBER.findall(group):
            if NAME.fullmatch(name) is None:
                continue
            if declared in kinds:
                yield name, kinds[declared]


def find_settings(texts: list[str]) -> list[str]:
    """The top-level keys of settings.json, in the program's order, those of features last."""
    for text in texts:
        start = text.find(SETTINGS)
        if start >= 0:
            return _read_settings(
                text,
                start,
            )
    return []


def _read_settings(
    text: str,
    start: int,
) -> list[str]:
    keys = {}
    for key, value in _read_members(
        text,
        start,
    ):
        if value == LAZY:
            keys[key] = True
    for shape in SHAPE.finditer(text):
        for key, _ in _read_members(
            text,
            shape.end(),
        ):
            keys[key] = True
    return list(keys)


def _read_members(
    text: str,
    start: int,
) -> Iterator[tuple[str, str]]:
    """The members of the object that begins after *start*: each name, and how its value begins.

    Members of what is spread into the object count as well.
    """
    depth = 0
    for token in TOKEN.finditer(
        text,
        start,
    ):
        sign = token[0]
        if sign in "{[(":
            depth += 1
        elif sign in "}])":
            depth -= 1
        if depth == 0:
            return
        if sign not in "{,":
            continue
        key = KEY.match(
            text,
            token.end(),
        )
        if key is None:
            continue
        begins = text[key.end() : key.end() + len(LAZY)]
        if depth == 1 or begins == LAZY:
            yield key[1], begins


def find_routes(texts: list[str]) -> list[dict[str, Any]]:
    """The ways to a provider: its address, the switch that chooses it, what else belongs to it."""
    routes: list[dict[str, Any]] = []
    for text in texts:
        for match in ROUTE.finditer(text):
            route: dict[str, Any] = match.groupdict()
            route["more"] = re.findall(
                r"\w+",
                match["more"],
            )
            if route not in routes:
                routes.append(route)
    return routes


def find_lists(texts: list[str]) -> dict[str, list[str]]:
    """The variables that decide who asks, for which model, and which provider."""
    found: dict[str, list[str]] = {name: [] for name in LISTS}
    for text in texts:
        for match in LIST.finditer(text):
            names = re.findall(
                r"\w+",
                match[1],
            )
            for kind, begins in LISTS.items():
                if tuple(names[: len(begins)]) == begins:
                    found[kind] += names
    listed = found["switches"]
    found["switches"] = [name for name in listed if name.startswith(SWITCH)]
    return {kind: list(dict.fromkeys(names)) for kind, names in found.items()}


def _find_version(
    program: Path,
    texts: list[str],
) -> str:
    versions: set[str] = set()
    for text in texts:
        versions.update(VERSION.findall(text))
    if len(versions) != 1:
        raise _not_understood(
            program,
            f"{len(versions)} versions in it",
        )
    return versions.pop()


def _not_understood(
    program: Path,
    why: str,
) -> InvalidInput:
    fix = "Name the program of Claude Code itself, not the script that starts it."
    return InvalidInput(
        f"cannot be read as a Claude Code ({why})",
        fix,
        where=str(program),
    )
