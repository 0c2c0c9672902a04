"""A configuration comes to today's keys: what it says stays, comments stay, secrets go, and twice is once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.catalogue import schemas
from tasks.core.lint import facts, migration, rules
from tasks.core.lint.config import Around
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.text import documents

LAYOUT = Layout.of({"HOME": "/nowhere"})
FACTS = facts.load(LAYOUT)
CASES = sorted((PROJECT / "tests" / "lint_cases").glob("*.yaml"))
OLD = (Path(__file__).parent / "migration" / "old.yaml").read_text()
NEW = (Path(__file__).parent / "migration" / "new.yaml").read_text()


@pytest.fixture
def migrate(tmp_path):
    def run(text, environ=None):
        path = tmp_path / "c.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return migration.migrated(path, "c.yaml", LAYOUT, environ or {})

    return run


def test_an_old_file_becomes_a_new_one(migrate):
    assert migrate(OLD).after == NEW


def test_it_is_told_what_changed_and_what_belongs_into_env(migrate):
    done = migrate(OLD)
    told = "\n".join(migration.lines(done, "c.yaml"))
    assert done.variables == ["ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_2", "LITELLM_MASTER_KEY"]
    assert "c.yaml:24: litellm_settings.timeout: now router_settings.timeout" in told
    assert "master-key-weak" in told  # wherever it will stand
    assert all(each.why for each in done.changes)


def test_no_secret_shows(migrate):
    done = migrate(OLD.replace("# My gateway.", "# old: sk-ant-canary-in-a-comment\n# password: canary"))
    told = [*migration.lines(done, "c"), *migration.diff(done, "c", LAYOUT)]
    told.append(json.dumps(migration.as_json(done, "c", None)))
    assert not [line for line in told if "canary" in line or "sk-1234" in line]
    assert [line for line in told if "[hidden]" in line]


def test_the_json_is_as_its_schema_says(migrate):
    for text in (OLD, NEW, "models: 5\n"):
        data = json.loads(json.dumps(migration.as_json(migrate(text), "c", Path("c.before-fix"))))
        assert schemas.findings(data, LAYOUT.schemas / "lint_fix.schema.json", file="lint_fix") == []


@pytest.mark.parametrize("text", [OLD, OLD.replace("\n", "\r\n"), OLD.rstrip("\n"), OLD + "...\n", "---\n" + OLD])
def test_twice_is_once(migrate, text):
    once = migrate(text)
    again = migrate(once.after)
    assert again.after == once.after
    assert again.changes == ()
    assert ("\r\n" in once.after) == ("\r\n" in text)
    assert "\n" not in once.after.replace("\r\n", "") if "\r\n" in text else "\r" not in once.after


def test_neighbours_at_the_head_of_an_entry_are_mended_one_after_the_other(migrate):
    text = """\
model_list:
  - priority: 1
    rpm: 5
    tpm: 6
    model_name: claude-x
    litellm_params:
      model: openai/gpt-5
general_settings: {master_key: os.environ/K}
"""
    entry = {"model_name": "claude-x", "litellm_params": {"model": "openai/gpt-5", "rpm": 5, "tpm": 6}}
    done = migrate(text)
    assert documents.parse_yaml(done.after, "f")["model_list"] == [entry]
    assert not [each for each in done.left if each.mends]


def test_a_section_that_is_emptied_goes_and_a_missing_one_comes(migrate):
    text = "model_list: []\nlitellm_settings:\n  timeout: 5 # s\n"
    found = documents.parse_yaml(migrate(text).after, "f")
    assert found == {
        "model_list": [],
        "router_settings": {"timeout": 5},
        "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
    }


@pytest.mark.parametrize("empty", ["router_settings:\n", "router_settings: {}\n", "router_settings: ~ # none\n"])
def test_an_empty_section_is_filled(migrate, empty):
    text = (
        f"{empty}litellm_settings:\n  timeout: 5\n  drop_params: true\ngeneral_settings: {{master_key: os.environ/A}}\n"
    )
    assert documents.parse_yaml(migrate(text).after, "f")["router_settings"] == {"timeout": 5}


def test_what_stands_in_its_new_place_already_wins(migrate):
    text = "litellm_settings: {timeout: 5}\nrouter_settings: {timeout: 6}\n"
    assert documents.parse_yaml(migrate(text).after, "f")["router_settings"] == {"timeout": 6}


def test_what_is_behind_an_anchor_is_mended_or_left(migrate):
    text = """\
