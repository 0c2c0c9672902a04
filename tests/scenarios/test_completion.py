"""TAB in a real bash, zsh and fish: commands, options, and what they can be given."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pexpect
import pytest

from tasks.deploy import OPTIONS
from tests.conftest import Sandbox, make_sandbox

pytestmark = pytest.mark.sample(4)

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A sandbox with the profiles work and home and two revisions."""
    box = make_sandbox(tmp_path_factory.mktemp("known"))
    box.deploy("--profile", "work", "--preset", "demo", "--port", "4101")
    box.deploy("--profile", "home", "--port", "4102")
    return box


@pytest.fixture
def own(known, tmp_path):
    """One like it, to be changed."""
    shutil.copytree(known.root, tmp_path / "own")
    return Sandbox(tmp_path / "own")


def script(box, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    path = box.root / f"completion.{shell}"
    if not path.exists():
        made = box.doit("completion", "--shell", shell)
        assert made.code == 0, made.text
        path.write_text(made.out)
    return path


def in_bash(box, line):
    """What bash offers for the last word of *line*, which is what would stand in its place."""
    set_up = f'. "{script(box, "bash")}"; COMP_LINE="$1"; COMP_POINT=${{#1}}; _claude_gateway'
    code = f'{set_up}; [ ${{#COMPREPLY[@]}} = 0 ] || printf "%s\\n" "${{COMPREPLY[@]}}"'
    return box.run(["bash", "--norc", "-c", code, "bash", line]).out.splitlines()


def in_fish(box, line):
    """What fish offers."""
    done = box.run(["fish", "--no-config", "-c", f'source "{script(box, "fish")}"; complete -C "$argv"', line])
    return [each.partition("\t")[0] for each in done.out.splitlines()]


def asked(box, line):
    """What the program that all three ask says."""
    helper = box.project / "tasks" / "core" / "frame" / "completion.py"
    done = box.run([sys.executable, str(helper), "fish", *line.split(" ")])
    assert done.code == 0, done.text
    return [each.partition("\t")[0] for each in done.out.splitlines()]


@pytest.mark.parametrize("offered", [in_bash, in_fish, asked])
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("doit depl", ["deploy"]),
        ("doit deploy --allow", ["--allow-missing"]),
        ("doit deploy --preset dem", ["demo"]),
        ("doit deploy --gateway-type cust", ["custom"]),
        ("doit deploy --models codestral,gpt-oss-1", ["codestral,gpt-oss-120b"]),
        ("doit deploy --auth x", ["x-api-key"]),
        ("doit use ", ["home", "work"]),
        ("doit exec --profile w", ["work"]),
        ("doit env --shell f", ["fish"]),
        ("doit run use w", ["work"]),
        ("python3 dodo.py use w", ["work"]),
        ("doit -f dodo.py use w", ["work"]),
    ],
)
def test_every_shell_offers_the_same(known, offered, line, wanted):
    assert sorted(offered(known, line)) == wanted


def test_bash_takes_what_is_behind_the_sign_for_the_word(known):
    assert in_bash(known, "doit deploy --preset=dem") == ["demo"]
    assert asked(known, "doit deploy --preset=dem") == ["--preset=demo"]


def test_revisions_and_archives_can_be_gone_back_to(known):
    first, second, archive = asked(known, "doit rollback ")
    assert (first, second) == ("2", "1")
    assert archive.startswith("gateway-backup-")
    assert asked(known, "doit history ") == ["2", "1"]


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_key_itself_does_it(known, shell):
    path = script(known, shell)
    start = {"bash": ["--norc", "-i"], "zsh": ["-f", "-i"]}[shell]
    ready = {"bash": "", "zsh": "autoload -U compinit; compinit -D -u; "}[shell]
    environ = known.environment(TERM="dumb", PS1="> ")
    child = pexpect.spawn(shell, start, cwd=str(known.project), env=environ, encoding="utf-8", timeout=60)
    child.sendline(f"{ready}. {path}; echo rea''dy")
    child.expect("ready")
    child.send("echo doit; doit() { echo got:$1:$2; }; \n")
    child.send("doit use wo\t\n")
    child.expect("got:use:work")
    child.close(force=True)


def test_every_option_of_a_deployment_appears_by_itself(own):
    wanted = {f"--{each['long']}" for each in OPTIONS}
    assert set(asked(own, "doit deploy --")) == wanted
    step = own.project / "tasks" / "models.py"
    step.write_text(
        step.read_text()
        + "\n\nOLD = task\n\n\ndef task(asked):\n"
        + '    more = {"name": "brand_new", "long": "brand-new", "type": bool, "default": False}\n'
        + '    return {**OLD(asked), "params": [more]}\n'
    )
    assert asked(own, "doit models --brand") == ["--brand-new"]


def test_another_project_and_another_program_are_left_alone(known):
    helper = str(known.project / "tasks" / "core" / "frame" / "completion.py")
    other = known.root / "other"
    other.mkdir()
    (other / "dodo.py").write_text("")
    for words in (["doit", "us"], ["python3", "setup.py", ""], ["python3", ""]):
        done = subprocess.run(
            [sys.executable, helper, "zsh", *words],
            cwd=other,
            env=known.environment(),
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (11, b"", b"")


def test_a_file_is_left_to_the_shell(known):
    helper = str(known.project / "tasks" / "core" / "frame" / "completion.py")
    for line in ("doit deploy --target ", "doit exec -- clau"):
        assert known.run([sys.executable, helper, "fish", *line.split(" ")]).code == 10


def test_nothing_of_yaml_is_read(known):
    helper = str(known.project / "tasks" / "core" / "frame" / "completion.py")
    words = [sys.executable, "-X", "importtime", helper, "fish", "doit", "deploy", "--preset", ""]
    known.run(words)
    loaded = {line.rpartition("|")[2].strip() for line in known.run(words).err.splitlines()}
    assert not {"yaml", "doit", "jinja2", "dodo"} & loaded


def test_without_a_catalogue_that_was_read_names_are_enough(own):
    (own.project / "build" / "catalogue.json").unlink()
    assert "demo" in asked(own, "doit deploy --models ")


def test_an_unfinished_quote_or_a_damaged_file_prints_nothing_wrong(own):
    (own.gateway / "profiles" / "work.json").write_text("{")
    (own.project / "build" / "completion.json").write_text(json.dumps({"stamp": []}))
    assert in_bash(own, "doit use 'wo") in ([], ["work"])
    assert asked(own, "doit use wo") == ["work"]


def test_a_shell_that_is_none_of_ours_is_told_which_are(known):
    refused = known.doit("completion", "--shell", "tcsh")
    assert refused.code == 3, refused.text
    assert "fish" in refused.err


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_that_the_shell_can_read(known, shell):
    path = script(known, shell)
    assert known.run([shell, "-n", str(path)]).code == 0


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_the_line_for_every_new_shell_works_from_any_folder(tmp_path, shell):
    """In zsh the same line needs compinit first."""
    box = make_sandbox(tmp_path / "a folder")
    line = script(box, shell).read_text().splitlines()[1].partition(": ")[2]
    asking = "complete -p doit" if shell == "bash" else "complete -c doit"
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(box.home)}
    shown = subprocess.run(
        [shutil.which(shell), "-c", f"{line}\n{asking}"], cwd=box.home, env=environ, capture_output=True, text=True
    )
    assert "_claude_gateway" in shown.stdout, shown.stderr
    assert shown.stderr == ""
