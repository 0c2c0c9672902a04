"""What a person sees: on the right stream, as that can show it; progress only on a terminal; tables of any width."""

import io
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.console import console


class Terminal(io.TextIOWrapper):
    def __init__(self, encoding="utf-8", tty=True):
        super().__init__(io.BytesIO(), encoding=encoding)
        self.tty = tty

    def isatty(self):
        return self.tty

    def shown(self):
        self.flush()
        return self.buffer.getvalue()


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", console.COMMAND):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(console, "loudness", console.Loudness())


@pytest.mark.parametrize(
    ("environ", "tty", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm"}, True, True),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colours_are_where_they_belong(monkeypatch, environ, tty, coloured):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    stream = Terminal(tty=tty)
    assert console.coloured(stream) is coloured
    assert ("\033[" in console.mark("ok", stream)) is coloured


@pytest.mark.parametrize("state", console.MARKS)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252", "koi8-r"])
def test_every_mark_can_be_shown_everywhere(state, encoding):
    shown = console.mark(state, Terminal(encoding, tty=False))
    shown.encode(encoding)
    assert shown.strip()


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_text_that_the_terminal_cannot_show_is_shown_as_far_as_it_can(monkeypatch, encoding):
    stream = Terminal(encoding, tty=False)
    monkeypatch.setattr(sys, "stdout", stream)
    console.tell("model ü 漢 \udcff end")
    assert stream.shown().startswith(b"model ")
    assert stream.shown().endswith(b" end\n")


def test_what_goes_on_and_what_was_asked_for_are_two_streams(capsys):
    console.say("progress", "ok")
    console.warn("careful")
    console.tell("data")
    out, err = capsys.readouterr()
    assert out == "data\n"
    assert [line.split()[-1] for line in err.splitlines()] == ["progress", "careful"]


def test_our_own_signs_have_a_likeness_in_ascii(monkeypatch):
    stream = Terminal("ascii", tty=False)
    monkeypatch.setattr(sys, "stdout", stream)
    console.tell("4000 → 4001 …")
    assert stream.shown() == b"4000 -> 4001 ...\n"


def test_quiet_leaves_warnings_failures_and_what_was_asked_for(capsys):
    console.loudness.quiet = True
    console.say("progress")
    console.say("done", "ok")
    console.warn("careful")
    console.say("no", "fail")
    console.tell("data")
    out, err = capsys.readouterr()
    assert out == "data\n"
    assert [line.split()[-1] for line in err.splitlines()] == ["careful", "no"]


def test_a_document_is_ascii_and_names_commands_as_they_are(monkeypatch, capsys):
    monkeypatch.setenv(console.COMMAND, 'python3 "x"/dodo.py')
    console.document({"remedy": "doit deploy ü"})
    assert capsys.readouterr().out == '{\n  "remedy": "doit deploy \\u00fc"\n}\n'


def test_warnings_can_be_kept_for_a_better_place(capsys):
    with console.kept_warnings() as kept:
        console.warn("careful")
    console.warn("loud")
    assert kept == ["careful"]
    assert "careful" not in capsys.readouterr().err


@pytest.mark.parametrize(("told", "columns"), [("60", 60), ("5", 20), ("0", None), ("x", None), ("", None)])
def test_the_width_is_what_columns_says(monkeypatch, told, columns):
    monkeypatch.setenv("COLUMNS", told)
    assert console.width(Terminal(tty=False)) == (columns or console.UNLIMITED)


def test_what_is_no_terminal_has_no_width(monkeypatch, capsys):
    console.say("word " * 100)
    assert len(capsys.readouterr().err.splitlines()) == 1
    monkeypatch.setenv("COLUMNS", "40")
    console.warn("word " * 20)
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 40
    assert all(line.startswith("    ") for line in lines[1:])


def test_a_line_is_folded_between_words_and_hangs():
    assert console.folded("  one two three four", 12) == "  one two\n    three\n    four"
    assert console.folded("a/path/that/cannot/be/folded is long", 12) == "a/path/that/cannot/be/folded\n  is long"
    assert console.folded("short\n\nlines", 12) == "short\n\nlines"


@given(st.text("ab \n", max_size=200), st.integers(20, 60))
def test_folding_keeps_every_word(text, columns):
    folded = console.folded(text, columns)
    assert folded.split() == text.split()
    if "\n" not in text:
        assert all(len(line) <= columns or " " not in line.strip() for line in folded.splitlines())


@given(st.text())
def test_names_from_elsewhere_cannot_act_on_the_terminal(text):
    shown = console.printable(text)
    assert all(c.isprintable() or c in "\n\t" for c in shown)
    assert shown == text or not text.isprintable()


def test_an_escape_sequence_is_shown_not_obeyed():
    assert console.printable("a\x1b[2Jb\r\u202ec") == "a\\x1b[2Jb\\r\\u202ec"


def test_commands_are_named_as_this_person_types_them(monkeypatch):
    assert console.as_typed("Undo: doit uninstall") == "Undo: doit uninstall"
    monkeypatch.setenv(console.COMMAND, "python3 dodo.py")
    assert console.as_typed("Run: doit start, not doit. Redoit x") == "Run: python3 dodo.py start, not doit. Redoit x"


@pytest.mark.parametrize("words", [["say"], ["tell"], ["tell", "again"]])
def test_a_reader_who_has_seen_enough_is_no_error(words):
    stream = "stderr" if words[0] == "say" else "stdout"
    code = f"from tasks.core.console import console\nfor n in range(30000): console.{words[0]}('line %d' % n)"
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ}, **{stream: subprocess.PIPE}) as process:
        pipe = getattr(process, stream)
        pipe.readline()
        pipe.close()
        assert process.wait(20) == 0


