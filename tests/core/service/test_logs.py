"""The log: what of it says why something failed, when its lines were written, and following it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tasks.core.model.errors import UsageError
from tasks.core.service import logs
from tests.core.places import layout_in

KEY = "sk-0123456789abcdef0123456789abcdef"


@pytest.fixture
def layout(tmp_path):
    made = layout_in(tmp_path)
    made.env_file.write_text(f"LITELLM_MASTER_KEY={KEY}\n")
    return made


def test_the_last_lines_are_shown_without_secrets_and_colours(layout, capsys):
    lines = [*map(str, range(100)), "", f"\x1b[31mkey {KEY}\x1b[0m", "a\x07b"]
    error = logs.failure(layout, "it ended", lines, remedy="Look.")
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == logs.SHOWN
    assert shown[-2:] == ["  | key [hidden]", "  | a\\x07b"]
    assert str(error) == "it ended: a\\x07b\n  Look."


def test_what_they_mean_is_said_where_it_is_known(layout):
    lines = ["x", "yaml.parser.ParserError: expected", "the end"]
    error = logs.failure(layout, "it ended", lines, remedy="Look.")
    assert error.problem == "it ended: litellm_config.yaml is empty or not valid"
    assert error.remedy.endswith(" Look.")
    assert "doit rollback" in error.remedy
    error = logs.failure(layout, "it ended", lines, "it is broken")
    assert error.problem == "it ended: it is broken"
    assert error.remedy.startswith("That means: litellm_config.yaml is empty or not valid.")


def test_a_log_that_says_nothing(layout):
    assert "it has said nothing" in str(logs.failure(layout, "it ended", []))


LATEST = datetime(2026, 11, 25, 0, 10, 5).astimezone()


def clock(lines, latest=LATEST):
    return [at.strftime("%d %H:%M:%S") for at in logs.times(lines, latest)]


def test_lines_without_a_time_belong_to_the_line_before():
    lines = [
        "00:10:01 - LiteLLM Proxy:ERROR: x.py:1 - bad",
        "Traceback (most recent call last):",
        "  File",
        "00:10:02 - b",
    ]
    assert clock(lines) == ["25 00:10:01"] * 3 + ["25 00:10:02"]


def test_those_above_all_others_belong_to_the_first():
    assert clock(["LiteLLM: Proxy initialized", "00:10:01 - a"]) == ["25 00:10:01"] * 2
    assert clock(["nothing", "at all"]) == ["25 00:10:05"] * 2
    assert clock([]) == []


def test_a_time_of_day_is_the_last_one_that_can_be_meant():
    lines = ["23:00:00 - a", "01:00:00 - b", "23:59:59 - c", "00:10:05 - d"]
    assert clock(lines) == ["23 23:00:00", "24 01:00:00", "24 23:59:59", "25 00:10:05"]


def test_lines_that_are_not_quite_in_order_stay_on_their_day():
    lines = ["00:00:01 - a", "23:59:59 - of another thread", "00:00:02 - c", "00:00:01 - d", "00:00:03 - e"]
    assert clock(lines) == ["25 00:00:01", "24 23:59:59", "25 00:00:02", "25 00:00:01", "25 00:00:03"]
    assert clock(["00:10:06 - a clock that is finer than that of the file"]) == ["25 00:10:06"]


def test_a_day_that_is_told_counts():
    lines = ["12:00:00 - a", "2026-11-20 13:00:00 gateway: worker 7 serves", "14:00:00 - b"]
    assert clock(lines) == ["20 12:00:00", "20 13:00:00", "24 14:00:00"]


@pytest.mark.parametrize(
    "line",
    [
        '{"message": "x", "level": "ERROR", "timestamp": "2026-11-24T10:20:30.123456", "component": "LiteLLM"}',
        "\x1b[92m2026-11-24 10:20:30 - LiteLLM\x1b[0m: x",
    ],
)
def test_colours_and_json_are_looked_through(line):
    assert clock([line]) == ["24 10:20:30"]


@pytest.mark.parametrize("line", ["99:99:99 - x", "2026-13-40 10:00:00 x", "at 10:00:00", "10:00:001", ""])
def test_what_is_no_time_is_none(line):
    assert clock([line]) == ["25 00:10:05"]


def test_bytes_become_lines_only_at_line_ends():
    assert logs.lines_of(b"") == []
    assert logs.lines_of(b"a\r\n\xff\x0bb\xe2\x80\xa8c\n\nd") == ["a", "\ufffd\x0bb\u2028c", "", "d"]


def test_a_follower_gives_whole_lines_once(tmp_path):
    path = tmp_path / "litellm.log"
    log = logs.Follower(path)
    assert log.lines() == []
    path.write_bytes(b"one\ntw")
    assert log.lines() == ["one"]
    with path.open("ab") as file:
        file.write(b"o\n\nthree\n")
    assert log.lines() == ["two", "", "three"]
    assert log.lines() == []


def copied(path):
    logs.before(path).write_bytes(path.read_bytes())
    with path.open("r+b") as file:
        file.truncate(0)


def moved(path):
    path.rename(logs.before(path))
    path.touch()


@pytest.mark.parametrize("rotate", [copied, moved])
def test_no_line_is_lost_when_the_log_starts_anew(tmp_path, rotate):
    path = tmp_path / "litellm.log"
    path.write_bytes(b"one\n")
    log = logs.Follower(path)
    log.lines()
    with path.open("ab") as file:
        file.write(b"two\nthr")
    rotate(path)
    with path.open("ab") as file:
        file.write(b"ee\nfour\n")
    assert log.lines() == ["two", "three", "four"]
    with path.open("ab") as file:
        file.write(b"five\n")
    assert log.lines() == ["five"]


def test_a_log_that_was_taken_away_is_waited_for(tmp_path):
    path = tmp_path / "litellm.log"
    path.write_bytes(b"one\n")
    log = logs.Follower(path)
    log.lines()
    path.unlink()
    assert log.lines() == []
    path.write_bytes(b"new\n")
    assert log.lines() == ["new"]


def test_when_it_was_written(tmp_path):
    path = tmp_path / "litellm.log"
    now = datetime.now().astimezone()
    assert logs.written(path) - now < timedelta(minutes=1)
    path.touch()
    assert abs(logs.written(path) - now) < timedelta(minutes=1)


NOW = datetime(2026, 11, 25, 12, 0, 0).astimezone()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10m", NOW - timedelta(minutes=10)),
        ("2h", NOW - timedelta(hours=2)),
        ("1d", NOW - timedelta(days=1)),
        ("90s", NOW - timedelta(seconds=90)),
        ("2026-11-25T11:30", NOW - timedelta(minutes=30)),
        ("2026-11-25 11:30:00", NOW - timedelta(minutes=30)),
    ],
)
def test_a_time_can_be_said_in_two_ways(text, wanted):
    assert logs.parse_moment(text, NOW) == wanted


@pytest.mark.parametrize("text", ["", "10", "m", "-5m", "yesterday", "1w", "9999999m", "2026-13-01"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError):
        logs.parse_moment(text, NOW)
