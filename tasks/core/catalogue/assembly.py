"""One program out of a folder of parts: serve.py is deployed alone, and read as modules.

    serve/main.py ─┬─ from .network import listen        ─►  serve/network.py
                   └─ from .supervisor import Supervisor ─►  serve/supervisor.py ─► ...

The program has the docstring of main, every import once, then each part behind those that it
imports: its docstring as a comment, the rest as it is written. This is done on text, so a part
has a strict form:

    docstring
    imports, each on one line; those of other parts are `from .part import name`
    if TYPE_CHECKING: and more imports, if there are any
    definitions

All parts share one set of names in the program, so no two may define the same one.
"""

from __future__ import annotations

import graphlib
import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.model.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAIN = "main"
WIDTH = 100
REMEDY = "Fix that part of the program."

FORM = re.compile(
    r'''(?xs)
    (?> """ (?P<doc> .*? ) """ )       # not up to the end of a later one
    \n+
    (?P<imports> (?: (?: from | import ) [ ] [^\n(]+ \n+ )* )
    (?:
        if [ ] TYPE_CHECKING: \n
        (?P<typing_imports> (?: [ ]+ [^\n(]+ \n+ )* )
    )?
    (?! \s* (?: from | import | if [ ] TYPE_CHECKING : ) [ \n] )
    (?P<body> .* )
    '''
)
"""A part from its first to its last character."""

NEED = re.compile(r"(?m)^from \.(\w*) import (.+)$")
"""What is imported from another part."""

FROM = re.compile(r"(?m)^ *from ([a-z][\w.]*) import (.+)$")
PLAIN = re.compile(r"(?m)^ *import (.+)$")
"""What is imported from the standard library."""

EXPORTS = re.compile(r"(?m)^__all__ = (.+)\n+")
"""The names that a part offers besides those that it defines."""

DEFINITION = re.compile(
    r"""(?xm)
    ^ (?: (?: async [ ] )? def [ ] | class [ ] ) (\w+)
    | ^ (\w+) (?: : [ ] .* )? [ ] = [ ]
    """
)
"""A function, a class or a constant at the top of a part."""


class Part(NamedTuple):
    """One module of the program, cut into pieces of text as FORM says."""

    path: Path
    doc: str
    imports: str
    typing_imports: str
    body: str

    @property
    def name(self) -> str:
        """What other parts call it: network for network.py."""
        return self.path.stem

    def error(self, problem: str) -> InvalidInput:
        """A mistake in this part, to be raised."""
        return InvalidInput(problem, REMEDY, where=str(self.path))

    def needs(self) -> Iterator[tuple[str, str]]:
        """The names that it imports from other parts: ("network", "listen")."""
        for part, names in NEED.findall(self.imports):
            for name in names.split(", "):
                yield part, name

    def defines(self) -> set[str]:
        """The names that it adds to the program."""
        found = DEFINITION.findall(self.body)
        names = {function or constant for function, constant in found}
        for exports in EXPORTS.findall(self.body):
            names.update(re.findall(r"\w+", exports))
        return names - {"__all__"}


def sources(folder: Path) -> list[Path]:
    """The files of the parts in *folder*, by name; __init__.py only describes them."""
    return sorted(folder.glob("[!_]*.py"))


def program(folder: Path) -> str:
    """The text of the program that the parts in *folder* make.

    The same files give the same text. InvalidInput, with the file, when they make no program: one
    is missing or has not the form of a part, two define the same name or import each other. Whether
    each of them is valid Python is left to the check of the rendered file.
    """
    parts = {path.stem: read_part(path) for path in sources(folder)}
    if MAIN not in parts:
        raise InvalidInput("main.py is missing", REMEDY, where=str(folder))
    ordered = in_order(parts)
    check_names(ordered)
    texts = [
        f'"""{parts[MAIN].doc}"""',
        "from __future__ import annotations",
        head(ordered) + "\n",
        "\n\n\n".join(map(section, ordered)),
    ]
    return "\n\n".join(texts) + "\n"


def read_part(path: Path) -> Part:
    """The part in this file; InvalidInput when it has another form."""
    found = FORM.match(path.read_text(encoding="utf-8"))
    if found is None:
        raise InvalidInput(
            "does not begin with a docstring, and imports of one line each",
            REMEDY,
            where=str(path),
        )
    return Part(
        path,
        doc=found["doc"],
        imports=found["imports"],
        typing_imports=found["typing_imports"] or "",
        body=found["body"].strip("\n"),
    )


def in_order(parts: dict[str, Part]) -> list[Part]:
    """The parts, each behind those that it imports, as Python would run them.

    A base class, a decorator or a constant is needed when a part is run, so the order matters.
    main is the last one, because it needs all others.
    """
    graph = {name: needed_parts(part) for name, part in parts.items()}
    order = graphlib.TopologicalSorter(graph)
    try:
        names = list(order.static_order())
    except graphlib.CycleError as error:
        problem = f"parts import each other: {error.args[1]}"
        raise InvalidInput(problem, REMEDY) from None
    # What is missing is named by check_names.
    return [parts[name] for name in names if name in parts]


def needed_parts(part: Part) -> list[str]:
    """The parts that this one imports, in the same order on every machine."""
    return sorted({need for need, _ in part.needs()})


def check_names(ordered: list[Part]) -> None:
    """InvalidInput when two parts define a name, or a part imports what another does not define.

    Without this check the later definition would silently replace the earlier one.
    """
    owners: dict[str, str] = {}
    for part in ordered:
        for need, name in part.needs():
            if owners.get(name) != need:
                raise part.error(f"{need}.py does not define {name}")
        for name in part.defines():
            if name in owners:
                raise part.error(f"{owners[name]}.py defines {name} as well")
            owners[name] = part.name


def head(ordered: list[Part]) -> str:
    """Every import of the parts once, those that only types need below TYPE_CHECKING."""
    needed: set[str] = set()
    typed: set[str] = set()
    for part in ordered:
        needed |= find_imports(part.imports)
        typed |= find_imports(part.typing_imports)
    lines = sorted(needed)
    # None is left where one part needs for types what another one needs to run.
    typing_lines = sorted(typed - needed)
    if typing_lines:
        lines.append("\nif TYPE_CHECKING:")
        lines.append(textwrap.indent("\n".join(typing_lines), "    "))
    return "\n".join(lines)


def find_imports(text: str) -> set[str]:
    """The imports from the standard library in *text*, one statement for each name."""
    statements = {f"import {name}" for name in PLAIN.findall(text)}
    for module, names in FROM.findall(text):
        for name in names.split(", "):
            statements.add(f"from {module} import {name}")
    return statements


def section(part: Part) -> str:
    """The part as it is in the program:

    # --- network ---------------------------------------------
    # Where the gateway listens: its addresses, and the sockets on them.


    PORT_PATIENCE = 3
    ...
    """
    banner = f"# --- {part.name} ".ljust(WIDTH, "-")
    body = EXPORTS.sub("", part.body)
    if part.name == MAIN:
        return f"{banner}\n\n\n{body}"
    doc = textwrap.indent(part.doc.strip(), "# ")
    return f"{banner}\n{doc}\n\n\n{body}"
