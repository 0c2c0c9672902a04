"""How settings.json is joined: what is ours is set, what is not stays byte for byte, and the way back is kept."""

import json
import shlex

import pytest

from tasks.core.claude import settings_edit
from tasks.core.claude.settings_edit import Edit
from tasks.core.console.summary import Run
from tasks.core.model.catalogue import Setting
from tasks.core.model.errors import Conflict, InvalidInput
from tasks.core.model.secret import Secret
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
        "env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:4000", "ANTHROPIC_AUTH_TOKEN": KEY, "ANTHROPIC_MODEL": "demo"},
        "permissions": {"defaultMode": "default"},
    }


def test_what_somebody_chose_is_not_ours_to_set(layout):
    found = json.loads(outcome(layout, {"permissions": {"defaultMode": "plan"}}).data)
    assert found["permissions"] == {"defaultMode": "plan"}


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


def test_there_is_no_ledger_before_the_first_deployment_and_a_damaged_one_is_refused(layout):
    assert settings_edit.ledger_of(layout) is None
    layout.ledger.write_text("{")
    with pytest.raises(InvalidInput):
        settings_edit.ledger_of(layout)


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
    edit, told = edit_of(layout), Run()
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
