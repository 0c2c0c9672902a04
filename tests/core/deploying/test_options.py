"""The options of a command line: over what is remembered, over what is deployed, over the embedded default."""

import json

import pytest
from doit.exceptions import InvalidCommand

from tasks.core.deploying.options import resolve_options
from tasks.core.model.choices import Choices
from tasks.deploy import OPTIONS


def settle(**typed):
    defaults = {option["name"]: option["default"] for option in OPTIONS}
    assert set(typed) <= set(defaults)
    return resolve_options({**defaults, **typed})


def remember(checkout, data):
    checkout.choices.write_text(json.dumps({"choices": data, "over": "0 ", "kept": True}))


def test_nothing_typed_and_nothing_remembered_is_the_embedded_default(checkout):
    assert settle().request.choices == Choices("demo")


def test_what_is_typed_goes_over_what_is_remembered(checkout):
    remember(checkout, {"preset": "basic", "port": 4100, "models": ["codestral"]})
    assert settle(port="4200").request.choices == Choices("basic", models=("codestral",), port=4200)
    assert settle().request.choices == Choices("basic", models=("codestral",), port=4100)


@pytest.mark.parametrize(
    "typed",
    [
        {"preset": "bsic"},
        {"preset": "enterprise"},
        {"models": "nothing"},
        {"port": "80"},
        {"gateway_url": "https://u:p@h"},
        {"target": "/a/../b"},
        {"sonnet": "codestral"},
        {"remove_models": "codestral"},
        {"ours": True, "theirs": True},
    ],
)
def test_what_cannot_be_meant_ends_with_one_sentence_before_anything_runs(checkout, typed):
    with pytest.raises(InvalidCommand) as refused:
        settle(**typed)
    assert str(refused.value)
    assert "secret" not in str(refused.value)
    assert list(checkout.workshop.iterdir()) == []


def test_a_wrong_name_to_force_ends_with_a_sentence_too(checkout):
    with pytest.raises(InvalidCommand):
        settle(force="A B")


def test_models_are_added_and_removed_from_those_of_the_preset(checkout):
    made = settle(preset="basic", add_models="codestral,qwen3-coder-480b", remove_models="gemini-3.5-flash")
    assert "gemini-3.5-flash" not in made.request.choices.models
    assert made.request.choices.models[-1] == "qwen3-coder-480b"
    assert list(made.request.choices.models).count("codestral") == 1


def test_removing_a_model_frees_its_tier(checkout):
    remember(checkout, {"preset": "basic", "haiku": "codestral"})
    made = settle(remove_models="codestral")
    assert made.request.choices.haiku is None
    assert made.deployment.tiers["haiku"].id != "codestral"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("there", "{tmp}/here/there"), ("~/there", "{tmp}/home/there"), ("/a/./b//c", "/a/b/c"), ("/a b/ü", "/a b/ü")],
)
def test_paths_are_meant_from_where_they_were_typed(checkout, tmp_path, typed, meant):
    for option in ("target", "litellm"):
        assert getattr(settle(**{option: typed}).request.choices, option) == meant.format(tmp=tmp_path)


def test_a_target_moves_the_gateway(checkout, tmp_path):
    assert settle(target="/there").layout.gateway.as_posix() == "/there"


def test_flags_are_of_this_run_and_are_not_remembered(checkout):
    made = settle(start=True, dry_run=True, force="lite,bifrost")
    assert (made.request.flags.start, made.request.flags.dry_run, made.request.flags.yes, made.request.flags.force) == (
        True,
        True,
        False,
        ("lite", "bifrost"),
    )
    assert made.request.choices.to_json() == {"preset": "demo"}
