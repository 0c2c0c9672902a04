"""What is lent to a program is gone when that is."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
if sys.argv[1] == "file" and hasattr(os, "memfd_create"):
    del os.memfd_create
from tasks.core.profiles import temporary
path = temporary.lent(b"secret" * 20000, "settings")
os.execv("/bin/sh", ["sh", "-c", 'echo "$1"; cat "$1" | wc -c; wc -c < "$1"; read wait', "sh", path])
"""


@pytest.mark.parametrize("kind", ["memory", "file"])
@pytest.mark.parametrize("end", ["by itself", "killed"])
def test_the_program_and_its_children_read_it_and_then_it_is_gone(tmp_path, kind, end):
    command = [sys.executable, "-c", PROGRAM, kind]
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    path = Path(process.stdout.readline().strip())
    assert [int(process.stdout.readline()) for _ in range(2)] == [120000, 120000]
    assert len(list(tmp_path.iterdir())) == (kind == "file")
    if kind == "file":
        assert path.stat().st_mode & 0o777 == 0o600
    if end == "killed":
        process.kill()
    process.communicate("\n")
    for _ in range(100):
        if not list(tmp_path.iterdir()):
            break
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []
    assert not path.exists()
