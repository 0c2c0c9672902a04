"""One program out of parts: in the order in which they need each other, and each mistake with its place."""

import subprocess
import sys

import pytest

from tasks.core.catalogue import assembly
from tasks.core.model.errors import InvalidInput

MAIN = '''"""What it does.

    python program.py
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .greeting import greet

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str]) -> None:
    """Greet."""
    print(greet(words[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
'''
GREETING = '''"""How one greets.

Politely.
"""

from __future__ import annotations

import sys
from typing import Any

from .words import HELLO

__all__ = ["greet"]

# Why there are two of them.
AGAIN = 2


def greet(name: Any) -> str:
    return f"{HELLO}, {name}{'!' * AGAIN}" if sys.version else ""
'''
WORDS = '''"""Words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sys
    from pathlib import Path

    from .greeting import greet

HELLO: str = "Hello"
'''
WANTED = f'''"""What it does.

    python program.py
"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING
import sys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


{"# --- words ".ljust(100, "-")}
# Words.


HELLO: str = "Hello"


{"# --- greeting ".ljust(100, "-")}
# How one greets.

# Politely.


# Why there are two of them.
AGAIN = 2


def greet(name: Any) -> str:
    return f"{{HELLO}}, {{name}}{{'!' * AGAIN}}" if sys.version else ""


{"# --- main ".ljust(100, "-")}


def main(words: Sequence[str]) -> None:
    """Greet."""
    print(greet(words[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
'''


@pytest.fixture
def folder(tmp_path):
    """A program in three parts."""
    for name, text in (("main", MAIN), ("greeting", GREETING), ("words", WORDS), ("__init__", '"""All."""\n')):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def test_the_parts_come_behind_what_they_import_and_imports_come_once(folder):
    assert assembly.program(folder) == WANTED


def test_the_program_runs(folder, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(assembly.program(folder))
    said = subprocess.run([sys.executable, "-I", program, "Ada"], capture_output=True, text=True, check=True)
    assert said.stdout == "Hello, Ada!!\n"


def test_it_depends_on_every_part_and_on_what_puts_them_together(folder):
    names = [path.name for path in assembly.sources(folder)]
    assert names == ["greeting.py", "main.py", "words.py"]


def test_a_change_of_a_part_is_a_change_of_the_program(folder):
    before = assembly.program(folder)
    (folder / "words.py").write_text(WORDS.replace("Hello", "Goodbye"))
    assert assembly.program(folder) == before.replace('"Hello"', '"Goodbye"')


@pytest.mark.parametrize(
    ("part", "old", "new", "says"),
    [
        ("greeting", "AGAIN = 2", "HELLO = 2", "words.py defines HELLO as well"),
        ("greeting", "AGAIN = 2", "class HELLO:\n    pass", "words.py defines HELLO as well"),
        ("main", ".greeting import greet", ".gone import greet", "gone.py does not define greet"),
        ("main", "import greet", "import wave", "greeting.py does not define wave"),
        ("main", "import greet", "import greet as wave", "greeting.py does not define greet as wave"),
        ("main", ".greeting import greet", ". import greeting", ".py does not define greeting"),
        ("greeting", "import Any\n", "import (\n    Any,\n)\n", "imports of one line each"),
        ("main", "import Sequence\n", "import (\n        Sequence,\n    )\n", "imports of one line each"),
        ("words", '"""Words."""', "# Words.", "does not begin with a docstring"),
    ],
)
def test_a_mistake_is_named_with_its_part(folder, part, old, new, says):
    path = folder / f"{part}.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InvalidInput) as caught:
        assembly.program(folder)
    assert caught.value.where == str(path)
    assert says in caught.value.problem


def test_parts_that_import_each_other_are_named(folder):
    (folder / "words.py").write_text('"""Words."""\n\nfrom .greeting import greet\n\nHELLO = greet\n')
    with pytest.raises(InvalidInput, match=r"import each other: .*greeting.*words"):
        assembly.program(folder)


def test_without_main_there_is_no_program(folder):
    (folder / "main.py").unlink()
    with pytest.raises(InvalidInput, match=r"main\.py is missing"):
        assembly.program(folder)
