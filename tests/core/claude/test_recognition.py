"""Whose a key of settings.json is, where the ledger is lost: by the history, by .env, by the form."""

from __future__ import annotations

import json

import pytest

from tasks.core.claude import recognition, settings_edit
from tasks.core.claude.settings_edit import leave
from tasks.core.disk import fingerprints
from tasks.core.history import backup, history, our_form
from tasks.core.model.catalogue import Setting
from tasks.core.model.layout import PROJECT
from tasks.core.model.release import Revision
from tests.core.places import ENV, layout_in, manifest_of

KEY = bytes(range(32))
URL, MADE = "http://127.0.0.1:4000", "sk-" + "0123456789abcdef" * 4
SWITCHES = tuple(Setting(path, text="") for path in our_form.SWITCHES)
SETTINGS = (
    Setting(("env", "ANTHROPIC_BASE_URL"), text=URL),
    Setting(("env", "ANTHROPIC_AUTH_TOKEN"), variable="LITELLM_MASTER_KEY"),
    *SWITCHES,
    Setting(("env", "ANTHROPIC_MODEL"), text="demo"),
    Setting(("permissions", "defaultMode"), text="default", unless_present=True),
)
BEFORE = {"theme": "dark", "env": {"ANTHROPIC_BASE_URL": "https://u", "ANTHROPIC_AUTH_TOKEN": "theirs", "MINE": "1"}}


