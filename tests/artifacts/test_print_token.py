"""print-token.sh: what it prints is what .env holds, in every form that .env may have."""

import os
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.core.catalogue import templating
from tasks.core.model.layout import PROJECT
from tasks.core.values import env_file
from tests.core.values.test_env_file import SOUP

SHELLS = [name for name in ("dash", "bash", "busybox", "zsh") if shutil.which(name)]
VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


def script(place):
    """The script in a folder with blanks and quotes in its name."""
    folder = place / 'it\'s a "gateway" $HOME'
    folder.mkdir(exist_ok=True)
    template = PROJECT / "templates" / "artifacts" / "print-token.sh.j2"
    path = folder / "print-token.sh"
    path.write_text(templating.render(template, {"token": "TOKEN", "generated_by": "Made by a test"}))
    return path


def printed(path, env, shell="dash"):
    """What it prints with this .env, as (exit code, output)."""
    (path.parent / ".env").write_bytes(os.fsencode(env))
    command = [shell, *(["sh"] if shell == "busybox" else []), str(path)]
    done = subprocess.run(command, cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, timeout=60)
    return done.returncode, os.fsdecode(done.stdout)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return script(tmp_path_factory.mktemp("helper"))


@settings(max_examples=60)
@given(VALUES)
@example("it has 'no quote")
@example('say "hi" # no comment')
@example("#")
@example(" ends in a blank ")
def test_what_is_written_to_env_is_printed(path, value):
    try:
        env = env_file.merged("OTHER=1\n", {"TOKEN": value}, {}, "")
    except env_file.InvalidInput:
        return
    assert printed(path, env) == (0, value + "\n")


@settings(max_examples=60)
@given(SOUP)
def test_whatever_stands_there_it_prints_what_everybody_else_reads(path, soup):
    for text in (soup, soup.replace("A", "TOKEN"), f"{soup}\nTOKEN={soup}"):
        wanted = env_file.parse(text).get("TOKEN")
        if wanted and "\0" not in text:
            assert printed(path, text) == (0, wanted + "\n")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "line",
    ["TOKEN=tok # a comment", "export TOKEN=tok", "TOKEN=tok\t# x", "TOKEN='tok' # x", 'TOKEN="tok"\r', "TOKEN=tok  "],
)
def test_every_form_in_every_shell(path, shell, line):
    assert printed(path, f"TOKEN=old\n{line}\n# TOKEN=no\n", shell) == (0, "tok\n")
    assert printed(path, line, shell) == (0, "tok\n")


@pytest.mark.parametrize("env", ["", "TOKEN=\n", "TOKENS=x\nMY_TOKEN=x\n", "TOKEN=''\n"])
def test_without_a_value_it_says_so_and_prints_nothing(path, env):
    assert printed(path, env) == (1, "")


def test_nothing_of_env_is_executed(path):
    mark = path.parent / "executed"
    code, out = printed(path, f"TOKEN=$(touch {mark})`touch {mark}`\nX=; touch {mark}\n")
    assert code == 0
    assert out.startswith("$(touch")
    assert not mark.exists()


def test_shellcheck_finds_nothing(path):
    done = subprocess.run(["shellcheck", "-s", "sh", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
