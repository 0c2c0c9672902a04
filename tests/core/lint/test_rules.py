"""Every mistake that is known is found, on its line; what is right has no finding; no secret is ever told."""

from __future__ import annotations

import json
import os
import re
import string
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.core.catalogue import catalogue, schemas
from tasks.core.deploying import checks, render
from tasks.core.lint import facts, sarif, source
from tasks.core.lint import rules as lint_rules
from tasks.core.lint.config import Around
from tasks.core.lint.findings import SEVERITIES
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.text import documents

LAYOUT = Layout.of({"HOME": "/nowhere"})
FACTS = facts.load(LAYOUT)
CASES = sorted((PROJECT / "tests" / "lint_cases").glob("*.yaml"))
TODAY = "2026-11-25"
GOOD = "x" * 32
WORKING = """\
model_list:
  - model_name: claude-flash
    litellm_params: {model: vertex_ai/gemini-3.5-flash}
general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}
"""


def look(text, name="f.yaml", **around):
    """The findings in a text, with every variable set that it refers to, but those called MISSING_…"""
    values = dict.fromkeys(re.findall(r"os\.environ/((?!MISSING_)\w+)", text), GOOD)
    known = Around(TODAY, **{"values": values, **around})
    return lint_rules.of_document(documents.parse_document(text, name), name, FACTS, known)


def of_case(path):
    values = dict.fromkeys(re.findall(r"os\.environ/((?!MISSING_)\w+)", path.read_text()), GOOD)
    return lint_rules.of_path(path, path.name, LAYOUT, values)


def rules(text, **around):
    return {each.rule for each in look(text, **around)}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_has_the_findings_that_are_marked_in_it(path):
    expected = set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for rule in line.partition("#! ")[2].split(", ") if "#! " in line and "marked with #!" not in line else ():
            expected.add((number, rule))
    assert {(each.line, each.rule) for each in of_case(path)} == expected


def test_every_rule_has_a_case():
    found = {each.rule for path in CASES for each in of_case(path)}
    elsewhere = {"unreadable", "unserved-tier"}  # below
    assert found | elsewhere == set(FACTS.rules)


def test_every_usual_mistake_has_a_case():
    found = {re.sub(r"\[\d+\]", "[]", each.path) for path in CASES for each in of_case(path)}
    assert set(FACTS.mistakes) - {"router_settings.master_key"} <= found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_secret_of_a_case_is_told(path):
    found = of_case(path)
    told = [
        *lint_rules.lines(found),
        json.dumps(lint_rules.as_json(found, [path.name], FACTS)),
        str(sarif.log(found, FACTS)),
    ]
    assert not [text for text in told if "canary" in text.lower() or "sk-1234" in text]


@pytest.mark.parametrize("deployment", checks.examples(catalogue.load(LAYOUT)), ids=lambda each: each.preset.id)
def test_what_we_render_has_no_finding_but_that_models_end(deployment):
    values = {name: each.example or each.default or "example" for name, each in deployment.variables.items()}
    made = [each for each in deployment.artifacts if each.file == LAYOUT.config.name]
    for artifact in made:
        text = render.content(artifact, deployment, values, LAYOUT).decode()
        found = look(text, tiers=dict(deployment.names), joined=True)
        assert {each.rule for each in found} <= {"model-ended"}
        ended = {model.route for model in deployment.models if model.retired(TODAY)}
        assert {each.problem.split()[0] for each in found} == ended


@pytest.mark.parametrize("path", sorted((PROJECT / "tests" / "golden").rglob("litellm_config.yaml")), ids=str)
def test_the_golden_releases_have_none_either(path):
    assert {each.rule for each in look(path.read_text(), joined=True)} <= {"model-ended"}


def test_a_right_file_has_none():
    assert look(WORKING) == []


def test_a_name_that_claude_code_asks_for_must_be_served():
    tiers = {"opus": "claude-flash", "haiku": "gemini-lite"}
    (found,) = look(WORKING, tiers=tiers)
    assert (found.rule, found.severity) == ("unserved-tier", "error")
    assert "gemini-lite" in found.problem


