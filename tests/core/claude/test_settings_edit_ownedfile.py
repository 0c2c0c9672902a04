from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.claude.ledger import BASE_URL, Displaced, Ledger, Seal, digest
from tasks.core.claude.settings_edit import Outcome, join, leave
from tasks.core.model.errors import InvalidInput
from tasks.core.text.json_edit import REMOVE, edit
from tests.core.jsontexts import OURS, VALUES, files, loaded

KEY = bytes(range(32))
TOKEN, HELPER, MODEL, MODE = OURS[1], OURS[4], OURS[3], OURS[5]
WANTED = {BASE_URL: "http://127.0.0.1:4000", TOKEN: "sk-ours", HELPER: REMOVE, MODEL: "demo", MODE: "default"}

SHAPES = [
    "{}", "{ }", "{\n}\n", '{"env":{}}', '{"env": { } }', '{\n  "env": {\n  }\n}', '{"env":{"ANTHROPIC_MODEL" : "x"}}',
    '{"env":{"ANTHROPIC_MODEL":1,"ANTHROPIC_MODEL":2},"env":{ "ANTHROPIC_MODEL":3 , "ANTHROPIC_MODEL":4}}',
    '{"apiKeyHelper":1,"a":2,"apiKeyHelper":"x"}', '{\n  "apiKeyHelper": "x",\n  "a": 1\n}',
    '{ "permissions" : { "defaultMode" : "plan" } }', '{"env":{"ANTHROPIC_BASE_URL":"http:\\/\\/127.0.0.1:4000"}}',
    '\ufeff{"apiKeyHelper":"x"}\r\n', '{"env":{"ANTHROPIC_BASE_URL":5,"ANTHROPIC_AUTH_TOKEN":{"a":[1]}}}',
]  # fmt: skip


