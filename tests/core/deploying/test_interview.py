"""What a conversation leaves behind: answers as if they had been options, and the command that says the same."""

import pytest

from tasks.core.deploying import interview
from tasks.core.deploying.context import Asked
from tasks.core.model.choices import Choices, Flags
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.model.secret import Secret
from tasks.core.values.environment import Finding


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Nothing deployed, nothing chosen, nothing in the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CLAUDE_CONFIG_DIR", "GATEWAY_TOKEN", "ANTHROPIC_AUTH_TOKEN", "VERTEX_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    made = Asked()
    made._choices, made.layout = Choices(), Layout.of({"HOME": str(tmp_path)}, project=PROJECT)
    return made


def test_an_answer_counts_like_an_option_and_what_was_worked_out_before_is_forgotten(asked):
    assert asked.deployment.preset.id == "demo"
    asked.answer({"preset": "enterprise", "gateway_url": "https://gw.example.com/v1/"})
    assert asked.deployment.url == "https://gw.example.com"
    assert asked.findings["GATEWAY_TOKEN"].value is None
    asked.answer(values={"GATEWAY_TOKEN": Finding("GATEWAY_TOKEN", Secret("token-0123456789"), "what was typed")})
    assert asked.values["GATEWAY_TOKEN"].reveal() == "token-0123456789"
    asked.answer(start=True)
    assert asked.flags == Flags(start=True)
    assert asked.values["GATEWAY_TOKEN"].reveal() == "token-0123456789"


def test_the_command_holds_choices_and_flags_and_no_values(asked):
    asked.answer({"preset": "basic", "models": "codestral"}, start=True, yes=True)
    told = interview.command(asked)
    assert told == "doit deploy --preset basic --models codestral --start --yes --no-input"
    asked.answer({"target": "/somewhere/with a blank"})
    assert "'/somewhere/with a blank'" in interview.command(asked)


def test_whatever_stops_it_ends_with_a_sentence(capsys):
    for error, code in ((KeyboardInterrupt(), 130), (EOFError(), 130)):
        with pytest.raises(SystemExit) as ended, interview.ending():
            raise error
        assert ended.value.code == code
        assert "Nothing was changed." in capsys.readouterr().err
