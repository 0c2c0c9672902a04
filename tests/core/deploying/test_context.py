"""The choices of a run: what is typed over what is remembered, over what stands, over the embedded default."""

import json

import pytest
from doit.exceptions import InvalidCommand

from tasks.core.deploying import context as module
from tasks.core.deploying.context import Asked, remembered
from tasks.core.model.choices import Choices
from tasks.core.model.errors import UsageError
from tasks.core.model.layout import PROJECT, Layout
from tasks.deploy import OPTIONS


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """A checkout with the real templates and an empty workshop, and a home beside it."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "build").mkdir()
    (project / "templates").symlink_to(PROJECT / "templates")
    made = Layout.of({"HOME": str(tmp_path / "home")}, project=project)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    of = Layout.of
    fixed = staticmethod(lambda environ, target=None: of(environ, target, project))
    monkeypatch.setattr(module, "Layout", type("Fixed", (), {"of": fixed}))
    monkeypatch.setattr(module, "get_initial_workdir", lambda: str(tmp_path / "here"))
    return made


def settle(**typed):
    options = {each["name"]: each["default"] for each in OPTIONS}
    assert set(typed) <= set(options)
    made = Asked()
    made.settle({**options, **typed})
    return made


def remember(layout, data):
    layout.choices.write_text(json.dumps(data))


def test_nothing_typed_and_nothing_remembered_is_the_embedded_default(layout):
    assert settle().choices == Choices("demo")


def test_what_is_typed_goes_over_what_is_remembered(layout):
    remember(layout, {"preset": "basic", "port": 4100, "models": ["codestral"]})
    assert settle(port="4200").choices == Choices("basic", models=("codestral",), port=4200)
    assert settle().choices == Choices("basic", models=("codestral",), port=4100)


def test_a_fresh_clone_goes_on_with_what_stands(layout):
    layout.gateway.mkdir(parents=True)
    layout.manifest.write_text(json.dumps({"choices": {"preset": "basic", "port": 4100}}))
    assert remembered(layout) == Choices("basic", port=4100)
    remember(layout, {"preset": "demo"})
    assert remembered(layout) == Choices("demo")


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '"x"', '{"preset": 5, "no": 1}', '{"port": 1}', "\x00"])
def test_what_cannot_be_remembered_is_as_if_nothing_was(layout, text):
    layout.choices.write_text(text)
    assert remembered(layout) == Choices()
    layout.gateway.mkdir(parents=True)
    layout.manifest.write_text(text)
    layout.choices.unlink()
    assert remembered(layout) == Choices()


def test_a_folder_in_the_place_of_the_remembered_is_no_traceback(layout):
    layout.choices.mkdir()
    assert remembered(layout) == Choices()


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
def test_what_cannot_be_meant_ends_with_one_sentence_before_anything_runs(layout, typed):
    with pytest.raises(InvalidCommand) as refused:
        settle(**typed)
    assert str(refused.value)
    assert "secret" not in str(refused.value)
    assert list(layout.build.iterdir()) == []


def test_a_wrong_name_to_force_ends_with_a_sentence_too(layout):
    with pytest.raises(InvalidCommand):
        settle(force="A B")


def test_models_are_added_and_removed_from_those_of_the_preset(layout):
    made = settle(preset="basic", add_models="codestral,qwen3-coder-480b", remove_models="gemini-3.5-flash")
    assert "gemini-3.5-flash" not in made.choices.models
    assert made.choices.models[-1] == "qwen3-coder-480b"
    assert list(made.choices.models).count("codestral") == 1


def test_removing_a_model_frees_its_tier(layout):
    remember(layout, {"preset": "basic", "haiku": "codestral"})
    made = settle(remove_models="codestral")
    assert made.choices.haiku is None
    assert made.deployment.tiers["haiku"].id != "codestral"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("there", "{tmp}/here/there"), ("~/there", "{tmp}/home/there"), ("/a/./b//c", "/a/b/c"), ("/a b/ü", "/a b/ü")],
)
def test_paths_are_meant_from_where_they_were_typed(layout, tmp_path, typed, meant):
    for option in ("target", "litellm"):
        assert getattr(settle(**{option: typed}).choices, option) == meant.format(tmp=tmp_path)


def test_a_target_moves_the_gateway(layout, tmp_path):
    assert settle(target="/there").layout.gateway.as_posix() == "/there"


def test_flags_are_of_this_run_and_are_not_remembered(layout):
    made = settle(start=True, dry_run=True, force="lite,bifrost")
    assert (made.flags.start, made.flags.dry_run, made.flags.yes, made.flags.force) == (
        True,
        True,
        False,
        ("lite", "bifrost"),
    )
    assert made.choices.to_json() == {"preset": "demo"}


def test_a_key_is_made_once_for_a_run_and_never_where_there_is_one(layout):
    made = settle()
    key = made.complete_values["LITELLM_MASTER_KEY"]
    assert key.reveal().startswith("sk-")
    assert len(key.reveal()) == 3 + 64
    assert made.complete_values["LITELLM_MASTER_KEY"] is key
    layout.gateway.mkdir(parents=True)
    layout.env_file.write_text("LITELLM_MASTER_KEY=sk-mine-0123456789abcdef\n")
    assert settle().complete_values["LITELLM_MASTER_KEY"].reveal() == "sk-mine-0123456789abcdef"


def test_a_step_that_cannot_be_planned_is_a_task_that_fails_and_says_why(layout):
    def broken(_):
        raise UsageError("no such thing")

    one = Asked().one(broken)
    (several,) = Asked().each(lambda _: iter([broken(None)]))
    for task in (one, several):
        ((act, arguments),) = task["actions"]
        assert act(*arguments).exit_code == 3
    assert several["name"]


def test_remembered_choices_that_are_gone_from_the_catalogue_do_not_break_other_commands(layout):
    remember(layout, {"preset": "basic", "models": ["gone"]})
    task = Asked().one(lambda asked: {"deployment": asked.deployment})
    ((act, arguments),) = task["actions"]
    assert "gone" in act(*arguments).message
