"""The pages of help at 60, 80 and 120 columns: they fit, no word is broken, and they look as they did.

tests/golden/help/ holds them. After an intended change:

    GOLDEN=1 python -m pytest tests/core/frame/test_help_page.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tasks.core.frame import help_page
from tests.conftest import make_sandbox

GOLDEN = Path(__file__).parents[2] / "golden" / "help"
REWRITE = bool(os.environ.get("GOLDEN"))
PAGES = {"front": ["--help"], "deploy": ["deploy", "--help"]}
WIDTHS = (60, 80, 120)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A sandbox; nothing is changed in it."""
    return make_sandbox(tmp_path_factory.mktemp("help"))


def show(box, page, width):
    """A page as it is printed, but for the version."""
    shown = box.doit(*PAGES[page], env={"COLUMNS": str(width)})
    assert (shown.code, shown.err) == (0, "")
    return re.sub(r"(?<=^gatehand )\S+(?=:)", "VERSION", shown.out)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_it_looks_as_it_did(box, page, width):
    found = show(box, page, width)
    path = GOLDEN / f"{page}-{width}.txt"
    if REWRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(found)
    assert found == path.read_text(), "if this is meant: GOLDEN=1"


@pytest.mark.parametrize("page", PAGES)
def test_it_fits_and_no_word_is_broken(box, page):
    texts = [show(box, page, width) for width in WIDTHS]
    for width, text in zip(WIDTHS, texts, strict=True):
        assert max(map(len, text.splitlines())) <= width
        assert text.split() == texts[0].split()


def test_every_way_to_ask_shows_the_same(box):
    front = box.doit("--help")
    assert front.code == 0
    for words in (["-h"], ["help"]):
        assert box.doit(*words).out == front.out, words
    one = box.doit("help", "plan")
    for words in (
        ["plan", "--help"],
        ["plan", "-h"],
        ["plan", "help"],
        ["run", "plan", "--json", "--help"],
        ["help", "plan"],
    ):
        assert box.doit(*words).out == one.out, words


def test_a_command_of_doit_has_a_page_of_the_same_form(box):
    shown = box.doit("list", "--help")
    assert shown.out.startswith("doit list: ")
    assert "  --deps" in shown.out
    assert "--yes" not in shown.out


def test_the_version_is_that_of_this_project(box):
    version = box.doit("--version")
    assert re.fullmatch(r"gatehand \d+\.\d+\.\d+\S*\ndoit [\d.]+, Python [\d.]+\n", version.out)
    assert box.doit("version").out == version.out


@pytest.mark.parametrize(
    ("words", "says"), [(["help", "nosuch"], "there is no step"), (["help", "plan", "deploy"], "one command at a time")]
)
def test_help_on_nothing_is_refused(box, words, says):
    shown = box.doit(*words)
    assert shown.code == 3
    assert says in shown.err


def test_commands_are_named_as_they_are_typed(box):
    for name in ("plan", "deploy"):
        shown = box.doit("help", name, env={"GATEWAY_COMMAND": "python3 dodo.py", "COLUMNS": "60"})
        assert f"python3 dodo.py {name}" in shown.out
        assert not re.search(r"\bdoit [a-z]", shown.out)
        assert max(map(len, shown.out.splitlines())) <= 60


def test_options_of_deploy_are_named_once_and_pointed_at():
    shared = [{"long": f"o{number}", "type": bool, "help": "x", "name": f"o{number}"} for number in range(6)]
    own = {"long": "mine", "type": bool, "help": "x", "name": "mine"}
    assert help_page.divide([*shared[:5], own], shared) == ([own], shared[:5])
    assert help_page.divide([shared[0], own], shared) == ([shared[0], own], [])
