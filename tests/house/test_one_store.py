"""What is to last is written by one module; every other place that opens a file for writing has a reason here."""

from __future__ import annotations

import ast

STORE = "tasks/core/disk/store.py"

EXCEPTIONS = {
    "tasks/develop.py": "a file of the repository, which git has",
    "tasks/core/claude/client_verdict.py": "a copy for one program: gone when it ends",
    "tasks/core/doctor/probe.py": "a copy of settings for one program: gone when it ends",
    "tasks/core/disk/lock.py": "the lock file is held open, and never replaced",
    "tasks/core/frame/door.py": "sets up .venv before our modules can be used, and checks it each time",
    "tasks/core/frame/journal.py": "a log is appended to",
    "tasks/core/history/tar_format.py": "in memory",
    "tasks/core/litellm/packages.py": "a lock, and a stamp: a torn one counts as unfinished",
    "tasks/core/profiles/temporary.py": "for one program: gone when it ends",
    "tasks/core/service/handover.py": "which process the gateway is: without that process it says nothing",
    "tasks/core/service/trial.py": "the folder of a trial, and the log of its process: gone when it ends",
}
"""Module -> why what it opens for writing need not survive anything."""

ALWAYS = {"write_text", "write_bytes", "touch", "mkstemp", "NamedTemporaryFile", "TemporaryDirectory", "mkdtemp"}
ALWAYS |= {"copy2", "copyfile", "copytree", "copyfileobj", "memfd_create"}


def is_write(node: ast.Call) -> bool:
    """Whether a call, by its form, opens a file for writing or makes one."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in ALWAYS:
        return True
    if name not in ("open", "fdopen"):
        return False
    words = [*node.args, *(keyword.value for keyword in node.keywords)]
    modes = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    flags = {getattr(part, "attr", "") for word in words for part in ast.walk(word)}
    return "O_CREAT" in flags or any(set(mode) & set("wax+") and set(mode) <= set("wax+bt") for mode in modes)


def find_writers(modules):
    """Path -> the lines at which a module opens a file for writing."""
    found = {}
    for module in modules:
        lines = [node.lineno for node in module.find(ast.Call) if is_write(node)]
        if lines and not module.path.startswith("templates/"):
            found[module.path] = lines
    return found


def test_one_module_opens_files_for_writing(tree):
    writers = find_writers(tree.modules)
    assert STORE in writers
    wrong = {path: lines for path, lines in writers.items() if path != STORE and path not in EXCEPTIONS}
    assert not wrong, "write these with tasks.core.disk.files"


def test_no_exception_outlives_its_reason(tree):
    assert EXCEPTIONS.keys() <= find_writers(tree.modules).keys()


def test_the_forms_are_found():
    text = """
path.write_text("a"); open(path, "wb"); path.open(mode="a"); os.open(path, os.O_WRONLY | os.O_CREAT)
tempfile.mkstemp(); shutil.copy2(a, b); path.touch()
path.open("rb"); open(path); os.open(path, os.O_RDONLY); path.read_text(); webbrowser.open("example")
"""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert [is_write(call) for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))] == [
        True, True, True, True, True, True, True, False, False, False, False, False
    ]  # fmt: skip
