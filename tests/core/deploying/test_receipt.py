"""What a deployment prints at its end."""

import json

import pytest

from tasks.core.console.summary import Summary
from tasks.core.deploying import receipt, situation
from tasks.core.model.choices import Flags
from tests.core.places import manifest_of


def test_one_line_when_nothing_had_to_change(asked_for, layout, capsys):
    summary = Summary()
    receipt.report(asked_for(), summary)
    assert "Nothing to do: demo" in capsys.readouterr().err
    summary.log = layout.deployment_log
    receipt.report(asked_for(), summary)
    assert "Nothing had to change: demo" in capsys.readouterr().err


def test_it_says_what_where_and_how_to_undo_it(asked_for, layout, capsys):
    layout.gateway.mkdir(parents=True)
    summary = Summary()
    summary.written, summary.kept = ["litellm_config.yaml"], ["start-gateway.sh (your edits)"]
    texts = {}
    for number in (1, 2):
        layout.manifest.write_text(json.dumps(manifest_of({}, number).to_json()))
        receipt.report(asked_for(preset="basic"), summary)
        texts[number] = capsys.readouterr().out
    for part in (str(layout.gateway), "gemini-3.5-flash", "http://127.0.0.1:4000", "your edits", "doit uninstall"):
        assert part in texts[1]
    assert "doit rollback" not in texts[1]
    assert "doit rollback" in texts[2]


def test_what_comes_next_works_with_what_is_there(asked_for, monkeypatch):
    monkeypatch.setattr(situation.litellm, "find", lambda *_: None)
    assert next(iter(receipt.describe_next_steps(asked_for()))) == "Next:  doit deploy --start --yes"
    monkeypatch.setattr(situation.litellm, "find", lambda *_: "found")
    assert next(iter(receipt.describe_next_steps(asked_for()))) == "Next:  doit start"


def last_lines(asked, layout, capsys, **flags):
    """The lines of a receipt that begin with a word and a colon."""
    layout.gateway.mkdir(parents=True)
    layout.manifest.write_text(json.dumps(manifest_of({}, 1).to_json()))
    summary = Summary()
    summary.written = ["litellm_config.yaml"]
    summary.heard = flags.pop("heard", None)
    receipt.report(asked(Flags(**flags)), summary)
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if ": " in line and not line.startswith(" ")]


@pytest.mark.parametrize("colours", [False, True])
def test_it_ends_with_what_works_what_is_next_and_how_to_undo_it(asked_for, layout, capsys, monkeypatch, colours):
    monkeypatch.setenv("FORCE_COLOR" if colours else "NO_COLOR", "1")
    lines = last_lines(asked_for, layout, capsys)
    plain = [line.replace("\033[1m", "").replace("\033[0m", "") for line in lines]
    assert [line.partition(" ")[0] for line in plain] == ["Works:", "Next:", "Undo:"]
    assert [line.startswith("\033[1m") for line in lines] == [colours] * 3


def test_it_does_not_promise_an_answer_before_the_gateway_runs(asked_for, layout, capsys):
    assert "claude waits" in last_lines(asked_for, layout, capsys)[0]


def test_an_answer_that_was_heard_is_what_works(asked_for, layout, capsys):
    lines = last_lines(asked_for, layout, capsys, start=True, heard=["demo says: hello"])
    assert "answered" in lines[0]
    assert lines[1].startswith("Next:  run claude")


def test_the_keys_of_the_settings_are_one_line(asked_for, layout, capsys):
    summary = Summary()
    summary.settings = "settings.json"
    summary.written = ["serve.py", *(f"settings.json env.KEY_{number}" for number in range(14))]
    summary.restored = ["settings.json env.MINE"]
    text = "\n".join(summary.lines())
    assert "14 settings in settings.json" in text
    assert "KEY_3" not in text
    assert "settings.json env.MINE" in text, "what was the user's is named"
