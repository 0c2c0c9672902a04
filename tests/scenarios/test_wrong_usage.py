"""Whatever is typed wrongly gets one helpful answer, exit 3, and changes nothing."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--preset", "bsic"], "Did you mean basic?"),
        (["--preset", "basic", "--models", "gemini-3.5-flsh"], "Did you mean gemini-3.5-flash?"),
        (["--preset", "basic", "--models", "nothing-like-it"], "deepseek-v4.1-flash"),
        (["--preset", "enterprise"], "not there yet"),
        (["--preset", "multi-provider"], "not there yet"),
        (["--preset", "proxy"], "not there yet"),
        (["--gateway-type", "zuplo"], "not there yet"),
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


def test_a_damaged_template_is_named_by_file_and_line_whatever_is_asked_for(sandbox):
    model = sandbox.project / "templates" / "models" / "codestral.yaml"
    model.write_text(model.read_text().replace("tier:", "teir:"))
    for words in (["deploy", "--preset", "demo"], ["deploy"], ["validate"]):
        result = sandbox.doit(*words)
        assert result.code == 4, result.text
        assert "templates/models/codestral.yaml:" in result.err
        assert "Traceback" not in result.text
    assert sandbox.doit("list").code == 0