def joined(data: bytes | None, wanted: dict, ledger: Ledger | None = None, **options: object) -> Outcome:
    return join(data, wanted, {MODE}, ledger, KEY, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", SHAPES)
def test_back_to_the_byte(text: str):
    first = joined(text.encode(), WANTED)
    assert loaded(first.data)["env"]["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4000"
    again = joined(first.data, WANTED, first.ledger)
    assert (again.data, again.ledger, again.receipt.written) == (first.data, first.ledger, ())
    ledger = Ledger.from_json(first.ledger.to_json())
    assert ledger == first.ledger
    back = leave(first.data, ledger, KEY)
    assert (back.data, back.ledger) == (text.encode(), None)


def test_no_file_before_is_no_file_after():
    first = joined(None, WANTED)
    assert (first.ledger.file_existed, first.ledger.created) == (False, (("env",), ("permissions",)))
    assert leave(first.data, first.ledger, KEY).data is None
    second = joined(first.data, {BASE_URL: "http://other"}, first.ledger)
    assert leave(second.data, second.ledger, KEY).data is None
    theirs = edit(second.data, {("theme",): "dark"})
    assert leave(theirs, second.ledger, KEY).data == b'{\n  "theme": "dark"\n}\n'
    assert joined(None, {HELPER: REMOVE}).data is None


def test_the_ledger_holds_nothing_foreign():
    data = b'{"hooks": "foreign", "env": {"MY_SECRET": "foreign", "ANTHROPIC_MODEL": "mine"}, "x": ["foreign"]}'
    first = joined(data, WANTED)
    second = joined(edit(first.data, {("y",): "foreign"}), {BASE_URL: "http://other", TOKEN: "sk-2"}, first.ledger)
    third = joined(second.data, WANTED, second.ledger)
    for outcome in (first, second, third):
        assert "foreign" not in outcome.ledger.to_json()
        assert not any(secret in outcome.ledger.to_json() for secret in ("sk-ours", "sk-2", "127.0.0.1"))
        assert "sk-" not in repr(outcome)


def test_a_file_that_others_changed_is_given_back_by_key():
    data = b'{"env": {"ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_BASE_URL": "https:\\/\\/u"}, "theme": "dark"}'
    first = joined(data, WANTED)
    rewritten = json.dumps({**loaded(first.data), "theme": "light"}, indent=2).encode()
    back = leave(rewritten, first.ledger, KEY)
    assert loaded(back.data) == {**loaded(data), "theme": "light"}
    assert back.ledger is None


def test_a_value_of_the_user_that_is_like_ours_stays_the_users():
    data = b'{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:4000"}}'
    for before in ({}, {MODEL: "demo"}):
        first = joined(data, before)
        second = joined(first.data, {**before, BASE_URL: "http://127.0.0.1:4000"}, first.ledger)
        assert leave(second.data, second.ledger, KEY).data == data


def test_the_way_back_never_overrules_the_rules():
    data = b'{"env": {"ANTHROPIC_AUTH_TOKEN": "old", "ANTHROPIC_BASE_URL": "https://u"}}'
    first = joined(data, WANTED)
    theirs = edit(first.data, {TOKEN: "theirs"})
    stopped = joined(theirs, WANTED, first.ledger, must={TOKEN})
    assert (stopped.data, stopped.ledger, stopped.conflicts) == (theirs, first.ledger, (TOKEN,))
    forced = joined(theirs, WANTED, first.ledger, must={TOKEN}, force=True)
    back = leave(forced.data, forced.ledger, KEY)
    assert loaded(back.data) == {"env": {"ANTHROPIC_AUTH_TOKEN": "old", "ANTHROPIC_BASE_URL": "https://u"}}
    assert [(one.text, one.bound_to) for one in back.ledger.displaced] == [('"theirs"', "http://127.0.0.1:4000")]


@pytest.mark.parametrize("recipe", [(), ("x",), ((0, 3),), ('{"hooks": "bad"}',), ((0, 99999),), ("\ud800",)])
def test_a_wrong_way_back_is_not_taken(recipe: tuple):
    first = joined(b'{"a":  1}', {MODEL: "demo"})
    ledger = first.ledger._replace(seal=Seal(digest(KEY, first.data), recipe))
    assert loaded(leave(first.data, ledger, KEY).data) == {"a": 1}


def test_a_lost_key_gives_nothing_back_that_may_be_theirs():
    first = joined(b"{}", WANTED)
    back = leave(first.data, first.ledger, bytes(32))
    assert (back.data, back.receipt.restored) == (first.data, ())
    assert set(back.receipt.kept) == {BASE_URL, TOKEN, MODEL, MODE}


def test_a_bad_file_is_refused_with_its_name():
    for call in (lambda: joined(b"{,}", WANTED, where="f"), lambda: leave(b"{,}", None, KEY, "f")):
        with pytest.raises(InvalidInput, match=r"^f:1:2"):
            call()
    assert leave(b"{}", None, KEY).data == b"{}"
    assert leave(None, None, KEY).data is None


wanteds = st.dictionaries(st.sampled_from(OURS), st.sampled_from(VALUES) | st.just(REMOVE), max_size=6)
own = st.dictionaries(st.sampled_from(OURS), st.sampled_from(["ours 1", "ours 2", REMOVE]), max_size=6)


@settings(max_examples=150, deadline=None)
@given(files, st.lists(wanteds, min_size=1, max_size=4))
def test_any_deployments_and_back_is_nothing(data: bytes, several: list[dict]):
    now, ledger = data, None
    for wanted in several:
        outcome = joined(now, wanted, ledger)
        again = joined(outcome.data, wanted, outcome.ledger)
        assert (again.data, again.ledger) == (outcome.data, outcome.ledger)
        now, ledger = outcome.data, Ledger.from_json(outcome.ledger.to_json())
    back = leave(now, ledger, KEY)
    assert (back.data, back.ledger) == (data, None)


@settings(max_examples=100, deadline=None)
@given(files, st.lists(st.tuples(own, st.booleans(), st.booleans()), min_size=1, max_size=4))
def test_a_foreign_edit_survives_both_ways(data: bytes, several: list[tuple[dict, bool, bool]]):
    data = data.replace(b"1e999", b"1")  # Python would write Infinity
    now, ledger, foreign = data, None, loaded(data)
    for number, (wanted, edited, rewritten) in enumerate(several):
        outcome = joined(now, wanted, ledger)
        now, ledger = outcome.data, outcome.ledger
        if edited:
            foreign["theirs"] = number
            now = edit(now, {("theirs",): number})
        if rewritten:
            now = json.dumps(loaded(now), indent=2).encode()
    back = leave(now, ledger, KEY)
    assert json.dumps(everything(back), sort_keys=True) == json.dumps(foreign, sort_keys=True)


def everything(back: Outcome) -> dict:
    """What was given back, and what is kept in the ledger in the place of it."""
    content = loaded(back.data)
    for one in back.ledger.displaced if back.ledger else ():
        content = loaded(edit(json.dumps(content).encode(), {one.path: json.loads(one.text)}))
    return content


@settings(max_examples=100, deadline=None)
@given(files, own, own, st.sampled_from(OURS), st.sampled_from(["new", REMOVE]), st.booleans())
def test_what_the_user_changed_stays_or_is_kept(data, wanted, second, path, value, force):  # noqa: PLR0917
    first = joined(data, wanted)
    now = edit(first.data, {path: value})
    outcome = joined(now, second, first.ledger, force=force)
    back = leave(outcome.data, outcome.ledger, KEY)
    kept = [*((one.path, one.text) for one in back.ledger.displaced)] if back.ledger else []
    if value == "new":
        assert read(back.data, path) == "new" or (path, '"new"') in kept
    if not force and path in wanted and path in second and value == "new":
        assert (read(outcome.data, path), path in outcome.receipt.kept) == ("new", True)
    for other in OURS:  # and no credential meets another server
        was = read(data, other)
        if isinstance(was, str) and other in wanted and back.receipt.restored.count(other) and other in OURS[1:3]:
            assert read(back.data, BASE_URL) == read(data, BASE_URL)
    assert all(isinstance(one, Displaced) for one in (back.ledger.displaced if back.ledger else ()))


def read(data: bytes, path: tuple[str, ...]) -> object:
    content: object = loaded(data)
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    return content


@pytest.mark.parametrize("text", SHAPES)
def test_there_and_back_again_with_other_keys_in_between_is_the_same_to_the_byte(text: str):
    ways = [WANTED, {BASE_URL: "http://other", HELPER: "sh x", MODEL: "m"}, {TOKEN: "sk-2", BASE_URL: "http://third"}]
    data, ledger, seen = text.encode(), None, {}
    for number in (0, 1, 2, 0, 2, 1, 0):
        made = joined(data, ways[number], ledger)
        data, ledger = made.data, made.ledger
        assert seen.setdefault(number, data) == data
    assert leave(data, ledger, KEY).data == text.encode()