model_list:
  - model_name: claude-a
    litellm_params: &p {model: anthropic/claude-sonnet-5-5, api_key: "${A_KEY}"}
  - model_name: claude-b
    litellm_params:
      <<: *p
      rpm: 5
general_settings: {master_key: os.environ/K}
"""
    done = migrate(text)
    entries = documents.parse_yaml(done.after, "f")["model_list"]
    for number, entry in enumerate(entries):
        left = any(each.path.startswith(f"model_list[{number}]") and each.mends for each in done.left)
        assert left or entry["litellm_params"]["api_key"] == "os.environ/A_KEY"


ANCHORS = """\
defaults: &d {api_key: sk-canary-one-0123456789}
model_list:
  - model_name: claude-a
    litellm_params: &p {model: openai/gpt-5, api_key: sk-canary-one-0123456789}
  - model_name: claude-b
    litellm_params: {<<: *d, model: openai/gpt-5}
  - model_name: claude-c
    litellm_params: *p
  - model_name: claude-d
    litellm_params: {model: openai/gpt-5, api_key: sk-canary-two-0123456789}
environment_variables: {OTHER_TOKEN: canary-of-its-own}
general_settings: {master_key: os.environ/K}
"""


def test_one_secret_has_one_name_the_one_that_lint_gives(migrate):
    done = migrate(ANCHORS)
    entries = documents.parse_yaml(done.after, "f")["model_list"]
    names = [each["litellm_params"]["api_key"].removeprefix("os.environ/") for each in entries]
    assert names == ["OPENAI_API_KEY"] * 3 + ["OPENAI_API_KEY_2"]
    assert done.variables == ["OPENAI_API_KEY", "OPENAI_API_KEY_2", "OTHER_TOKEN"]
    found = rules.of_document(documents.parse_document(ANCHORS, "f"), "f", FACTS, Around("2026-11-25"))
    told = {each.fix.partition("os.environ/")[2].partition(" ")[0] for each in found if each.rule == "literal-secret"}
    assert told == set(done.variables)


def test_an_address_with_a_secret_does_not_become_everybodys_address(migrate):
    text = OLD.replace('api_key: "${GEMINI_KEY}"', "api_base: https://gw.example.com/v1?api-key=canary0123")
    assert "VERTEX_AI_ADDRESS" in migrate(text).variables


def test_the_lines_around_a_secret_over_several_lines_stay_in_the_diff(migrate):
    text = """\
model_list:
  - model_name: claude-a
    litellm_params:
      model: openai/gpt-5
      api_key: |
        sk-canary-0123456789abcdef

  - model_name: claude-b
    litellm_params: {model: openai/gpt-5}