@pytest.fixture
def layout(tmp_path, monkeypatch):
    for name in (*settings_edit.ALL_PROXIES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    made = layout_in(tmp_path)._replace(project=PROJECT)
    made.env_file.write_text(f"LITELLM_MASTER_KEY={MADE}\n")
    return made


def deploy(layout, before, settings=SETTINGS):
    """settings.json as a deployment leaves it, with its copy of before and its revision; the ledger is lost."""
    if before is not None:
        layout.settings.write_text(json.dumps(before, indent=1))
        backup.keep(layout)
    found = layout.settings.read_bytes() if before is not None else None
    made = settings_edit.outcome(layout, settings, {"LITELLM_MASTER_KEY": MADE}, found, None)
    layout.settings.write_bytes(made.data)
    history.prepare(layout, Revision("deploy", manifest_of({ENV: "x"}), {}, settings), {}, {})
    history.settle(layout, 1)
    return made.ledger


def give_back(layout, ledger=None):
    """What leaving gives by a ledger that was put together again."""
    recovered = recognition.recover(layout, KEY, ledger)
    return leave(layout.settings.read_bytes(), recovered.ledger, KEY)


@pytest.mark.parametrize("before", [{}, {"theme": "dark"}, BEFORE, {**BEFORE, "permissions": {"defaultMode": "plan"}}])
def test_by_the_history_and_the_copy_it_is_given_back_to_the_byte(layout, before):
    deploy(layout, before)
    back = give_back(layout)
    assert (back.data, back.ledger) == (json.dumps(before, indent=1).encode(), None)


def test_without_a_file_before_there_is_none_after(layout):
    deploy(layout, None)
    assert give_back(layout).data is None


def test_what_was_written_since_stays(layout):
    deploy(layout, BEFORE)
    data = json.loads(layout.settings.read_bytes())
    data["since"] = 1
    data["env"]["ANTHROPIC_MODEL"] = "mine"
    layout.settings.write_text(json.dumps(data))
    back = json.loads(give_back(layout).data)
    assert back == {**BEFORE, "since": 1, "env": {**BEFORE["env"], "ANTHROPIC_MODEL": "mine"}}


@pytest.mark.parametrize("text", [None, "", "LITELLM_MASTER_KEY=sk-other\n"])
def test_a_key_that_was_made_here_is_recognised_without_env(layout, text):
    deploy(layout, {"theme": "dark"})
    layout.env_file.unlink()
    if text is not None:
        layout.env_file.write_text(text)
    assert json.loads(give_back(layout).data) == {"theme": "dark"}


def test_a_ledger_whose_key_is_lost_still_says_what_was_there(layout):
    ledger = deploy(layout, BEFORE)
    for path in layout.backups.iterdir():
        path.unlink()
    back = give_back(layout, ledger)
    assert (back.data, back.ledger) == (json.dumps(BEFORE, indent=1).encode(), None)


def test_a_credential_whose_key_is_the_users_again_stays_in_the_ledger(layout):
    ledger = deploy(layout, BEFORE)
    data = json.loads(layout.settings.read_bytes())
    data["env"]["ANTHROPIC_AUTH_TOKEN"] = "another of theirs"
    layout.settings.write_text(json.dumps(data))
    recovered = recognition.recover(layout, KEY, ledger)
    assert [one.text for one in recovered.ledger.displaced] == ['"theirs"']
    assert "theirs" not in repr(recovered)


def test_by_the_form_alone_only_what_is_surely_ours_goes(layout):
    deploy(layout, None)
    data = json.loads(layout.settings.read_bytes())
    data["env"] |= {"NO_PROXY": "corp,localhost,127.0.0.1,::1", "MINE": "1"}
    layout.settings.write_text(json.dumps(data))
    for path in history.folder(layout, 1).rglob("*"):
        if path.is_file():
            path.unlink()
    back = json.loads(give_back(layout).data)
    assert back == {"env": {"NO_PROXY": "corp,localhost,127.0.0.1,::1", "MINE": "1"}}


@pytest.mark.parametrize("permissions", [{"defaultMode": "plan"}, {"defaultMode": "default", "allow": ["Bash"]}])
def test_by_the_form_alone_permissions_that_a_person_wrote_stay(layout, permissions):
    deploy(layout, {"permissions": permissions})
    for path in (*history.folder(layout, 1).iterdir(), *layout.backups.iterdir()):
        if path.is_file():
            path.unlink()
    assert json.loads(give_back(layout).data) == {"permissions": permissions}


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": MADE},
        {"ANTHROPIC_BASE_URL": URL, "CLAUDE_CODE_USE_BEDROCK": "", "CLAUDE_CODE_USE_VERTEX": ""},
        {"CLAUDE_CODE_USE_BEDROCK": "", "CLAUDE_CODE_USE_VERTEX": "", "CLAUDE_CODE_USE_FOUNDRY": ""},
        {"ANTHROPIC_BASE_URL": URL, "CLAUDE_CODE_USE_BEDROCK": "1", "CLAUDE_CODE_USE_VERTEX": "0"},
    ],
)
def test_settings_that_a_person_wrote_have_not_our_form(layout, env):
    layout.settings.write_text(json.dumps({"env": env}))
    assert our_form.find_address(layout) == ""
    assert not recognition.is_connected(layout)
    assert not recognition.recover(layout, KEY, None).reasons


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"env": 5}', '{"env": {"ANTHROPIC_BASE_URL": 5}}'])
def test_what_cannot_be_read_has_not_our_form(layout, text):
    if text is not None:
        layout.settings.write_text(text)
    assert our_form.find_address(layout) == ""


def test_every_kind_of_gateway_writes_the_form(layout):
    from tasks.core.catalogue import catalogue

    for kind in catalogue.load(layout).gateways.values():
        texts = {setting.path: setting.text for setting in kind.settings if setting.text is not None}
        assert all(texts[path] in allowed for path, allowed in our_form.SWITCHES.items()), kind.id
        assert our_form.BASE_URL in [setting.path for setting in kind.settings]


def test_the_key_of_the_ledger_that_is_made_is_the_one_that_is_stored(layout):
    deploy(layout, BEFORE)
    key = fingerprints.store_key(layout)
    back = leave(layout.settings.read_bytes(), recognition.recover(layout, key, None).ledger, key)
    assert json.loads(back.data) == BEFORE
