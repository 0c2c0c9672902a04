"""What is waited for is shown on a terminal, with its time; nothing of it stays, and elsewhere there is none."""

import io
import sys
import time

import pytest

from tasks.core.console import console


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "__stderr__", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(console, "EVERY", 0.02)
    monkeypatch.setattr(console, "loudness", console.Loudness())
    monkeypatch.setattr(console, "make_room", None)
    return stream


def shown_by(stream):
    for _ in range(200):
        if stream.getvalue():
            return stream.getvalue()
        time.sleep(0.01)
    return ""


def test_a_step_that_takes_long_is_named_with_its_time_and_goes_without_a_trace(terminal):
    meter = console.Meter()
    meter.start("litellm")
    assert "litellm  0 s" in shown_by(terminal)
    meter.stop()
    assert terminal.getvalue().endswith(console.ERASE)
    assert console.make_room is None


def test_what_is_printed_meanwhile_finds_an_empty_line(terminal, capsys):
    meter = console.Meter()
    meter.start("litellm")
    shown_by(terminal)
    console.say("a line")
    assert terminal.getvalue().count(console.ERASE) >= 2
    meter.stop()


def test_a_short_step_shows_nothing(terminal, monkeypatch):
    monkeypatch.setattr(console, "EVERY", 60)
    meter = console.Meter()
    meter.start("install")
    meter.stop()
    meter.stop()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("reason", ["dumb", "quiet", "no terminal", "closed"])
def test_where_it_cannot_be_shown_or_is_not_wanted_there_is_none(terminal, monkeypatch, reason):
    if reason == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    elif reason == "quiet":
        console.loudness.quiet = True
    elif reason == "closed":
        terminal.close()
    else:
        monkeypatch.setattr(Terminal, "isatty", lambda _: False)
    assert not console.wanted()
