"""The parts of serve.py that need no LiteLLM: what it makes of .env, of a configuration, of a log; swaps of a fake."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.values import env_file
from tests.artifacts.fakes import KEY, clear, make_folder
from tests.core.values.test_env_file import SOUP
from tests.load import SERVE, serve_module

serve = serve_module()
CONFIG = Path("/gateway/litellm_config.yaml")
SHELL = {"PATH": "/bin", "HOME": "/home/ada", "LC_ALL": "C", "GATEWAY_DRAIN_SECONDS": "5"}


def test_a_bearer_is_made_for_every_variable_that_the_configuration_wants_one_of(tmp_path):
    config = tmp_path / "litellm_config.yaml"
    config.write_text("Authorization: os.environ/BEARER_GATEWAY_TOKEN\nx-other: os.environ/BEARER_MISSING\n")
    made = serve.worker_environment(SHELL, "GATEWAY_TOKEN='a b'\nOTHER=c\n", config)
    assert {name: value for name, value in made.items() if name.startswith("BEARER_")} == {
        "BEARER_GATEWAY_TOKEN": "Bearer a b"
    }


@given(SOUP)
def test_env_is_read_as_everywhere_else(text):
    found = serve.env_values(text)
    assert env_file.parse(text).items() <= found.items()
    assert found == {name: value for name, value in env_file._exported(text).items() if value is not None}


@pytest.mark.parametrize(
    "value", ["", "plain", "a b # c", "it is\t", 'say "hi"', "$HOME `x` $(y)", "é\x85", "#", " =", "sk-'", "a\\b"]
)
def test_every_value_that_is_written_is_read_back(value):
    try:
        line = f"NAME={env_file.quoted('NAME', value)}\n"
    except env_file.InvalidInput:
        return
    assert serve.env_values(line) == {"NAME": value}


def test_bytes_that_are_no_utf8_pass_through():
    text = b"A=\xff\n".decode("utf-8", "surrogateescape")
    assert os.fsencode(serve.env_values(text)["A"]) == b"\xff"


def test_of_the_shell_only_what_programs_need_is_passed_on():
    strays = {"ANTHROPIC_BASE_URL": "x", "HOST": "0.0.0.0", "PORT": "1", "OPENAI_API_KEY": "x", "GATEWAY_PROGRESS": "1"}
    made = serve.worker_environment(SHELL | strays | {"DATABASE_URL": "x", "PYTHONPATH": "x", "HOMES": "x"}, "", CONFIG)
    assert made.keys() - serve.DEFAULTS.keys() == {*SHELL, "CONFIG_FILE_PATH", "GRACEFUL_SHUTDOWN_TIMEOUT"}
    assert made["CONFIG_FILE_PATH"] == str(CONFIG)
    assert made["GRACEFUL_SHUTDOWN_TIMEOUT"] == "5"


def test_env_decides_except_where_the_gateway_would_call_itself():
    text = "LITELLM_LOG=DEBUG\nNO_DOCS=\nPATH=/opt/bin\nANTHROPIC_BASE_URL=http://127.0.0.1:4000\nANTHROPIC_API_KEY=k\n"
    made = serve.worker_environment(SHELL, text, CONFIG)
    assert (made["LITELLM_LOG"], made["NO_DOCS"], made["PATH"]) == ("DEBUG", "True", "/opt/bin")
    assert made["ANTHROPIC_API_KEY"] == "k"
    assert "ANTHROPIC_BASE_URL" not in made


@pytest.mark.parametrize(
    ("text", "upper", "lower"),
    [
        ("", "127.0.0.1,localhost", None),
        ("NO_PROXY=corp", "corp,127.0.0.1,localhost", None),
        ("no_proxy=corp", "127.0.0.1,localhost", "corp,127.0.0.1,localhost"),
    ],
)
def test_this_machine_is_never_reached_through_a_proxy(text, upper, lower):
    made = serve.worker_environment(SHELL, text, CONFIG)
    assert (made["NO_PROXY"], made.get("no_proxy")) == (upper, lower)


@pytest.mark.parametrize(("given", "seconds"), [("", 600), ("7", 7), ("0", 0), ("-1", 600), ("ten", 600), ("1e9", 600)])
def test_the_time_to_finish(given, seconds):
    assert serve.drain_seconds({"GATEWAY_DRAIN_SECONDS": given}) == seconds


def test_the_revision_is_the_digest_that_anybody_can_check(tmp_path):
    config = tmp_path / "litellm_config.yaml"
    config.write_bytes(b"model_list: []\n")
    assert serve.revision(config) == hashlib.sha256(b"model_list: []\n").hexdigest()[:12]


@pytest.mark.parametrize(
    ("host", "listens", "open_to_others"),
    [
        ("127.0.0.1", ["127.0.0.1"], False),
        ("::1", ["127.0.0.1", "::1"], False),
        ("192.0.2.7", ["127.0.0.1", "192.0.2.7"], True),
        ("0.0.0.0", ["0.0.0.0"], True),
        ("::", ["::"], True),
    ],
)
def test_this_machine_can_always_ask(host, listens, open_to_others):
    assert serve.addresses(host) == listens
    assert serve.exposed(host) == open_to_others


def test_a_digest_of_env_needs_the_word_and_is_the_same_on_both_sides():
    assert serve.keyed("word", b"A=1\n") == serve.keyed("word", b"A=1\n") != serve.keyed("other", b"A=1\n")
    assert len(serve.keyed("", b"")) == 12


@given(st.lists(st.sampled_from(["sk-0123456789", "sk-0123456789abc", "x", "\n"])).map("".join))
def test_no_secret_is_told(text):
    environment = {
        "A_KEY": "sk-0123456789",
        "OTHER_TOKEN": "sk-0123456789abc",
        "SHORT_KEY": "x",
        "PATH": "/usr/bin:/bin",
    }
    told = serve.hidden(text, environment)
    assert "0123" not in told
    assert told.count("x") == text.count("x")


def test_why_it_failed_is_found_in_the_log():
    log = """
    | LiteLLM: Proxy initialized
    | ERROR:    Traceback (most recent call last):
    |   File "/lib/yaml/parser.py", line 369, in parse_node
    |     raise ParserError(
    |           ^^^^^^^^^^^^
    | yaml.parser.ParserError: while parsing a flow node
    | expected the node content, but found '<stream end>'
    |   in "litellm_config.yaml", line 8, column 14
    |
    | ERROR:    Application startup failed. Exiting.
    """
    told = serve.told_by([line.strip()[2:] for line in log.splitlines()])
    assert not [line for line in told if "raise" in line or "^^" in line]
    assert serve.reason(told) == (
        "yaml.parser.ParserError: while parsing a flow node expected the node content, "
        "but found '<stream end>' in \"litellm_config.yaml\", line 8, column 14"
    )
    assert serve.reason(["something", "the end"]) == "the end"
    assert serve.reason([]) == "its output says why"


def test_colours_and_the_places_of_grouped_errors_are_no_part_of_why():
    log = [
        "\x1b[92m20:00:00 - LiteLLM\x1b[0m: loading",
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "/lib/x.py", line 3, in main',
        "  |     raise ValueError",
        "  | ExceptionGroup: two of them (2 sub-exceptions)",
        "\x1b[1;31mTraceback (most recent call last):\x1b[0m",
        '\x1b[35m  File "/lib/y.py", line 3, in main\x1b[0m',
        "    raise ValueError",
        "\x1b[1;31mValueError: no good\x1b[0m",
    ]
    told = serve.told_by(log)
    assert not [line for line in told if "\x1b" in line or "File" in line or "raise" in line]
    assert told[0] == "20:00:00 - LiteLLM: loading"
    assert serve.reason(told) == "ValueError: no good"


def test_a_log_is_kept_short_while_others_write_to_it(tmp_path):
    path, kept = tmp_path / "litellm.log", tmp_path / "litellm.log.1"
    with path.open("ab") as writer:
        log = serve.Log(path, writer.fileno())
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
        log = serve.Log(path, writer.fileno())
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
        log = serve.Log(path, writer.fileno())
    log.rotate(0)
    assert path.read_text() == "of another time\n"
    assert (log.size(), log.since(0)) == (0, [])


def test_a_private_file_is_whole_and_private(tmp_path):
    path = tmp_path / "gateway.status.json"
    path.write_text("old")
    path.chmod(0o644)
    (tmp_path / "gateway.status.json.new").write_text("left by one that was killed")
    serve.write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_python_without_uvicorn_is_named(tmp_path):
    (tmp_path / "uvicorn.py").write_text("raise ImportError\n")
    done = subprocess.run(
        [sys.executable, SERVE], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{sys.executable} has no uvicorn")


@pytest.fixture
def folder(tmp_path):
    """A gateway that runs, with a LiteLLM that takes a second to load."""
    made = make_folder(tmp_path)
    made.env(FAKE_DELAY="1")
    started = made.start()
    try:
        assert started.returncode == 0, started.stderr
        yield made
    finally:
        clear(made)


def served(folder) -> list[str]:
    """The models that it lists."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{folder.port}/v1/models", headers={"Authorization": f"Bearer {KEY}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return [each["id"] for each in json.load(answer)["data"]]


@pytest.mark.slow
def test_a_worker_is_not_started_by_another_program_than_the_supervisors(folder):
    before = folder.until(lambda now: now.get("state") == "serving")
    program = folder.path / "serve.py"
    program.write_bytes(program.read_bytes() + b"\n")
    os.kill(folder.pid, signal.SIGHUP)
    after = folder.until(lambda now: now["attempt"] > before["attempt"])
    assert (after["state"], after["reason"].partition(":")[0]) == ("failed", "serve.py is another one by now")
    assert after["worker"] == before["worker"]
    assert served(folder) == []


@pytest.mark.slow
def test_a_swap_that_is_asked_for_during_another_one_comes_after_it(folder):
    first = folder.until(lambda now: now.get("state") == "serving")["attempt"]
    os.kill(folder.pid, signal.SIGHUP)
    folder.until(lambda now: now["attempt"] > first)
    (folder.path / "litellm_config.yaml").write_text(
        "model_list:\n  - model_name: later\n    litellm_params: {model: openai/later}\n"
    )
    os.kill(folder.pid, signal.SIGHUP)
    after = folder.until(lambda now: now["state"] != "starting" and now["attempt"] == first + 2)
    assert after["state"] == "serving"
    assert served(folder) == ["later"]
