"""The log is kept short, and only what the output goes to is."""

import stat
import subprocess
import sys

from serve import log as logs


def test_a_log_is_kept_short_while_others_write_to_it(tmp_path):
    path, kept = tmp_path / "litellm.log", tmp_path / "litellm.log.1"
    with path.open("ab") as writer:
        log = logs.Log(path, writer.fileno())
        writer.write(b"first\n" * 100)
        writer.flush()
        log.rotate(600)
        assert not kept.exists()
        log.rotate(599)
        assert (path.read_bytes(), kept.read_bytes()) == (b"", b"first\n" * 100)
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        subprocess.run([sys.executable, "-c", "print('second')"], stdout=writer, check=True)
        assert path.read_bytes() == b"second\n"
        log.rotate(1)
        assert kept.read_bytes() == b"second\n"


def test_what_came_since_is_found_also_after_a_rotation(tmp_path):
    path = tmp_path / "litellm.log"
    with path.open("ab") as writer:
        log = logs.Log(path, writer.fileno())
        writer.write(b"old\nnew 1\n\nnew 2\n")
        writer.flush()
        assert log.since(4) == ["new 1", "", "new 2"]
        log.rotate(1)
        writer.write(b"3\n")
        writer.flush()
        assert log.since(4) == ["3"]


def test_a_log_that_the_output_does_not_go_to_is_left_alone(tmp_path):
    path = tmp_path / "litellm.log"
    path.write_text("of another time\n")
    with (tmp_path / "elsewhere").open("ab") as writer:
        log = logs.Log(path, writer.fileno())
    log.rotate(0)
    assert path.read_text() == "of another time\n"
    assert (log.size(), log.since(0)) == (0, [])


def test_a_line_of_our_own_has_the_time_and_a_name(capsys):
    logs.say("hello")
    assert capsys.readouterr().err.partition(" gateway: ")[2] == "hello\n"