@pytest.mark.parametrize(("date", "told"), [("2026-10-15", False), ("2026-10-16", True)])
def test_an_end_counts_from_its_day_on(date, told):
    text = WORKING.replace("gemini-3.5-flash", "gemini-2.5-flash")
    found = lint_rules.of_document(documents.parse_document(text, "f"), "f", FACTS, Around(date, joined=True))
    assert [each.rule for each in found] == (["model-ended"] if told else [])


@pytest.mark.parametrize(
    ("value", "weak"), [("sk-1234", True), ("short", True), (GOOD, False), ("", False), ("CHANGE-ME-x", False)]
)
def test_the_key_behind_a_reference_is_judged_too(value, weak):
    assert ("master-key-weak" in rules(WORKING, values={"LITELLM_MASTER_KEY": value})) == weak


@pytest.mark.parametrize("value", [None, "", "CHANGE-ME-key", "YOUR_KEY"])
def test_a_placeholder_in_the_environment_is_no_value(value):
    values = {} if value is None else {"LITELLM_MASTER_KEY": value}
    assert "missing-variable" in rules(WORKING, values=values)


def test_nobody_looked_so_nothing_is_missing():
    assert rules(WORKING.replace("LITELLM_MASTER_KEY", "MISSING_KEY"), values=None) == set()


def test_the_env_file_beside_a_config_counts(tmp_path):
    (tmp_path / "c.yaml").write_text(WORKING)
    assert "missing-variable" in {e.rule for e in lint_rules.of_path(tmp_path / "c.yaml", "c.yaml", LAYOUT, {})}
    (tmp_path / ".env").write_text(f"LITELLM_MASTER_KEY={GOOD}\n")
    assert lint_rules.of_path(tmp_path / "c.yaml", "c.yaml", LAYOUT, {}) == []


def test_an_env_file_that_is_a_pipe_does_not_hold_up(tmp_path):
    os.mkfifo(tmp_path / ".env")
    (tmp_path / "c.yaml").write_text(WORKING)
    assert {e.rule for e in lint_rules.of_path(tmp_path / "c.yaml", "c.yaml", LAYOUT, {})} == {"missing-variable"}


@pytest.mark.parametrize(
    "text",
    [
        "router_settings: {routing_strategy: sk-ant-canary-0123456789abcdef}\n",
        "router_settings: {fallbacks: [{sk-ant-canary-0123456789abcdef: [sk-ant-canary-0123456789abcdef]}]}\n",
        "sk-ant-canary-0123456789abcdef: 1\n",
        "include: [sk-ant-canary-0123456789abcdef.yaml]\n",
        "model_list: [{model_name: a, litellm_params: {model: sk-ant-canary-0123456789abcdef}}]\n",
        "litellm_settings: {callbacks: [sk-ant-canary-0123456789abcdef]}\n",
        "a: &sk-ant-canary-0123456789abcdef 1\nb: *sk-ant-canary-0123456789abcdeg\n",
    ],
)
def test_a_secret_in_an_odd_place_is_not_told_either(text, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    found = lint_rules.of_path(path, "c.yaml", LAYOUT, {})
    assert found
    told = [*lint_rules.lines(found), json.dumps(lint_rules.as_json(found, ["c.yaml"], FACTS))]
    assert "canary" not in str(told)


def test_names_from_a_database_cannot_be_known():
    text = WORKING.replace(
        "general_settings: {", "general_settings: {database_url: os.environ/DB, store_model_in_db: true, "
    )
    text += "router_settings: {fallbacks: [{claude-flash: [elsewhere]}]}\n"
    assert look(text) == []


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.mkdir(), "not a regular file"),
        (lambda path: path.symlink_to(path.name), "cannot be read"),
        (lambda path: path.symlink_to("/nowhere/at/all"), "cannot be read"),
        (lambda path: path.write_bytes(b"a: \xff"), "not UTF-8"),
        (lambda path: path.write_bytes(b"\x7fELF\0\0"), "binary"),
        (lambda path: path.write_bytes(b"a: " + b"x" * (documents.MAX_BYTES + 1)), "larger than"),
        (lambda path: path.write_bytes(b"a: [" * 5000), "nested too deeply"),
        (lambda path: path.write_bytes(bomb()), "too many values"),
        (lambda path: path.write_bytes(b"a: !!python/object:os.system x"), "constructor"),
        (lambda path: path.write_bytes(b"a: 1\n---\nb: 2\n"), "single document"),
        (lambda path: None, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_finding(make, told, tmp_path):
    path = tmp_path / "c.yaml"
    make(path)
    (found,) = lint_rules.of_path(path, "c.yaml", LAYOUT, {})
    assert found.severity == "error"
    assert told in found.problem


def bomb():
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 9)]
    return b"\n".join(lines)


