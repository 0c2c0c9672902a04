"""Whatever is typed wrongly gets one helpful answer, exit 3, and changes nothing."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--preset", "bsic"], "Did you mean basic?"),
        (["--preset", "basic", "--models", "gemini-3.5-flsh"], "Did you mean gemini-3.5-flash?"),
        (["--preset", "basic", "--models", "nothing-like-it"], "deepseek-v4.1-flash"),
        (["--preset", "enterprise"], "--gateway-url"),
        (["--gateway-type", "zuplo"], "--gateway-url"),
        (["--gateway-type", "kong"], "There are"),
        (["--port", "80"], "1024"),
        (["--port", "x"], "1024"),
        (["--gateway-url", "file:///etc/passwd"], "http"),
        (["--gateway-url", "https://user:pw@example.com"], "password"),
        (["--gateway-url", "https://exa mple.com"], "blank"),
        (["--gateway-url", "https://"], "host"),
        (["--target", "/tmp/../etc"], ".."),
        (["--sonnet", "codestral"], "not among the deployed"),
        (["--remove-models", "codestral"], "is not deployed"),
        (["--models="], "empty"),
        (["--nonsense"], "nonsense"),
        (["models=a"], "--models"),
    ],
)
def test_one_sentence_exit_3_nothing_changed(sandbox, words, says):
    result = sandbox.doit("deploy", *words)
    assert result.code == 3, result.text
    assert says in result.text
    assert "Traceback" not in result.text
    assert not sandbox.claude.exists()
    assert not (sandbox.project / "build" / "choices.json").exists()


def test_an_option_of_deploy_is_refused_by_other_steps(sandbox):
    assert sandbox.doit("render", "--models", "demo").code == 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["plan", "--presett", "demo"], "Did you mean --preset?"),
        (["status", "--jsn"], "Did you mean --json?"),
        (["history", "--jsn"], "Did you mean --json?"),
        (["models", "demo", "--jsn"], "Did you mean --json?"),
        (["validate", "--jsn"], "Did you mean --json?"),
        (["apply", "--nonsense", "x"], "There are --yes"),
        (["deploy", "--port"], "--port needs a value"),
        (["deploy", "--start=1"], "must not have an argument"),
        (["bench", "--runs", "many"], "--runs needs a whole number"),
        (["render", "-z"], "There are --quiet, --verbose"),
    ],
)
def test_a_wrong_option_is_one_sentence_with_those_that_there_are(sandbox, words, says):
    result = sandbox.doit(*words)
    assert result.code == 3, result.text
    assert says in result.err
    for internal in ("CmdOption", "parsing options", "Got:", "<class", "Traceback"):
        assert internal not in result.text
    assert len(result.err.splitlines()) < 8


def test_the_value_of_a_wrong_option_is_not_repeated(sandbox):
    assert "sk-mine" not in sandbox.doit("deploy", "--api-key=sk-mine-0123456789").text


def test_a_damaged_template_is_named_by_file_and_line_whatever_is_asked_for(sandbox):
    model = sandbox.project / "templates" / "models" / "codestral.yaml"
    model.write_text(model.read_text().replace("tier:", "teir:"))
    for words in (["deploy", "--preset", "demo"], ["deploy"], ["validate"]):
        result = sandbox.doit(*words)
        assert result.code == 4, result.text
        assert "templates/models/codestral.yaml:" in result.err
        assert "Traceback" not in result.text
    assert sandbox.doit("list").code == 0
