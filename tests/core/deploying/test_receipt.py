"""What a deployment prints at its end."""

import json

from tasks.core.console.summary import Summary
from tasks.core.deploying import receipt, situation
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
    lines = list(receipt.describe_next_steps(asked_for()))
    assert lines[0] == "Next:  doit start"
    assert "claude waits" in lines[1]