def test_a_byte_order_mark_and_windows_line_ends_are_nothing():
    text = WORKING.replace("\n", "\r\n").replace("claude-flash", "gemini")
    assert {each.line for each in look(text)} == {1}


def test_merge_keys_and_anchors_are_followed():
    text = """\
defaults: &d {model: vertex_ai/gemini-3.5-flash, api_key: sk-canary-0123456789abcdef}
model_list:
  - model_name: claude-a
    litellm_params: {<<: *d, rpm: 5}
general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}
"""
    found = look(text)
    assert {each.rule for each in found} == {"unknown-key", "literal-secret"}
    assert "canary" not in str(found)


def test_the_json_is_as_its_schema_says():
    found = [each for path in CASES for each in of_case(path)]
    data = lint_rules.as_json(found, [path.name for path in CASES], FACTS)
    data = json.loads(json.dumps(data))
    assert schemas.findings(data, LAYOUT.schemas / "lint.schema.json", file="lint") == []
    assert sum(data["counts"].values()) == len(found)


def test_the_tables_are_as_their_schemas_say():
    for name in ("rules", "settings"):
        path = LAYOUT.templates / "lint" / f"{name}.yaml"
        schema = LAYOUT.schemas / f"lint_{name}.schema.json"
        text = path.read_text()
        assert schemas.findings(documents.load_yaml(path), schema, file=name) == []
        assert text.splitlines()[0] == f"# yaml-language-server: $schema=../schemas/{schema.name}"


def test_what_a_mistake_is_to_become_is_known_to_litellm():
    for mistake in FACTS.mistakes.values():
        if mistake.move and "." in mistake.move:
            section, key = mistake.move.split(".")[-2:]
            assert key in FACTS.sections[section], mistake.at


def test_the_list_was_made_from_the_litellm_that_is_pinned():
    from tasks.core.litellm import litellm

    assert FACTS.version == litellm.LITELLM_KNOWN_GOOD


SARIF = {
    "type": "object",
    "required": ["version", "runs", "$schema"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {"rules": {"type": "array", "items": {"required": ["id"]}}},
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "ruleIndex", "level", "locations"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"required": ["text"]},
                                "locations": {
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "properties": {
                                                    "artifactLocation": {
                                                        "properties": {"uri": {"pattern": "^[A-Za-z0-9._~/:%-]+$"}}
                                                    },
                                                    "region": {"properties": {"startLine": {"minimum": 1}}},
                                                }
                                            }
                                        },
                                    }
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}
"""What SARIF 2.1.0 demands of the parts that are used here."""


