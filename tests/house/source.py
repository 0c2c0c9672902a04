"""The modules that the house test looks at: dodo.py, tasks/, what is deployed; parsed once."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).resolve().parents[2]


class Import(NamedTuple):
    """One name that a module imports: `from tasks.core import disk` gives `tasks.core.disk`."""

    name: str
    line: int
    is_at_top: bool
    is_for_types: bool


class Module:
    """One module: its path below the project, its text and its syntax tree."""

    def __init__(self, root: Path, file: Path) -> None:
        self.path = file.relative_to(root).as_posix()
        self.name = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.text = file.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self.tree = ast.parse(self.text)
        self.nodes = list(ast.walk(self.tree))
        self.by_type: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        for node in self.nodes:
            self.by_type[type(node)].append(node)

    def __repr__(self) -> str:
        return self.path

    def find(self, *types: type[ast.AST]) -> list[Any]:
        """The nodes of these very types."""
        return [node for kind in types for node in self.by_type.get(kind, ())]

    @property
    def is_step(self) -> bool:
        """Whether this is a module of a task: tasks/deploy.py."""
        folder, _, file = self.path.partition("/")
        return folder == "tasks" and "/" not in file and file != "__init__.py"

    @property
    def room(self) -> str:
        """The folder below tasks/core/ that the module is in, "" for a step and for dodo.py."""
        parts = self.name.split(".")
        return parts[2] if parts[:2] == ["tasks", "core"] and len(parts) > 2 else ""

    @property
    def code_lines(self) -> list[str]:
        """The lines that are neither blank nor a comment; lines of docstrings are among them."""
        return [line for line in self.lines if line.strip() and not line.strip().startswith("#")]

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Each comment with its line number, trailing ones too."""
        if "#" not in self.text:
            return []
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]

    @property
    def standing_comments(self) -> int:
        """How many comments have a line of their own."""
        return sum(self.lines[line - 1].strip().startswith("#") for line, _ in self.comments)

    @cached_property
    def docstrings(self) -> list[ast.Constant]:
        """The texts that document a module, a class, a function or, below it, a constant."""
        return [node.value for node in self.find(ast.Expr) if is_text(node.value)]

    @property
    def strings(self) -> list[ast.Constant]:
        """Every text of the code that is not a docstring: messages, helps, but keys and paths too."""
        documentation = {id(node) for node in self.docstrings}
        texts = [node for node in self.find(ast.Constant) if isinstance(node.value, str)]
        return [node for node in texts if id(node) not in documentation]

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions and methods of the module."""
        return self.find(ast.FunctionDef, ast.AsyncFunctionDef)

    @cached_property
    def imports(self) -> list[Import]:
        """What the module imports, under TYPE_CHECKING and inside functions too."""
        top = {id(node) for node in self.tree.body}
        checked = [node for node in self.tree.body if is_type_checking(node)]
        types = {id(node) for block in checked for node in ast.walk(block)}
        found: list[Import] = []
        for node in self.find(ast.Import, ast.ImportFrom):
            kind = id(node) in top, id(node) in types
            found += [Import(name, node.lineno, *kind) for name in imported_names(node)]
        return found


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_type_checking(node: ast.AST) -> bool:
    """`if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imported_names(node: ast.AST) -> list[str]:
    """The dotted names that one import statement asks for."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def read_modules(root: Path = PROJECT) -> list[Module]:
    """The modules of the project below *root*, in alphabetical order."""
    files = [root / "dodo.py"]
    files += sorted((root / "tasks").rglob("*.py"))
    files += sorted((root / "templates/artifacts").rglob("*.py"))
    return [Module(root, file) for file in files]
