"""What may surprise of a deployment."""

import pytest

from tasks.core.deploying import caveats
from tasks.core.disk import files


def doubts(asked):
    return "\n".join(caveats.find_model_caveats(asked.deployment))


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


@pytest.mark.parametrize(("auth", "told"), [(None, True), ("x-api-key", True), ("apikeyhelper", False)])
def test_a_token_that_others_could_read_is_told(asked_for, monkeypatch, auth, told):
    asked = asked_for(preset="enterprise", gateway_type="custom", gateway_url="https://gateway.example.com", auth=auth)
    monkeypatch.setenv("GATEWAY_TOKEN", "tk-0123456789")
    monkeypatch.setattr(files, "open_to_others", lambda path: path == asked.layout.settings)
    assert any(str(asked.layout.settings) in text for text in caveats.find_caveats(asked)) == told


def test_what_the_network_lacks_is_told_in_a_plan_too(asked_for, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    asked = asked_for(preset="proxy", proxy="http://proxy.example.com:3128")
    assert any("10.0.0.0/8" in text for text in caveats.find_caveats(asked))
