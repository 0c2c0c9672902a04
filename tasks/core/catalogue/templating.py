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


def render(template: Path, values: Mapping[str, object]) -> str:
    """The text that *template* makes of *values*; a name that is not among them is an InvalidInput at file:line.

    What a template includes lies beside it; what does not end in .j2 is the text itself; and a
    folder is a program in parts.
    `{% raw %}{{ value | sh }}{% endraw %}` is a value as one word of a shell.
    """
    if template.is_dir():
        return assembly.program(template)
    if template.suffix != ".j2":
        return template.read_text(encoding="utf-8")
    from jinja2 import TemplateError

    try:
        return str(_environment(template.parent).get_template(template.name).render(values))
    except TemplateError as error:
        raise _finding(error, template) from None


@functools.cache
def _environment(folder: Path) -> Any:  # noqa: ANN401 - Jinja2's, whose type can be named only where it is imported
    """The templates of a folder, each compiled once as long as it does not change."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(  # noqa: S701  # scripts and prose, no HTML
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["sh"] = lambda value: shlex.quote(str(value))
    return made


def sources(template: Path) -> list[Path]:
    """*template* and what it includes: the files that its text depends on."""
    if template.is_dir():
        return assembly.sources(template)
    included = _INCLUDE.findall(template.read_text(encoding="utf-8")) if template.is_file() else []
    return [template, *(source for name in included for source in sources(template.parent / name))]


def _finding(error: Exception, template: Path) -> InvalidInput:
    """What is wrong, and in which line of which file."""
    import traceback

    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).suffix == ".j2"]
    file = getattr(error, "filename", None) or (lines[-1].filename if lines else template)
    line = getattr(error, "lineno", None) or (lines[-1].lineno if lines else 1)
    return InvalidInput(str(error), "Mend the template.", where=f"{file}:{line}")