def test_sarif_is_as_the_standard_says():
    from jsonschema import Draft202012Validator

    found = [each for path in CASES for each in of_case(path)]
    log = json.loads(json.dumps(sarif.log([*found, found[0]._replace(file="/a folder/ä #1.yaml")], FACTS)))
    assert list(Draft202012Validator(SARIF).iter_errors(log)) == []
    run = log["runs"][0]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(ids) == len(set(ids))
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
    assert run["results"][-1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("file:///a%20")


def test_findings_come_in_the_order_of_the_lines_the_worst_first():
    for path in CASES:
        order = [(each.line, SEVERITIES.index(each.severity)) for each in of_case(path)]
        assert order == sorted(order)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(string.printable, max_size=12),
    st.sampled_from(
        ["os.environ/X", "${X}", "$X", "claude-*", "*", "sk-canary-0123456789abcdef", "http://[::1", "a/b"]
    ),
)
KEYS = st.one_of(
    st.sampled_from(["model_list", "model_name", "litellm_params", "model", "api_key", "api_base", "fallbacks"]),
    st.sampled_from(["router_settings", "general_settings", "litellm_settings", "master_key", "model_info", "id"]),
    st.sampled_from([each.split(".")[-1] for each in FACTS.mistakes]),
    st.sampled_from(["model_group_alias", "default_fallbacks", "include", "environment_variables", "credential_list"]),
    st.integers(),
    st.none(),
    st.booleans(),
    st.floats(),
    st.binary(max_size=3),
    st.text(max_size=5),
)
DATA = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5))
TEXTS = [path.read_text() for path in CASES]


@pytest.mark.parametrize("key", ["0", ".nan", "null", "!!binary aGk=", "!!timestamp 2020-01-01"])
@pytest.mark.parametrize(
    "around",
    [
        "model_list: [{{{}, model_name: a, litellm_params: {{{}, model: {{{}}}}}, model_info: {{id: {{{}}}}}}}]",
        "router_settings: {{{}, routing_strategy: {{{}}}, fallbacks: [{{{}}}], model_group_alias: {{{}}}}}",
        "{{{}, general_settings: {{{}, master_key: {{{}}}}}, litellm_settings: {{num_retries: {{{}}}}}}}",
    ],
)
def test_keys_that_are_no_texts_are_looked_at_like_others(key, around):
    assert isinstance(look(around.format(*[f"? {key}\n : 1"] * 4)), list)


@pytest.mark.slow
@given(DATA)
@example({"model_list": {0: "sk-canary-0123456789abcdef"}})
def test_no_data_is_too_strange(data):
    text = documents.dump_yaml(data)
    found = look(text)
    assert "canary" not in str([(each.problem, each.why, each.fix) for each in found])


@pytest.mark.slow
@given(st.data())
def test_no_mutation_of_a_case_brings_a_traceback(data):
    lines = data.draw(st.sampled_from(TEXTS)).splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.sampled_from(data.draw(st.sampled_from(TEXTS)).splitlines()))
        change = data.draw(st.sampled_from(["cut", "put", "swap", "noise", "indent"]))
        if change == "cut" and len(lines) > 1:
            del lines[at]
        elif change == "put":
            lines.insert(at, other)
        elif change == "swap":
            lines[at] = other
        elif change == "noise":
            cut = data.draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:cut] + data.draw(st.text(max_size=3)) + lines[at][cut:]
        else:
            lines[at] = "  " + lines[at]
    text = "\n".join(lines).encode("utf-8", "replace")
    found = findings_of_bytes(text)
    assert "canary" not in str([(each.problem, each.why, each.fix) for each in found]) or b"canary" not in text


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory):
    global _FOLDER  # noqa: PLW0603 - hypothesis wants no fixture of its own
    _FOLDER = tmp_path_factory.mktemp("lint")


def findings_of_bytes(data):
    path = _FOLDER / "c.yaml"
    path.write_bytes(data)
    return lint_rules.of_path(path, "c.yaml", LAYOUT, {})


def test_the_day_is_written_like_the_ends():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", source.today())


def test_a_thousand_models_with_secrets_are_looked_at_in_a_moment():
    entry = """\
  - model_name: claude-{0}
    litellm_params: {{model: openai/m-{0}, api_base: "https://h-{0}.example.com/v1", extra_headers: {{x-token: a-{0}}}}}
"""
    text = "model_list:\n" + "".join(entry.format(number) for number in range(1000)) + WORKING.splitlines()[-1]
    document, before = documents.parse_document(text, "f"), time.process_time()
    found = lint_rules.of_document(document, "f", FACTS, Around(TODAY))
    assert sum(each.rule == "literal-secret" for each in found) == 1000
    assert time.process_time() - before < 2  # a tenth of that on an ordinary machine
