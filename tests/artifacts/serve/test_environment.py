"""What a worker finds in its environment: .env as everywhere else, little of the shell, no loops."""

import os
from pathlib import Path

import pytest
from hypothesis import given

from serve import environment
from tasks.core.values import env_file
from tests.core.values.test_env_file import SOUP

CONFIG = Path("/gateway/litellm_config.yaml")
SHELL = {"PATH": "/bin", "HOME": "/home/ada", "LC_ALL": "C", "GATEWAY_DRAIN_SECONDS": "5"}


@given(SOUP)
def test_env_is_read_as_everywhere_else(text):
    found = environment.env_values(text)
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
    assert environment.env_values(line) == {"NAME": value}


def test_bytes_that_are_no_utf8_pass_through():
    text = b"A=\xff\n".decode("utf-8", "surrogateescape")
    assert os.fsencode(environment.env_values(text)["A"]) == b"\xff"


def test_of_the_shell_only_what_programs_need_is_passed_on():
    strays = {"ANTHROPIC_BASE_URL": "x", "HOST": "0.0.0.0", "PORT": "1", "OPENAI_API_KEY": "x", "GATEWAY_PROGRESS": "1"}
    made = environment.worker_environment(
        SHELL | strays | {"DATABASE_URL": "x", "PYTHONPATH": "x", "HOMES": "x"}, "", CONFIG
    )
    assert made.keys() - environment.DEFAULTS.keys() == {*SHELL, "CONFIG_FILE_PATH", "GRACEFUL_SHUTDOWN_TIMEOUT"}
    assert made["CONFIG_FILE_PATH"] == str(CONFIG)
    assert made["GRACEFUL_SHUTDOWN_TIMEOUT"] == "5"


def test_env_decides_except_where_the_gateway_would_call_itself():
    text = "LITELLM_LOG=DEBUG\nNO_DOCS=\nPATH=/opt/bin\nANTHROPIC_BASE_URL=http://127.0.0.1:4000\nANTHROPIC_API_KEY=k\n"
    made = environment.worker_environment(SHELL, text, CONFIG)
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
    made = environment.worker_environment(SHELL, text, CONFIG)
    assert (made["NO_PROXY"], made.get("no_proxy")) == (upper, lower)


def test_a_bearer_is_made_for_every_variable_that_the_configuration_wants_one_of(tmp_path):
    config = tmp_path / "litellm_config.yaml"
    config.write_text("Authorization: os.environ/BEARER_GATEWAY_TOKEN\nx-other: os.environ/BEARER_MISSING\n")
    made = environment.worker_environment(SHELL, "GATEWAY_TOKEN='a b'\nOTHER=c\n", config)
    assert {name: value for name, value in made.items() if name.startswith("BEARER_")} == {
        "BEARER_GATEWAY_TOKEN": "Bearer a b"
    }


@pytest.mark.parametrize(("given", "seconds"), [("", 600), ("7", 7), ("0", 0), ("-1", 600), ("ten", 600), ("1e9", 600)])
def test_the_time_to_finish(given, seconds):
    assert environment.drain_seconds({"GATEWAY_DRAIN_SECONDS": given}) == seconds


def test_a_configuration_that_cannot_be_read_wants_no_bearers(tmp_path):
    assert environment.bearers(tmp_path / "gone.yaml") == set()


def test_what_is_started_within_has_that_environment_and_this_process_its_own_again(monkeypatch):
    monkeypatch.setenv("MINE", "1")
    before = dict(os.environ)

    def fail_within():
        with environment.use_environment({"ONLY": "2"}):
            assert dict(os.environ) == {"ONLY": "2"}
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_within()
    assert dict(os.environ) == before
