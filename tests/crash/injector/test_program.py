from __future__ import annotations

import time

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


def wait_for_more(script) -> int:
    """Until something more is there: how many."""
    before = len([*script.root.iterdir()])
    deadline = time.monotonic() + 10
    while len([*script.root.iterdir()]) == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return len([*script.root.iterdir()])
