"""Text from templates: shell scripts and prose. The one module that knows Jinja2."""

from __future__ import annotations

import functools
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import assembly
from tasks.core.model.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_INCLUDE = re.compile(r"""\{%-?\s*include\s+["']([^"']+)["']""")


def render(template: Path, values: Mapping[str, object], beside: tuple[Path, ...] = ()) -> str:
    """The text that *template* makes of *values*; a name that is not among them is an InvalidInput at file:line.

    What a template includes is in the first of the folders *beside* that has it, or in its own
    folder; what does not end in .j2 is the text itself; and a folder is a program in parts.
    `{% raw %}{{ value | sh }}{% endraw %}` is a value as one word of a shell.
    """
    if template.is_dir():
        return assembly.program(template)
    if template.suffix != ".j2":
        return template.read_text(encoding="utf-8")
    from jinja2 import TemplateError

    try:
        return str(_environment((*beside, template.parent)).get_template(template.name).render(values))
    except TemplateError as error:
        raise _finding(error, template) from None


@functools.cache
def _environment(folders: tuple[Path, ...]) -> Any:  # noqa: ANN401 - Jinja2's, imported here only
    """The templates of some folders, each compiled once as long as it does not change.

    A template computes a text and reaches nothing of this program: it may be another person's.
    """
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(  # scripts and prose, no HTML
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["sh"] = lambda value: shlex.quote(str(value))
    return made


def sources(template: Path, beside: tuple[Path, ...] = ()) -> list[Path]:
    """*template* and what it includes: the files that its text depends on."""
    if template.is_dir():
        return assembly.sources(template)
    if not template.is_file():
        return [template]
    found = [template]
    for name in _INCLUDE.findall(template.read_text(encoding="utf-8")):
        found += sources(_find(name, (*beside, template.parent)), beside)
    return found


def _find(name: str, folders: tuple[Path, ...]) -> Path:
    """The template *name*, as Jinja2 finds it."""
    for folder in folders:
        path = folder / name
        if path.is_file():
            break
    return path


def _finding(error: Exception, template: Path) -> InvalidInput:
    """What is wrong, and in which line of which file."""
    import traceback

    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).suffix == ".j2"]
    file = getattr(error, "filename", None) or (lines[-1].filename if lines else template)
    line = getattr(error, "lineno", None) or (lines[-1].lineno if lines else 1)
    return InvalidInput(str(error), "Mend the template.", where=f"{file}:{line}")
