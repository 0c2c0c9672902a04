from __future__ import annotations

import pytest

SAVING = """
new = os.open("new", os.O_WRONLY | os.O_CREAT, 0o600)
written = os.write(new, b"12345678")
os.fsync(new)
os.rename("new", "file")
sys.exit(written)
"""
"""Four calls."""


def test_without_a_fault(script):
    assert script.end(SAVING) == 8
    assert script.files == {"file": "12345678"}


@pytest.mark.parametrize(
    ("at", "left"), [(1, {}), (2, {"new": ""}), (3, {"new": "12345678"}), (4, {"new": "12345678"})]
)
def test_killed_before_the_call(script, at, left):
    assert script.end(SAVING, "kill", at) == -9
    assert script.files == left


def test_half_is_written(script):
    assert script.end(SAVING, "torn", 1) == -9
    assert script.files == {"new": "1234"}
    assert script.end(SAVING, "short", 1) == 4
    assert script.files["file"] == "1234"


@pytest.mark.parametrize("mode", ["ENOSPC", "EIO", "EROFS"])
def test_an_error_reaches_the_program(script, mode):
    with script.run(SAVING, mode, 2) as run:
        assert run.ended.code == 1
        assert run.ended.struck == f"write {script.root}/new"
        assert "OSError" in run.ended.err
    assert script.files == {"new": ""}


TRYING = """
import errno
def tried(action, *arguments):
    try: action(*arguments)
    except OSError as error: print(errno.errorcode[error.errno])
    else: print("done")
tried(os.mkdir, "a"); tried(os.chmod, ".", 0o700); tried(os.unlink, "file"); tried(os.mkdir, "b")
"""


@pytest.mark.parametrize(
    ("mode", "at", "told"),
    [
        ("EIO", 2, "done EIO done done"),
        ("EIO+", 2, "done EIO EIO EIO"),
        ("EROFS+", 3, "done done EROFS EROFS"),
        ("ENOSPC", 2, "done done done ENOSPC"),
        ("ENOSPC+", 1, "ENOSPC done done ENOSPC"),
    ],
)
def test_once_or_from_there_on(script, mode, at, told):
    (script.root / "file").touch()
    with script.run(TRYING, mode, at) as run:
        assert run.ended.out.split() == told.split()


@pytest.mark.parametrize(("mode", "code"), [("INT", -2), ("TERM", -15), ("HUP", -1)])
def test_a_signal(script, mode, code):
    assert script.end(SAVING, mode, 4) == code


def test_what_the_command_started_is_not_killed(script):
    code = """
child = os.fork()
if child == 0: os.mkdir("child")
else: os.wait(); os.mkdir("command")
"""
    assert script.end(code, "kill", 1) == -9
    assert [path.name for path in script.root.iterdir()] == ["child"]