def test_a_closed_pipe_is_no_error_for_the_other_stream():
    code = "from tasks.core.console import console\nfor n in range(30000): console.tell('x')\nconsole.say('the end')"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b"the end\n"
        assert process.wait(20) == 0


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    stream = Screen()
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
        monkeypatch.setattr(Screen, "isatty", lambda _: False)
    assert not console.wanted()


ROWS = [("set", "env.A", "one two three four five six seven"), ("keep", "env.LONGER", "yours")]
WORDS = st.text("abcdefgh ", max_size=60).map(lambda text: " ".join(text.split()))


def test_columns_are_aligned_where_there_is_room():
    assert list(console.lines(ROWS, 100)) == [
        "set   env.A       one two three four five six seven",
        "keep  env.LONGER  yours",
    ]


def test_the_last_column_is_folded_below_itself():
    assert list(console.lines(ROWS, 45)) == [
        "set   env.A       one two three four five six",
        "                  seven",
        "keep  env.LONGER  yours",
    ]


def test_without_room_for_it_the_last_cell_stands_below_its_row():
    assert list(console.lines(ROWS, 34, 2)) == [
        "  set   env.A",
        "      one two three four five six",
        "      seven",
        "  keep  env.LONGER  yours",
    ]


def test_a_row_that_is_too_wide_even_so_loses_its_columns_first():
    row = ("a" * 9, "", "b" * 9, "the text")
    assert list(console.lines([row, ("c" * 20, "d" * 20, "e", "")], 24)) == [
        "a" * 9 + "  " + "b" * 9,
        "    the text",
        "c" * 20,
        "    " + "d" * 20,
        "    e",
    ]


def test_no_rows_are_no_lines():
    assert not list(console.lines([], 80))


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=5), st.integers(20, 90))
def test_no_word_is_lost_and_no_line_is_longer_than_its_longest_word_allows(rows, width):
    lines = list(console.lines(rows, width))
    assert " ".join(lines).split() == " ".join(" ".join(row) for row in rows).split()
    longest = max((len(word) for row in rows for cell in row for word in cell.split()), default=0)
    assert all(len(line) <= max(width, longest + 8) for line in lines)
