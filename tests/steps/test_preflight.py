"""preflight: what is missing, doubtful or in the way, all at once, before anything is written."""

import pytest

from tasks import preflight
from tasks.core.disk import files
from tasks.core.model.choices import Flags
from tasks.core.model.errors import Conflict, GatewayError, InvalidInput
from tasks.core.model.secret import Secret
from tasks.core.values.environment import Finding


@pytest.mark.parametrize(
    ("found", "secret", "says"),
    [
        (Finding("A", "v", "the environment"), False, "v, from the environment"),
        (Finding("A", Secret("sk-x"), ".env"), True, "set, from .env"),
        (Finding("A", "v", "~/.zshrc", "ALIAS"), False, "v, from ~/.zshrc (as ALIAS)"),
        (Finding("A", None, "generated"), True, "made for this gateway"),
        (Finding("A", None, "nowhere", note="x is a placeholder"), False, "not found (x is a placeholder)"),
        (Finding("A", "a\x1b[2J", "x"), False, "a\\x1b[2J, from x"),
    ],
)
def test_where_a_value_comes_from_is_said_and_no_secret_is(found, secret, says):
    assert preflight.shown(found, secret=secret) == says


def test_a_secret_that_was_not_wrapped_is_hidden_all_the_same():
    assert "sk-x" not in preflight.shown(Finding("A", "sk-x", ".env"), secret=True)


def doubts(asked):
    return "\n".join(preflight.doubts(asked.deployment))


def test_a_model_past_its_end_is_told_with_its_successor(asked_for):
    text = doubts(asked_for(preset="basic", models=("gemini-2.5-flash", "gemini-3.5-flash")))
    assert "gemini-2.5-flash was to end on" in text
    assert "gemini-3.5-flash takes its place" in text


def test_a_tier_that_cannot_call_tools_is_told_with_its_option(asked_for):
    known = asked_for().deployment
    assert known.answered_here
    assert doubts(asked_for()) == ""  # the demo only answers
    asked = asked_for(preset="basic")
    without = [model.id for model in asked.deployment.models if model.tools != "yes"]
    if not without:
        pytest.skip("every model of the preset can call tools")
    assert "--haiku" in doubts(asked_for(preset="basic", haiku=without[0]))


def test_a_place_that_is_not_there_yet_is_fine(layout):
    preflight.placed(layout)
    assert not layout.gateway.exists()


def test_a_file_in_the_way_is_told(layout):
    layout.claude.write_text("x")
    with pytest.raises(GatewayError, match="not a directory") as refused:
        preflight.placed(layout)
    assert "--target" in refused.value.remedy


def test_a_full_disk_is_told_before_anything_is_written(layout, monkeypatch):
    monkeypatch.setattr(files, "LEAST_SPACE", 1 << 62)
    with pytest.raises(GatewayError, match="free"):
        preflight.placed(layout)


def test_a_place_that_may_not_be_written_is_told(layout, monkeypatch):
    monkeypatch.setattr(preflight.os, "access", lambda *_: False)
    with pytest.raises(GatewayError, match="may not be written"):
        preflight.placed(layout)


@pytest.mark.parametrize("text", [b"{", b"[]", b"null", b'{"env": 5}', b'{"a": 1,}', b"\xff"])
def test_settings_that_cannot_be_edited_are_refused_with_their_place(layout, text):
    layout.claude.mkdir()
    layout.settings.write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        preflight.readable(layout)
    assert str(layout.settings) in str(refused.value)
    assert layout.settings.read_bytes() == text


def test_settings_that_lead_in_a_circle_are_a_conflict(layout):
    layout.claude.mkdir()
    layout.settings.symlink_to("settings.json")
    with pytest.raises(Conflict):
        preflight.readable(layout)


@pytest.mark.parametrize("text", [None, b"{}", b'\xef\xbb\xbf{"env": {}}'])
def test_settings_that_can_be_edited_are_fine(layout, text):
    layout.claude.mkdir()
    if text is not None:
        layout.settings.write_bytes(text)
    preflight.readable(layout)


def test_all_that_is_missing_is_told_at_once_with_how_to_get_it(asked_for, monkeypatch, capsys):
    asked = asked_for(preset="basic")
    for name in ("VERTEX_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(GatewayError) as refused:
        preflight.complete(asked)
    for name in ("VERTEX_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS", "--allow-missing"):
        assert name in str(refused.value)
    assert refused.value.exit_code == 1


def test_it_goes_on_without_when_that_was_agreed_to(asked_for, monkeypatch, capsys):
    asked = asked_for(Flags(allow_missing=True), preset="basic")
    monkeypatch.delenv("VERTEX_PROJECT")
    preflight.complete(asked)
    assert "VERTEX_PROJECT" in capsys.readouterr().err


def test_what_it_looks_at_is_a_fact_and_the_run_is_not(asked_for, credentials, monkeypatch):
    known = preflight.facts(asked_for(preset="basic"))
    assert preflight.facts(asked_for(Flags(start=True), preset="basic")) == known
    assert preflight.facts(asked_for(preset="basic", port=4567)) != known
    asked = asked_for(preset="basic")
    monkeypatch.setenv("VERTEX_PROJECT", "other-project")
    assert preflight.facts(asked) != known


def test_no_secret_is_shown_by_its_facts(asked_for):
    assert "sk-tests" not in repr(preflight.facts(asked_for()))


@pytest.mark.parametrize(("auth", "told"), [(None, True), ("x-api-key", True), ("apikeyhelper", False)])
def test_a_token_that_others_could_read_is_told(asked_for, monkeypatch, auth, told):
    asked = asked_for(preset="enterprise", gateway_type="custom", gateway_url="https://gateway.example.com", auth=auth)
    monkeypatch.setenv("GATEWAY_TOKEN", "tk-0123456789")
    monkeypatch.setattr(files, "open_to_others", lambda path: path == asked.layout.settings)
    assert any(str(asked.layout.settings) in text for text in preflight.surprises(asked)) == told


def test_what_the_network_lacks_is_told_in_a_plan_too(asked_for, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    asked = asked_for(preset="proxy", proxy="http://proxy.example.com:3128")
    assert any("10.0.0.0/8" in text for text in preflight.surprises(asked))
