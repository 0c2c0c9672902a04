"""Claude Code's settings.json: what is ours is set, the rest keeps its bytes, and the way back is kept."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.claude import settings_edit
from tasks.core.claude.ledger import BASE_URL, Displaced, Ledger, Seal, digest
from tasks.core.claude.settings_edit import Edit, Outcome, join, leave
from tasks.core.console.summary import Summary
from tasks.core.model.catalogue import Setting, name_entry
from tasks.core.model.errors import Conflict, InvalidInput
from tasks.core.model.secret import Secret
from tasks.core.text.json_edit import REMOVE, edit
from tests.core.jsontexts import OURS, VALUES, files, loaded
from tests.core.places import layout_in

KEY = "sk-secret-0123456789"
SETTINGS = (
    Setting(("env", "ANTHROPIC_BASE_URL"), text="http://127.0.0.1:4000"),
    Setting(("env", "ANTHROPIC_AUTH_TOKEN"), variable="KEY"),
    Setting(("env", "ANTHROPIC_MODEL"), text="demo"),
    Setting(("env", "NO_PROXY"), fact="no_proxy"),
    Setting(("permissions", "defaultMode"), text="default", unless_present=True),
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in (*settings_edit.PROXIES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


def outcome(layout, found, ledger=None, settings=SETTINGS):
    data = None if found is None else found if isinstance(found, bytes) else json.dumps(found).encode()
    return settings_edit.outcome(layout, settings, {"KEY": Secret(KEY)}, data, ledger)


def test_a_file_that_is_not_there_is_made_with_our_keys_alone(layout):
    result = outcome(layout, None)
    assert json.loads(result.data) == {
        "env": {
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:4000",
            "ANTHROPIC_AUTH_TOKEN": KEY,
            "ANTHROPIC_MODEL": "demo",
            "NO_PROXY": "localhost,127.0.0.1,::1",
        },
        "permissions": {"defaultMode": "default"},
    }


def test_what_somebody_chose_is_not_ours_to_set(layout):
    found = json.loads(outcome(layout, {"permissions": {"defaultMode": "plan"}}).data)
    assert found["permissions"] == {"defaultMode": "plan"}


OPTIONS = ("modelPicker", "options")
ROWS = tuple(
    Setting((*OPTIONS, name_entry(name)), json=json.dumps({"model": name, "label": name.upper()}), unless_present=True)
    for name in ("a", "b")
)
ONLY = Setting(("modelPicker", "replaceBuiltInOptions"), json="true", unless_present=True)
PICKERS = {
    "none": {},
    "empty": {"modelPicker": {}},
    "no rows": {"modelPicker": {"options": []}},
    "another": {"modelPicker": {"options": [{"model": "mine", "label": "Mine"}]}},
    "the same": {"modelPicker": {"options": [{"model": "a", "label": "Mine"}], "replaceBuiltInOptions": False}},
    "nonsense": {"modelPicker": {"options": [5, {"label": "no model"}, None]}},
}


def models(data):
    rows = json.loads(data)["modelPicker"]["options"]
    return [row["label"] for row in rows if isinstance(row, dict)]


@pytest.mark.parametrize("theirs", PICKERS.values(), ids=PICKERS)
def test_rows_of_the_user_stay_beside_ours_and_ours_alone_go(layout, theirs):
    settings = (*SETTINGS, *ROWS, ONLY)
    joined = outcome(layout, theirs, settings=settings)
    had = theirs.get("modelPicker", {}).get("options", [])
    assert json.loads(joined.data)["modelPicker"]["options"][: len(had)] == had
    assert [label for label in models(joined.data) if label in ("A", "B")] == (
        ["B"] if theirs is PICKERS["the same"] else ["A", "B"]
    )
    again = outcome(layout, joined.data, joined.ledger, settings)
    assert again.data == joined.data
    back = leave(joined.data, joined.ledger, settings_edit.fingerprints.digest_key(layout))
    assert json.loads(back.data or b"{}") == theirs
    # Claude Code writes the whole file when a model is chosen there.
    changed = {**json.loads(joined.data), "model": "a"}
    changed["modelPicker"]["options"].insert(0, {"model": "new", "label": "New"})
    left = leave(json.dumps(changed).encode(), joined.ledger, settings_edit.fingerprints.digest_key(layout))
    known = json.loads(left.data)
    is_theirs = theirs is PICKERS["the same"]
    assert known.get("model") == ("a" if is_theirs else None)
    assert known["modelPicker"]["options"] == [{"model": "new", "label": "New"}, *had]
    assert known["modelPicker"].get("replaceBuiltInOptions") == theirs.get("modelPicker", {}).get(
        "replaceBuiltInOptions"
    )


def test_a_model_that_another_server_may_have_stays_chosen(layout):
    theirs = {"model": "a", "env": {"ANTHROPIC_BASE_URL": "https://other.example"}}
    joined = outcome(layout, theirs, settings=(*SETTINGS, *ROWS))
    back = leave(joined.data, joined.ledger, settings_edit.fingerprints.digest_key(layout))
    assert json.loads(back.data) == theirs


def test_a_row_that_the_user_took_out_or_changed_stays_so(layout):
    joined = outcome(layout, {}, settings=ROWS)
    document = json.loads(joined.data)
    document["modelPicker"]["options"] = [{"model": "b", "label": "Better"}]
    again = outcome(layout, document, joined.ledger, ROWS)
    assert models(again.data) == ["Better"]
    back = leave(again.data, again.ledger, settings_edit.fingerprints.digest_key(layout))
    assert models(back.data) == ["Better"]


def test_rows_of_models_that_are_no_longer_deployed_go(layout):
    joined = outcome(layout, PICKERS["another"], settings=ROWS)
    fewer = outcome(layout, joined.data, joined.ledger, ROWS[1:])
    assert models(fewer.data) == ["Mine", "B"]


def test_an_old_claude_code_gets_no_rows(layout, monkeypatch):
    settings = tuple(each._replace(since="2.1.330") for each in ROWS)
    monkeypatch.setattr(settings_edit.installed, "find_version", lambda: (2, 1, 200))
    assert outcome(layout, {"a": 1}, settings=settings).data == b'{"a": 1}'


def test_a_helper_of_somebody_else_is_put_aside_and_comes_back(layout):
    settings = (*SETTINGS, Setting(("apiKeyHelper",), fact="no_helper"))
    theirs = {"apiKeyHelper": "echo a-key-for-another-server"}
    joined = outcome(layout, theirs, settings=settings)
    assert json.loads(joined.data)["apiKeyHelper"] == ""
    again = outcome(layout, joined.data, joined.ledger, settings)
    assert again.data == joined.data
    back = outcome(layout, joined.data, joined.ledger, settings=())
    assert json.loads(back.data)["apiKeyHelper"] == theirs["apiKeyHelper"]
    assert "apiKeyHelper" not in json.loads(outcome(layout, {}, settings=settings).data)


def test_the_helper_of_the_gateway_is_a_command_that_any_path_survives(tmp_path):
    layout = layout_in(tmp_path / "it's a place")
    data = outcome(layout, None, settings=(Setting(("apiKeyHelper",), fact="helper"),)).data
    words = shlex.split(json.loads(data)["apiKeyHelper"])
    assert words == ["sh", str(layout.gateway / "print-token.sh")]


def test_all_other_bytes_stay(layout):
    text = b'{\r\n\t"model" : "opus",\r\n\t"x": [1,2 , 3], "env":{ }\r\n}'
    data = outcome(layout, text).data
    for piece in (b'{\r\n\t"model" : "opus",\r\n\t"x": [1,2 , 3], "env":{', b"\r\n}"):
        assert piece in data


def test_doing_it_again_changes_nothing(layout):
    first = outcome(layout, {"a": 1})
    again = outcome(layout, first.data, first.ledger)
    assert again.data == first.data
    assert not again.conflicts


def test_the_ledger_holds_no_credential(layout):
    result = outcome(layout, {"env": {"MINE": "1"}})
    assert KEY not in result.ledger.to_json()
    assert KEY not in repr(result)


@pytest.mark.parametrize("name", ["ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"])
def test_what_the_gateway_cannot_do_without_is_a_conflict_when_it_was_changed(layout, name):
    first = outcome(layout, {})
    data = json.loads(first.data)
    data["env"][name] = "https://mine.example.com"
    changed = json.dumps(data).encode()
    result = outcome(layout, changed, first.ledger)
    assert result.conflicts == (("env", name),)
    assert result.data == changed
    error = settings_edit.conflict(layout, result)
    assert name in str(error)
    assert "mine.example.com" not in str(error)


def test_what_it_can_do_without_stays_as_somebody_changed_it(layout):
    first = outcome(layout, {})
    changed = first.data.replace(b'"demo"', b'"mine"')
    result = outcome(layout, changed, first.ledger)
    assert result.data == changed
    assert result.receipt.kept


@pytest.mark.parametrize("text", [b"{", b"[]", b"null", b'{"env": 5}', b"\xff"])
def test_what_is_no_settings_file_is_refused(layout, text):
    with pytest.raises(InvalidInput) as refused:
        outcome(layout, text)
    assert "settings.json" in str(refused.value)


@pytest.mark.parametrize(
    ("found", "shell", "wanted"),
    [
        ({}, {}, None),
        ({}, {"NO_PROXY": "a.b"}, None),
        ({}, {"HTTPS_PROXY": "http://p"}, "localhost,127.0.0.1,::1"),
        ({}, {"https_proxy": "http://p", "no_proxy": "a.b, c.d"}, "a.b,c.d,localhost,127.0.0.1,::1"),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "x localhost"}, {"NO_PROXY": "y"}, "x,localhost,y,127.0.0.1,::1"),
        ({"HTTP_PROXY": ""}, {"HTTP_PROXY": "http://p"}, None),
        ({"NO_PROXY": "x,y,x"}, {"HTTP_PROXY": "http://p"}, "x,y,localhost,127.0.0.1,::1"),
    ],
)
def test_where_a_proxy_is_set_the_gateways_own_address_goes_past_it(found, shell, wanted):
    assert settings_edit.no_proxy(json.dumps({"env": found}).encode(), shell, "settings.json") == wanted


def edit_of(layout, ledger=None):
    return Edit(layout, lambda found: outcome(layout, found, ledger))


def test_an_edit_is_computed_anew_on_whatever_is_found(layout):
    edit = edit_of(layout)
    edit.compute(b'{"one": 1}')
    data = json.loads(edit.compute(b'{"two": 2}'))
    assert data["two"] == 2
    assert "one" not in data


def test_undoing_takes_only_our_keys_back(layout):
    edit = edit_of(layout)
    written = json.loads(edit.compute(b'{"env": {"ANTHROPIC_MODEL": "before"}}'))
    written["theirs"] = 1
    written["env"]["ANTHROPIC_BASE_URL"] = "changed since"
    undone = json.loads(edit.undo(json.dumps(written).encode()))
    assert undone["theirs"] == 1
    assert undone["env"]["ANTHROPIC_MODEL"] == "before"
    assert undone["env"]["ANTHROPIC_BASE_URL"] == "changed since"
    assert "ANTHROPIC_AUTH_TOKEN" not in undone["env"]


def test_it_holds_while_the_keys_that_are_needed_do(layout):
    edit = edit_of(layout)
    data = edit.compute(b"{}")
    assert edit.holds(data)
    assert edit.holds(data.replace(b'"demo"', b'"other"'))
    assert not edit.holds(data.replace(b"127.0.0.1:4000", b"127.0.0.1:9"))
    assert not edit.holds(None)


def test_nothing_of_a_secret_shows_in_it(layout):
    edit = edit_of(layout)
    edit.compute(b'{"env": {"ANTHROPIC_AUTH_TOKEN": "sk-old-0123456789"}}')
    assert "sk-" not in repr(edit)


def test_the_receipt_names_the_keys_and_no_values(layout):
    edit, told = edit_of(layout), Summary()
    edit.tell(told)
    assert not told.lines()
    edit.compute(b"{}")
    edit.tell(told)
    assert "settings.json env.ANTHROPIC_AUTH_TOKEN" in told.written
    assert KEY not in "".join(told.lines())


def test_a_conflict_is_raised_before_anything_is_written(layout):
    first = outcome(layout, {})
    changed = first.data.replace(b"127.0.0.1:4000", b"127.0.0.1:9")
    with pytest.raises(Conflict):
        edit_of(layout, first.ledger).compute(changed)


SEAL_KEY = bytes(range(32))
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
    return join(data, wanted, {MODE}, ledger, SEAL_KEY, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", SHAPES)
def test_back_to_the_byte(text: str):
    first = joined(text.encode(), WANTED)
    assert loaded(first.data)["env"]["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4000"
    again = joined(first.data, WANTED, first.ledger)
    assert (again.data, again.ledger, again.receipt.written) == (first.data, first.ledger, ())
    ledger = Ledger.from_json(first.ledger.to_json())
    assert ledger == first.ledger
    back = leave(first.data, ledger, SEAL_KEY)
    assert (back.data, back.ledger) == (text.encode(), None)


def test_no_file_before_is_no_file_after():
    first = joined(None, WANTED)
    assert (first.ledger.file_existed, first.ledger.created) == (False, (("env",), ("permissions",)))
    assert leave(first.data, first.ledger, SEAL_KEY).data is None
    second = joined(first.data, {BASE_URL: "http://other"}, first.ledger)
    assert leave(second.data, second.ledger, SEAL_KEY).data is None
    theirs = edit(second.data, {("theme",): "dark"})
    assert leave(theirs, second.ledger, SEAL_KEY).data == b'{\n  "theme": "dark"\n}\n'
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
    back = leave(rewritten, first.ledger, SEAL_KEY)
    assert loaded(back.data) == {**loaded(data), "theme": "light"}
    assert back.ledger is None


def test_a_value_of_the_user_that_is_like_ours_stays_the_users():
    data = b'{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:4000"}}'
    for before in ({}, {MODEL: "demo"}):
        first = joined(data, before)
        second = joined(first.data, {**before, BASE_URL: "http://127.0.0.1:4000"}, first.ledger)
        assert leave(second.data, second.ledger, SEAL_KEY).data == data


def test_the_way_back_never_overrules_the_rules():
    data = b'{"env": {"ANTHROPIC_AUTH_TOKEN": "old", "ANTHROPIC_BASE_URL": "https://u"}}'
    first = joined(data, WANTED)
    theirs = edit(first.data, {TOKEN: "theirs"})
    stopped = joined(theirs, WANTED, first.ledger, must={TOKEN})
    assert (stopped.data, stopped.ledger, stopped.conflicts) == (theirs, first.ledger, (TOKEN,))
    forced = joined(theirs, WANTED, first.ledger, must={TOKEN}, force=True)
    back = leave(forced.data, forced.ledger, SEAL_KEY)
    assert loaded(back.data) == {"env": {"ANTHROPIC_AUTH_TOKEN": "old", "ANTHROPIC_BASE_URL": "https://u"}}
    assert [(one.text, one.bound_to) for one in back.ledger.displaced] == [('"theirs"', "http://127.0.0.1:4000")]


@pytest.mark.parametrize("recipe", [(), ("x",), ((0, 3),), ('{"hooks": "bad"}',), ((0, 99999),), ("\ud800",)])
def test_a_wrong_way_back_is_not_taken(recipe: tuple):
    first = joined(b'{"a":  1}', {MODEL: "demo"})
    ledger = first.ledger._replace(seal=Seal(digest(SEAL_KEY, first.data), recipe))
    assert loaded(leave(first.data, ledger, SEAL_KEY).data) == {"a": 1}


def test_a_lost_key_gives_nothing_back_that_may_be_theirs():
    first = joined(b"{}", WANTED)
    back = leave(first.data, first.ledger, bytes(32))
    assert (back.data, back.receipt.restored) == (first.data, ())
    assert set(back.receipt.kept) == {BASE_URL, TOKEN, MODEL, MODE}


def test_a_bad_file_is_refused_with_its_name():
    for call in (lambda: joined(b"{,}", WANTED, where="f"), lambda: leave(b"{,}", None, SEAL_KEY, "f")):
        with pytest.raises(InvalidInput, match=r"^f:1:2"):
            call()
    assert leave(b"{}", None, SEAL_KEY).data == b"{}"
    assert leave(None, None, SEAL_KEY).data is None


wanteds = st.dictionaries(st.sampled_from(OURS), st.sampled_from(VALUES) | st.just(REMOVE), max_size=6)
own = st.dictionaries(st.sampled_from(OURS), st.sampled_from(["ours 1", "ours 2", REMOVE]), max_size=6)


@given(files, st.lists(wanteds, min_size=1, max_size=4))
def test_any_deployments_and_back_is_nothing(data: bytes, several: list[dict]):
    now, ledger = data, None
    for wanted in several:
        outcome = joined(now, wanted, ledger)
        again = joined(outcome.data, wanted, outcome.ledger)
        assert (again.data, again.ledger) == (outcome.data, outcome.ledger)
        now, ledger = outcome.data, Ledger.from_json(outcome.ledger.to_json())
    back = leave(now, ledger, SEAL_KEY)
    assert (back.data, back.ledger) == (data, None)


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
    back = leave(now, ledger, SEAL_KEY)
    assert json.dumps(everything(back), sort_keys=True) == json.dumps(foreign, sort_keys=True)


@given(files, st.lists(st.tuples(own, st.booleans()), min_size=1, max_size=4))
def test_whoever_rewrites_the_file_no_credential_is_withheld(data: bytes, several: list[tuple[dict, bool]]):
    data = data.replace(b"1e999", b"1")  # Python would write Infinity
    now, ledger = data, None
    for wanted, rewritten in several:
        outcome = joined(now, wanted, ledger)
        now, ledger = outcome.data, outcome.ledger
        if rewritten:
            now = json.dumps(loaded(now), indent=2).encode()
    back = leave(now, ledger, SEAL_KEY)
    assert (loaded(back.data), back.ledger) == (loaded(data), None)


def everything(back: Outcome) -> dict:
    """What was given back, and what is kept in the ledger in the place of it."""
    content = loaded(back.data)
    for one in back.ledger.displaced if back.ledger else ():
        content = loaded(edit(json.dumps(content).encode(), {one.path: json.loads(one.text)}))
    return content


@given(files, own, own, st.sampled_from(OURS), st.sampled_from(["new", REMOVE]), st.booleans())
def test_what_the_user_changed_stays_or_is_kept(data, wanted, second, path, value, force):  # noqa: PLR0917
    first = joined(data, wanted)
    now = edit(first.data, {path: value})
    outcome = joined(now, second, first.ledger, force=force)
    back = leave(outcome.data, outcome.ledger, SEAL_KEY)
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
    assert leave(data, ledger, SEAL_KEY).data == text.encode()
