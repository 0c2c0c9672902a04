from __future__ import annotations

import sys
import time

from tests.crash.injector.program import Run
from tests.forking import Server

DAEMON = """
if os.fork() == 0:
    os.setsid()
    import time
    n = 0
    while True:
        time.sleep(0.01)
        try: os.mkdir(f"d{(n := n + 1)}")
        except OSError: pass
"""


def test_what_goes_on_after_the_command_is_followed_until_the_end(script):
    with script.run(DAEMON) as run:
        assert run.ended.code == 0
        made = wait_for_more(script)
    time.sleep(0.1)
    assert len([*script.root.iterdir()]) <= made + 3


def test_a_fault_that_lasts_ends_when_it_is_healed(script):
    with script.run(DAEMON, "EIO+", 1) as run:
        time.sleep(0.1)
        assert not [*script.root.iterdir()]
        run.heal()
        wait_for_more(script)


def test_a_command_that_is_forked_makes_the_same_calls_as_a_new_process(script):
    program = script.root / "program.py"
    program.write_text("""
import os, sys
os.mkdir(os.environ["NAME"])
os.rmdir(os.environ["NAME"])
print(sys.argv[1:], [name for name in sys.modules if name.startswith("tests")], sys.path[0] == sys.argv[0])
sys.exit(3)
""")
    environ, server = {"NAME": "d"}, Server({})
    command = [sys.executable, "-I", str(program), "word"]
    ended = []
    for given in (None, server, server):
        with Run(script.root, command, script.root, environ, server=given) as run:
            ended.append(run.ended)
    with Run(script.root, command, script.root, environ, mode="kill", at=2, server=server) as run:
        assert run.ended.code == -9
    server.close()
    assert ended[0] == ended[1] == ended[2]
    assert (ended[0].code, ended[0].out) == (3, "['word'] [] False\n"), ended[0].err
    assert (script.root / "d").exists()


def wait_for_more(script) -> int:
    """Until something more is there: how many."""
    before = len([*script.root.iterdir()])
    deadline = time.monotonic() + 10
    while len([*script.root.iterdir()]) == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return len([*script.root.iterdir()])
