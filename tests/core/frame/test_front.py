"""One entry: nothing of the folder one stands in, nothing loaded for nothing, and the exit code of the work."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tasks.core.model.layout import PROJECT
from tests.conftest import Sandbox, make_sandbox

MODULES = ("sitecustomize", "usercustomize", "json", "yaml", "doit", "tasks", "dodo", "subprocess", "inspect")
MODULES += ("sqlite3", "tomllib", "re", "__future__", "front", "door", "getopt", "shlex", "evil", "setuptools")
MODULES += ("venv", "ensurepip", "pip")
PROGRAMS = ("git", "sh", "claude", "litellm", "uv", "python3", "systemctl", "secret-tool", "env", "sed", "id", "ls")
MARK = "open({!r}, 'a').write({!r} + '\\n')\n"
CONFIGURED = """
[tool.doit]
num_process = 2
outfile = "outfile"
loader = "evil"
[tool.doit.commands.run]
outfile = "outfile"
[tool.doit.plugins.loader]
evil = "evil:Loader"
[tool.doit.plugins.command]
list = "evil:List"
[tool.doit.tasks.deploy]
port = "4999"
preset = "basic"
token = "cmd:touch ran"
"""
CONFIG = """
[GLOBAL]
outfile = outfile
backend = json
loader = x
[LOADER]
x = setuptools:setup
"""


class Hostile:
    """A folder with everything that may configure doit, or be imported by a Python; each leaves a mark."""

    def __init__(self, folder):
        self.folder, self.marks = folder, folder.parent / "marks"
        folder.mkdir()
        for name in MODULES:
            (folder / f"{name}.py").write_text(MARK.format(str(self.marks), name))
        (folder / "pyproject.toml").write_text(CONFIGURED)
        (folder / "doit.cfg").write_text(CONFIG)
        (folder / "setup.cfg").write_text("[metadata]\nname = attr: evil.name\n")
        (folder / ".env").write_text("LITELLM_MASTER_KEY=sk-of-the-folder\n")
        (folder / "uv.toml").write_text('index-url = "http://127.0.0.1:9/of-the-folder"\n')
        for name in PROGRAMS:
            self.program(folder / name, name)
        self.repository(folder / ".git")
        self.files = sorted(path.name for path in folder.iterdir())

    def program(self, path, name):
        path.write_text(f"#!/bin/sh\necho {name} >> '{self.marks}'\n")
        path.chmod(0o755)

    def repository(self, git):
        """What git runs for a repository that says so; it comes with an unpacked archive."""
        for name in ("hooks", "objects", "refs/heads"):
            (git / name).mkdir(parents=True)
        (git / "HEAD").write_text("ref: refs/heads/main\n")
        hook = git / "hooks" / "post-index-change"
        self.program(hook, "hook")
        config = f"[core]\nrepositoryformatversion = 0\nfsmonitor = '{hook}'\nhooksPath = {hook.parent}\n"
        (git / "config").write_text(config)

    def taken(self):
        """What was executed, and what is new."""
        marks = set(self.marks.read_text().split()) if self.marks.exists() else set()
        return marks | {path.name for path in self.folder.iterdir() if path.name not in (*self.files, "__pycache__")}


@pytest.fixture
def hostile(tmp_path):
    return Hostile(tmp_path / "a folder")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A sandbox with the demo, to be looked at only."""
    box = make_sandbox(tmp_path_factory.mktemp("deployed"))
    box.deploy("--preset", "demo")
    return box


def launcher(box):
    """.venv/bin/doit of a sandbox, whose Python is that of the tests."""
    from tasks.core.frame import door

    path = box.root / "doit"
    first, rest = door.launcher().split("\n", 1)
    path.write_text(f"#!{sys.executable} -I\n{rest.replace(str(PROJECT), str(box.project))}")
    path.chmod(0o755)
    assert first == f"#!{door.PYTHON} -I"
    return [str(path)]


def by_dodo(box):
    """`python3 dodo.py` of a sandbox that has our environment."""
    venv = box.project / ".venv"
    if not venv.exists():
        shutil.copytree(PROJECT / ".venv", venv, symlinks=True, ignore=shutil.ignore_patterns("ruff*", "mypy*"))
    return [os.path.realpath(sys.executable), str(box.project / "dodo.py")]