general_settings: {master_key: os.environ/K}
"""
    told = list(migration.diff(migrate(text), "c", LAYOUT))
    assert [line for line in told if line[4:5] == "-" and "---" not in line] == ["    -      api_key: [hidden]"]
    assert "      - model_name: claude-b" in [line.replace("     ", "    ", 1) for line in told]


def test_where_no_secret_stood_none_is_told_of(migrate):
    done = migrate("model_list:\n  - model_name: claude-a\n    litellm_params: {model: openai/gpt-5}\n")
    assert "os.environ/LITELLM_MASTER_KEY" in done.after
    assert (done.variables, done.secrets) == ([], False)


def test_a_key_that_is_read_nowhere_goes_without_a_word_about_env(migrate):
    text = "litellm_settings: {master_key: sk-canary-0123456789, drop_params: true}\n"
    done = migrate(text + "general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}\n")
    assert [(each.path, each.action) for each in done.changes] == [("litellm_settings.master_key", "removed")]
    assert (done.variables, done.secrets) == ([], True)


def test_what_is_put_aside_in_a_comment_is_hidden_too(migrate):
    text = OLD.replace("# a minute", "# {api_key: canary-aside, x: 1}").replace("# seconds", "# x-team-token=canary")
    told = [*migration.diff(migrate(text), "c", LAYOUT)]
    assert not [line for line in told if "canary" in line]
    assert [line for line in told if "x: 1}" in line]


def test_keys_that_stand_twice_are_for_a_person(migrate):
    with pytest.raises(InvalidInput, match="twice"):
        migrate("a: 1\na: 2\n")


def comments(text):
    return sorted(re.findall(r"(?m)(?:^|\s)(# ?[^'\"\n]*)$", text))


@pytest.mark.parametrize(
    "path", [path for path in CASES if path.stem not in ("top", "broken")], ids=lambda path: path.stem
)
def test_no_case_is_left_with_what_can_be_mended(path, tmp_path):
    done = migration.migrated(path, path.name, LAYOUT, {})
    assert not [each for each in done.left if each.mends]
    assert comments(done.after) == comments(done.before)
    (tmp_path / "c.yaml").write_text(done.after)
    again = migration.migrated(tmp_path / "c.yaml", "c.yaml", LAYOUT, {})
    assert again.after == done.after


VALUES = st.sampled_from(
    [
        5,
        True,
        None,
        "text",
        "${A_NAME}",
        "$A_NAME",
        "os.environ['A_NAME']",
        "sk-ant-canary-0123456789abcdef",
        [1],
        {"a": 1},
    ]
)
KEYS = sorted({each.split(".")[-1] for each in FACTS.mistakes} | {"drop_params", "api_key", "master_key", "maxRetries"})
SETTINGS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)
ENTRY = st.builds(
    lambda above, params: {**above, "model_name": "claude-x", "litellm_params": {**params, "model": "openai/gpt-5"}},
    SETTINGS,
    SETTINGS,
)
SECTIONS = {
    "model_list": st.lists(ENTRY, max_size=3),
    "models": st.lists(ENTRY, max_size=1),
    "litellm_settings": SETTINGS | st.none(),
    "routerSettings": SETTINGS,
    "router_settings": SETTINGS | st.just({"model_group_alias": {"a": ["claude-x"]}}),
    "general_settings": SETTINGS | st.none(),
    "environment_variables": st.just({"OPENAI_API_KEY": "sk-canary-0123456789abcdef", "OTHER": "${B}"}),
    "version": st.just("1.0"),
}


def written(name, value, style):
    """One section as a person, a program or JSON writes it."""
    if style == "flow":
        return f"{name}: {json.dumps(value)} # {name}\n"
    text = documents.dump_yaml({name: value})
    return text if style == "block" else re.sub(r"(?m)$", " # said", text.rstrip("\n")) + "\n"


@pytest.mark.slow
@given(st.data())
def test_whatever_is_put_together_comes_out_without_what_can_be_mended(data):
    names = data.draw(st.permutations(sorted(SECTIONS)))[: data.draw(st.integers(1, len(SECTIONS)))]
    styles = st.sampled_from(["block", "flow", "remarks"])
    text = "".join(written(name, data.draw(SECTIONS[name]), data.draw(styles)) for name in names)
    path = FOLDER[0] / "c.yaml"
    path.write_text(text)
    done = migration.migrated(path, "c.yaml", LAYOUT, {})
    assert not [each for each in done.left if each.mends]
    path.write_text(done.after)
    assert not [each for each in rules.of_path(path, "c.yaml", LAYOUT, {}) if each.mends]
    assert migration.migrated(path, "c.yaml", LAYOUT, {}).after == done.after
    told = [*migration.lines(done, "c"), *migration.diff(done, "c", LAYOUT)]
    assert not [line for line in told if "canary" in line]


FOLDER = []


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory):
    FOLDER.append(tmp_path_factory.mktemp("migrate"))
