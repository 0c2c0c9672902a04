"""logs: which lines are shown, what of them, and following until nobody wants more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest

from tasks import logs
from tasks.core.service import logs as service_logs

KEY = "sk-tests-0123456789abcdef"


@pytest.fixture
def layout(layout):
    layout.gateway.mkdir(parents=True)
    layout.env_file.write_text(f"LITELLM_MASTER_KEY={KEY}\nPLAIN=something-else\n")
    return layout


def shown(layout, capsys, follow=False, since="", count=-1):
    failure = logs.show(layout, follow=follow, since=since, count=count)
    assert failure is None, failure
    return capsys.readouterr().out.splitlines()


def test_the_end_is_shown_and_what_was_before_it_when_it_is_short(layout, capsys):
    service_logs.before(layout.log).write_text("".join(f"old {n}\n" for n in range(100)))
    layout.log.write_text("new 1\nnew 2\n")
    assert shown(layout, capsys)[-3:] == ["old 99", "new 1", "new 2"]
    assert len(shown(layout, capsys)) == logs.USUAL
    assert shown(layout, capsys, count=1) == ["new 2"]
    assert shown(layout, capsys, count=0) == []
    assert len(shown(layout, capsys, count=1000)) == 102


def test_since_reaches_back_over_the_beginning_of_the_log(layout, capsys):
    now = datetime.now().astimezone()
    at = {
        name: (now - timedelta(minutes=minutes)).isoformat()[:19] for name, minutes in (("a", 90), ("b", 20), ("c", 1))
    }
    service_logs.before(layout.log).write_text(f"{at['a']} early\nits trace\n{at['b']} later\nits trace\n")
    layout.log.write_text(f"{at['c']} now\n")
    assert [line.split()[-1] for line in shown(layout, capsys, since="30m")] == ["later", "trace", "now"]
    assert [line.split()[-1] for line in shown(layout, capsys, since="30m", count=1)] == ["now"]
    assert len(shown(layout, capsys, since="1d")) == 5
    assert shown(layout, capsys, since="1s") == []


def test_no_secret_colour_or_control_character_is_shown(layout, capsys):
    layout.log.write_text(f"\x1b[92mkey {KEY}\x1b[0m\x1b[2J\x07 something-else sk-stranger-12345678\n", newline="")
    (line,) = shown(layout, capsys)
    assert line.startswith("key [hidden]\\x1b[2J\\x07 something-else")
    assert "stranger" not in line


def test_without_a_log_there_is_a_sentence(layout):
    assert "doit start" in str(logs.show(layout, follow=False, since="", count=-1))
    assert "--lines" in str(logs.show(layout, follow=False, since="", count=-5))


def following(layout, *words, out=subprocess.PIPE):
    """A process of its own that follows, as Ctrl-C and `| head` end it."""
    code = "import sys; from tasks import logs; from tasks.core.model.layout import Layout\n"
    code += f"layout = Layout.of({{'HOME': {str(layout.home)!r}}})\n"
    code += "sys.exit(logs.show(layout, follow=True, since='', count=1) is not None)"
    return subprocess.Popen([sys.executable, "-c", code], stdout=out, stderr=subprocess.PIPE, text=True)


def test_following_goes_on_until_ctrl_c_and_ends_without_a_word(layout):
    layout.log.write_text("one\ntwo\n")
    with following(layout) as process:
        assert process.stdout.readline() == "two\n"
        with layout.log.open("a") as file:
            file.write(f"three {KEY}\nfou")
        assert process.stdout.readline() == "three [hidden]\n"
        service_logs.before(layout.log).write_bytes(layout.log.read_bytes())
        os.truncate(layout.log, 0)
        with layout.log.open("a") as file:
            file.write("r\nfive\n")
        assert process.stdout.readline() == "four\n"
        assert process.stdout.readline() == "five\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_following_ends_when_nobody_reads(layout):
    layout.log.write_text("one\n")
    with following(layout) as process:
        process.stdout.readline()
        process.stdout.close()
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert process.poll() == 0


def test_following_begins_before_there_is_a_log(layout):
    with following(layout) as process:
        layout.log.write_text("first\n")
        assert process.stdout.readline() == "first\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
