"""Whatever is typed wrongly gets one helpful answer, exit 3, and changes nothing."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.sample(6)


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
        (["--start", "X=1"], "'X=…' is not an option"),
        (["--header", "x-realm Zm9v=="], "of the form 'Name: value'"),
    ],
)
def test_one_sentence_exit_3_nothing_changed(sandbox, words, says):
    result = sandbox.doit("deploy", *words)
    assert result.code == 3, result.text
    assert says in result.text
    assert "Traceback" not in result.text
    assert not sandbox.claude.exists()
    assert not (sandbox.workshop / "choices.json").exists()


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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lint", "no=such.yaml"], "no=such.yaml"),
        (["explain", "--message", "Invalid model name passed in model=X"], "does not serve that model"),
        (["models=a", "deploy"], "write --models"),
        (["X=1"], "'X=…' is not an option"),
        (["status", "X=1"], "'X=…' is not an option"),
        (["plan", "models=a"], "write --models"),
    ],
)
def test_a_word_with_an_equals_sign_is_heard(sandbox, words, says):
    result = sandbox.doit(*words)
    assert says in result.text
    assert result.code == {"explain": 0, "lint": 4}.get(words[0], 3), result.text
    assert "Traceback" not in result.text


def test_values_with_an_equals_sign_are_deployed(sandbox):
    folder = sandbox.home / "k=v"
    folder.mkdir()
    (folder / "tok").write_text("t=k-0123456789==")
    sandbox.deploy(
        *("--preset", "enterprise", "--gateway-url", "https://gw.example.com/a=b"),
        *("--header", "x-realm: Zm9v==", "--token-file", str(folder / "tok")),
    )
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"] == "https://gw.example.com/a=b"
    assert "Zm9v==" in sandbox.env_json()["ANTHROPIC_CUSTOM_HEADERS"]
    assert sandbox.env_json()["ANTHROPIC_AUTH_TOKEN"] == "t=k-0123456789=="


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


@pytest.mark.parametrize("words", [["models", "--help"], ["models", "-h"], ["run", "models", "--json", "--help"]])
def test_help_behind_a_name_is_the_help_on_it(sandbox, words):
    asked = sandbox.doit(*words)
    assert (asked.code, asked.err) == (0, "")
    assert asked.out == sandbox.doit("help", "models").out
    assert "--check" in asked.out


@pytest.mark.parametrize(("word", "near"), [("depoly", "deploy"), ("render:x", "render"), ("qqq", "")])
def test_a_name_that_is_none_is_told_with_the_nearest(sandbox, word, near):
    asked = sandbox.doit(word)
    assert (asked.code, asked.out) == (3, "")
    assert word in asked.err
    assert (f"Did you mean {near}?" in asked.err) == bool(near)
    assert "Traceback" not in asked.err


def test_a_pattern_and_a_target_are_names_too(sandbox):
    assert sandbox.doit("choos*").code == 0
    assert sandbox.doit(str(sandbox.workshop / "choices.json")).code == 0
