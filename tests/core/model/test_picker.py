"""Which models are in Claude Code's list, what is said of them, and what is asked of all."""

from __future__ import annotations

import json

import pytest

from tasks.core.model import picker
from tasks.core.model.catalogue import Setting, name_entry
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import Deployment, settle
from tests.core.model.test_deployment import GATEWAY, KNOWN, model
from tests.core.model.test_upstream import several

SINCE = "2.1.330"
OPTIONS = ("modelPicker", "options")
LINEUP = Setting(OPTIONS, fact="lineup", since=SINCE)
SMALL = {"input_tokens": 65_000, "output_tokens": 4_000}


def deployed(*models, **chosen) -> Deployment:
    known = {each.id: each for each in models}
    gateways = {**KNOWN.gateways, "local": GATEWAY}
    catalogue = KNOWN._replace(models={**KNOWN.models, **known}, gateways=gateways)
    return settle(Choices("basic", models=tuple(known), **chosen), catalogue)


def rows(deployment: Deployment, **setting) -> list[dict[str, str]]:
    return [json.loads(each.json) for each in picker.expand(LINEUP._replace(**setting), deployment)]


def caps(fact: str, deployment: Deployment) -> list[tuple[str, str | None, str | None]]:
    setting = Setting(("env", "X"), fact=fact, since=SINCE)
    return [(each.text, each.since, each.until) for each in picker.expand(setting, deployment)]


def test_the_models_of_the_tiers_come_first_and_each_is_named_once():
    two = deployed(model("a"), model("b", tier="opus"), model("c", tier="haiku"), sonnet="c")
    assert [row["model"] for row in rows(two)] == ["b", "c", "a"]
    (first, *_) = picker.expand(LINEUP, two)
    assert first.path == (*OPTIONS, name_entry("b"))
    assert (first.since, first.fact) == (SINCE, None)


def test_a_row_says_what_the_model_costs_takes_and_cannot_do():
    limits = {"input_tokens": 131_072, "output_tokens": 2_048}
    mute = model("mute", tools="no", limits=limits, behaves_as="claude-3-5-haiku")
    (row,) = rows(deployed(mute))
    assert (row["label"], row["behavesAs"]) == (mute.name, "claude-3-5-haiku")
    for said in ("opus, sonnet, haiku", "131k", "$1", "$2", "2,048", "no tools", "no pictures"):
        assert said in row["description"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"prices": {"input": 0, "output": 0}}, "free"),
        ({"tools": "unknown"}, "untested"),
        ({"limits": {"input_tokens": 1_048_576, "output_tokens": 9_000}}, "1M"),
    ],
)
def test_what_is_said_of_others(more, said):
    (row,) = rows(deployed(model("one", **more)))
    assert said in row["description"]


def test_nothing_is_said_of_what_is_not_known():
    (row,) = rows(deployed(model("one", prices={}, vision=True, reasoning=True)))
    assert row["description"] == "opus, sonnet, haiku · 200k context"
    assert "behavesAs" not in row


@pytest.mark.parametrize(
    ("name", "is_shown"),
    [
        ("my-claude-sonnet-4-5", False),
        ("claude-sonnet-4.5-v2", False),
        ("claude-sonnet-4-20250514", False),
        ("claude-sonnet-4-6", True),
        ("claude-sonnet-45", True),
        ("glm-4-5", True),
    ],
)
def test_no_row_is_written_that_would_be_hidden(name, is_shown):
    hidden = ("claude-sonnet-4", "claude-sonnet-4-5")
    other = deployed(model(name))
    assert [row["model"] for row in rows(other, hidden=hidden)] == [name] * is_shown
    only = Setting(("modelPicker", "replaceBuiltInOptions"), fact="lineup_only", hidden=hidden)
    assert [each.json for each in picker.expand(only, other)] == ["true"] * is_shown


def test_a_group_of_one_model_is_that_model_and_others_name_the_next():
    made = rows(several())
    names = [row["model"] for row in made]
    assert len(names) == len({*names})
    assert {*names} <= {*several().served}
    assert any("when it fails" in row["description"] for row in made)


def test_only_windows_that_it_heeds_and_that_are_smaller_are_written():
    windows = Setting(("modelSettings",), fact="windows")
    sizes = {"tiny": 65_000, "small": 131_072, "large": 1_000_000}
    many = [model(name, limits={"input_tokens": size, "output_tokens": 9_000}) for name, size in sizes.items()]
    made = picker.expand(windows, deployed(*many))
    assert [(each.path, each.json) for each in made] == [(("modelSettings", "small", "autoCompactWindow"), "131072")]


def test_a_project_has_no_list_and_keeps_the_limits_of_all():
    here = deployed(model("one", behaves_as="claude-3-5-haiku"), scope="/work/project")
    assert rows(here) == []
    assert caps("max_output", here) == [("32000", None, None)]


def test_a_model_with_limits_of_its_own_needs_none_for_all_unless_claude_code_is_old():
    own = deployed(model("one", behaves_as="claude-opus-4-8"))
    assert caps("max_output", own) == [("32000", None, SINCE)]
    assert caps("max_context", own) == [("200000", None, SINCE)]


def test_a_model_that_it_does_not_know_needs_limits_for_all():
    assert caps("max_output", deployed(model("one", limits=SMALL))) == [("4000", None, None)]
    assert caps("max_context", deployed(model("one", limits=SMALL))) == [("65000", None, None)]
    other = model("other", limits=SMALL)
    mixed = deployed(model("one", behaves_as="claude-opus-4-8"), other, sonnet="one", opus="one", haiku="one")
    assert caps("max_output", mixed) == [("32000", None, SINCE)], "of no tier"
    assert caps("max_context", mixed) == [("200000", None, SINCE), ("65000", SINCE, None)]


def test_a_tier_with_shorter_answers_than_any_model_of_claude_codes_limits_all():
    short = model("short", limits={"input_tokens": 128_000, "output_tokens": 2_048}, behaves_as="claude-3-5-haiku")
    assert caps("max_output", deployed(short)) == [("2048", None, None)]


def test_a_stand_in_with_shorter_answers_limits_the_one_that_it_stands_in_for():
    made = several()
    assert caps("max_output", made)[-1][0] == "4000"
    assert caps("max_context", made)[-1][0] == "90000"


def test_a_remote_gateway_has_no_list():
    custom = settle(Choices("basic", "custom", "https://gateway.example.com"), KNOWN)
    for fact in picker.FACTS:
        assert picker.expand(Setting(("x",), fact=fact), custom) == []