STARTS = {"launcher": launcher, "child": lambda box: box.command()}
LINES = [["status"], ["list"], ["deploy", "--dry-run"], ["explain"], ["help", "deploy"], ["list", "--all", "-s"]]
AROUND = {
    "alone": {},
    "of doit": {"DOIT_FILE": "dodo.py", "DOIT_SEEK_FILE": "1"},
    "an empty path": {"PYTHONPATH": ""},
    "a path of nothing": {"PYTHONPATH": ":"},
    "this folder": {"PYTHONPATH": "."},
    "more": {"PYTHONPATH": ":/opt", "PYTHONSTARTUP": "json.py", "PYTHONINSPECT": ""},
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("around", AROUND)
def test_nothing_of_the_folder_is_taken(deployed, hostile, start, around):
    for words in LINES:
        done = subprocess.run(
            [*STARTS[start](deployed), *words],
            cwd=hostile.folder,
            env=deployed.environment(**AROUND[around]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "4999" not in done.stdout
        assert not hostile.taken(), (words, hostile.taken())


EVERY = ["apply no.plan", "backup", "check", "choose", "clean", "doctor --providers", "deploy --yes --port 4702"]
EVERY += ["doctor", "doctor --fix", "dumpdb", "env --shell bash", "exec -- true", "explain --message x", "forget stage"]
EVERY += ["history", "history --archives", "ignore stage", "info stage", "install"]
EVERY += ["lint", "lint --fix no.yaml", "litellm --help", "logs"]
EVERY += ["models", "plan", "preflight", "profiles", "render", "doctor --report /dev/null", "rollback", "run stage"]
EVERY += ["autostart", "settings", "stage", "status", "stop", "tabcompletion bash", "uninstall", "use no"]
EVERY += ["validate", "verify"]


@pytest.mark.slow
@pytest.mark.sample(4)
@pytest.mark.parametrize("line", EVERY)
def test_nor_by_any_command(deployed, hostile, tmp_path, line):
    box = Sandbox(tmp_path / "box", server=None)
    shutil.copytree(deployed.root, box.root, symlinks=True)
    done = subprocess.run(
        box.command(*line.split()),
        cwd=hostile.folder,
        env=box.environment(**AROUND["this folder"], GIT_DIR=".git", PATH=f".:{box.environment()['PATH']}:"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode in range(7), done.stderr
    assert "Traceback" not in done.stderr
    for value in ("4999", "sk-of-the-folder"):
        assert value not in done.stdout + done.stderr
        assert value not in "".join(path.read_text() for path in box.gateway.glob("*.sh"))
    assert not hostile.taken(), hostile.taken()


@pytest.mark.parametrize("text", ["[tool.doit", "[tool.doit]\nnum_process = 'x'\n"], ids=["broken", "wrong"])
def test_a_broken_configuration_there_ends_no_command(deployed, tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "doit.cfg").write_text("[GLOBAL\n")
    done = deployed.run(["sh", "-c", f'cd {tmp_path} && "$@"', "sh", *deployed.command("status")])
    assert done.code == 0, done.text


def test_a_project_is_asked_about_by_a_git_that_runs_nothing_of_it(sandbox, hostile):
    for name in PROGRAMS:
        (hostile.folder / name).unlink()
    done = subprocess.run(
        [*launcher(sandbox), "deploy", "--preset", "demo", "--scope", "project"],
        cwd=hostile.folder,
        env=sandbox.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "git does not ignore" in done.stderr
    assert not hostile.marks.exists()


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("around", "exposed"), [("alone", set()), ("of doit", set()), ("this folder", {"sitecustomize", "usercustomize"})]
)
def test_nor_by_the_other_way_in(hostile, tmp_path, around, exposed):
    """Python itself runs sitecustomize and usercustomize of PYTHONPATH before our first line.

    So it does with what its own site-packages import at every start.
    """
    box = make_sandbox(tmp_path / "box")
    base, *_ = by_dodo(box)
    early = subprocess.run([base, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True)
    for name in {*early.stdout.split()} & {*MODULES}:
        (hostile.folder / f"{name}.py").unlink()
    dry = ["deploy", "--preset", "demo", "--dry-run"]
    for words in (["list"], dry, dry):
        done = subprocess.run(
            [*by_dodo(box), *words],
            cwd=hostile.folder,
            env=box.environment(**AROUND[around]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert hostile.taken() <= exposed, hostile.taken()


LOADED = """
import sys
sys.path.insert(0, sys.argv.pop(1))
before = sys.argv.pop(1) == "without"
if before:
    import doit, doit.doit_cmd
from tasks.core.frame.front import main
code = main(sys.argv[1:])
if not before:
    import os
    real = [name for name, module in sys.modules.items() if module is not None and type(module).__name__ != "Later"]
    os.write(2, ("LOADED " + " ".join(real)).encode())
sys.exit(code)
"""


def with_or_without(box, how, *words):
    return box.run([sys.executable, "-I", "-c", LOADED, str(box.project), how, *words])


COSTLY = {"sqlite3", "hashlib", "datetime", "subprocess", "importlib.metadata", "multiprocessing", "configparser"}


@pytest.mark.parametrize(
    ("words", "spared"),
    [
        (["list"], COSTLY | {"inspect", "json"}),
        (["status"], {"subprocess", "importlib.metadata", "multiprocessing", "configparser"}),
        (["history"], {"subprocess", "importlib.metadata", "multiprocessing", "configparser"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_a_command_does_not_need_is_not_loaded(deployed, words, spared):
    result = with_or_without(deployed, "with", *words)
    assert result.code == 0, result.text
    assert not spared & set(result.err.partition("LOADED ")[2].split())


CORPUS = [
    "list",
    "list --all -s",
    "list -p",
    "status",
    "help",
    "help run",
    "help deploy",
    "deploy --help",
    "info stage",
]
CORPUS += ["plan", "status --json", "models", "history", "nosuch", "deploy --nope", "run -r json status", "clean -n"]
CORPUS += ["tabcompletion bash", "explain", "forget nosuch", "--version", "doctor --json", "env --shell fish"]


@pytest.mark.sample(8)
@pytest.mark.parametrize("line", CORPUS)
def test_it_is_the_same_with_all_that_doit_imports(deployed, line):
    ours, whole = (with_or_without(deployed, how, *line.split()) for how in ("with", "without"))
    assert ours.code == whole.code
    assert steady(ours.out) == steady(whole.out)
    assert steady(ours.err.partition("LOADED ")[0]) == steady(whole.err)


def steady(text):
    """*text* without what differs from run to run."""
    import re

    return sorted(re.sub(r"\b\d+(\.\d+)? m?s\b|\"(elapsed|started)\": [^,}]*|\d+ seconds", "", text).splitlines())


def test_the_exit_code_is_that_of_the_failure(deployed):
    for words, code in ((["list"], 0), (["nosuch"], 3), (["history", "99"], 3), (["doctor"], 6)):
        assert deployed.doit(*words).code == code, words


SLOW = '''

def task_slow():
    """Waits, and cleans up."""
    return {"actions": ["touch begun; sleep 30"], "teardown": ["touch torn"]}
'''


def test_an_interrupted_command_is_torn_down_though_the_memory_cannot_be_written(sandbox):
    import sqlite3

    dodo = sandbox.project / "dodo.py"
    dodo.write_text(dodo.read_text() + SLOW)
    assert sandbox.doit("list", "-s").code == 0
    with subprocess.Popen(
        sandbox.command("slow"),
        cwd=sandbox.project,
        env=sandbox.environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        for _ in range(600):
            if (sandbox.project / "begun").exists():
                break
            time.sleep(0.05)
        other = sqlite3.connect(sandbox.workshop / "doit.db", isolation_level=None)
        other.execute("begin exclusive")
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        other.close()
    assert process.returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert (sandbox.project / "torn").exists()


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("how", [(), ("-n", "2"), ("-n", "2", "-P", "thread")], ids=" ".join)
@pytest.mark.parametrize(("kind", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_while_a_program_of_a_step_goes_on(sandbox, how, kind, code):
    dodo = sandbox.project / "dodo.py"
    dodo.write_text(dodo.read_text() + SLOW)
    with subprocess.Popen(
        sandbox.command(*how, "slow"),
        cwd=sandbox.project,
        env=sandbox.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        for _ in range(600):
            if (sandbox.project / "begun").exists():
                break
            time.sleep(0.05)
        process.send_signal(kind)
        assert process.wait(20) == code
        os.killpg(process.pid, signal.SIGKILL)


def test_every_start_goes_through_the_one_entry():
    parts = [*(PROJECT / "tasks").rglob("*.py"), *(PROJECT / "docs").glob("*"), *(PROJECT / "templates").rglob("*")]
    parts += [PROJECT / "dodo.py", PROJECT / "README.md", PROJECT / "tests" / "conftest.py"]
    for path in parts:
        text = path.read_text(errors="replace") if path.is_file() and path.suffix != ".pyc" else ""
        for other in ('"-m", "doit"', "-m doit", "doit.__main__"):
            assert other not in text, path
