"""Somebody wants back: to an earlier revision, to an archive, to how it was before us."""

from __future__ import annotations

import json

import pytest

BEFORE = '{\r\n\t"model": "opus",\r\n\t"env": { "MINE": "1", "ANTHROPIC_BASE_URL": "https://example.com" }\r\n}'


@pytest.fixture
def settled(sandbox):
    """A home whose settings are somebody's own."""
    sandbox.claude.mkdir()
    sandbox.settings.write_bytes(BEFORE.encode())
    sandbox.settings.chmod(0o600)
    return sandbox


def revision(sandbox):
    return sandbox.json(sandbox.gateway / "deployment-manifest.json")["revision"]


def port(sandbox):
    return sandbox.env_json()["ANTHROPIC_BASE_URL"].rpartition(":")[2]


def done(result):
    assert result.code == 0, result.text
    return result


def test_six_deployments_back_to_two_then_five_then_away_leaves_every_byte(settled):
    for number in range(1, 7):
        settled.deploy("--preset", "demo", "--port", str(4100 + number))
    done(settled.doit("rollback", "2"))
    assert (revision(settled), port(settled)) == (7, "4102")
    done(settled.doit("rollback", "5"))
    assert (revision(settled), port(settled)) == (8, "4105")
    done(settled.doit("uninstall"))
    assert settled.settings.read_bytes() == BEFORE.encode()
    assert not (settled.gateway / ".env").exists()


def test_rollback_without_a_name_goes_one_back_and_can_be_undone(sandbox):
    sandbox.deploy("--preset", "demo", "--port", "4101")
    sandbox.deploy("--port", "4102")
    done(sandbox.doit("rollback"))
    assert port(sandbox) == "4101"
    assert "4101" in (sandbox.gateway / "start-gateway.sh").read_text()
    done(sandbox.doit("rollback"))
    assert port(sandbox) == "4102"
    assert "Nothing to do" in sandbox.deploy().err


def test_history_lists_every_revision_and_shows_one_with_its_diff(sandbox):
    sandbox.deploy("--preset", "demo", "--port", "4101")
    sandbox.deploy("--port", "4102")
    done(sandbox.doit("rollback"))
    listed = done(sandbox.doit("history")).out
    assert listed.splitlines()[0].split()[-2:] == ["deploy", "demo"]
    assert "rollback to 1" in listed
    shown = done(sandbox.doit("history", "2")).out
    assert "-port=4101" in shown
    assert "+port=4102" in shown
    assert sandbox.secrets()[0] not in listed + shown


def test_a_later_edit_of_the_user_survives_the_way_back(sandbox):
    sandbox.deploy("--preset", "demo", "--port", "4101")
    sandbox.deploy("--port", "4102")
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(config.read_text().replace("request_timeout: 600", "request_timeout: 77  # mine"))
    settings = json.loads(sandbox.settings.read_text())
    settings["mine"] = [1]
    sandbox.settings.write_text(json.dumps(settings))
    done(sandbox.doit("rollback"))
    assert "request_timeout: 77  # mine" in config.read_text()
    assert json.loads(sandbox.settings.read_text())["mine"] == [1]
    assert port(sandbox) == "4101"


def test_an_archive_brings_its_revision_back(sandbox):
    sandbox.deploy("--preset", "demo", "--port", "4101")
    sandbox.deploy("--port", "4102")
    (archive,) = (sandbox.gateway / "backups").glob("gateway-backup-*.tar.gz")
    listed = done(sandbox.doit("history", "--archives")).out
    assert archive.name in listed
    assert listed.split()[-1] == "ok"
    done(sandbox.doit("rollback", archive.name))
    assert port(sandbox) == "4101"


def test_a_damaged_archive_is_told_and_refused(sandbox):
    sandbox.deploy("--preset", "demo", "--port", "4101")
    sandbox.deploy("--port", "4102")
    (archive,) = (sandbox.gateway / "backups").glob("gateway-backup-*.tar.gz")
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    assert "damaged" in sandbox.doit("history", "--archives").out
    refused = sandbox.doit("rollback", archive.name)
    assert refused.code == 4, refused.text
    assert port(sandbox) == "4102"


@pytest.mark.parametrize(
    ("which", "says"), [("99", "There is only 1"), ("nonsense", "no archive"), ("../x", "no archive")]
)
def test_an_unknown_revision_is_answered_with_those_that_are_there(sandbox, which, says):
    sandbox.deploy("--preset", "demo")
    result = sandbox.doit("rollback", which)
    assert result.code == 3, result.text
    assert says in result.text


def test_nothing_deployed_is_said_in_one_sentence(sandbox):
    for step, code in (("rollback", 1), ("uninstall", 0), ("uninstall --purge", 0), ("verify", 1)):
        result = sandbox.doit(*step.split())
        assert result.code == code, result.text
        assert "othing is deployed" in result.err
        assert "Traceback" not in result.text


def test_a_key_the_user_changed_is_kept_and_told(settled):
    settled.deploy("--preset", "demo")
    text = settled.settings.read_bytes().decode()
    settled.settings.write_bytes(text.replace('"ANTHROPIC_MODEL": "demo"', '"ANTHROPIC_MODEL": "my-own"').encode())
    result = done(settled.doit("uninstall"))
    env = settled.env_json()
    assert env["ANTHROPIC_MODEL"] == "my-own"
    assert env["ANTHROPIC_BASE_URL"] == "https://example.com"
    assert "ANTHROPIC_MODEL" in result.out


def test_a_changed_base_url_stops_the_next_deployment_with_both_intact(settled):
    settled.deploy("--preset", "demo")
    text = settled.settings.read_bytes().decode()
    settled.settings.write_bytes(text.replace("http://127.0.0.1:4000", "http://127.0.0.1:9").encode())
    before = settled.settings.read_bytes()
    result = settled.doit("deploy", "--port", "4222")
    assert result.code == 5, result.text
    assert "ANTHROPIC_BASE_URL" in result.err
    assert settled.settings.read_bytes() == before
    assert "4222" not in (settled.gateway / "start-gateway.sh").read_text()


def test_uninstall_keeps_what_others_put_there_and_says_so(sandbox):
    sandbox.deploy("--preset", "demo")
    (sandbox.gateway / "notes.txt").write_text("mine")
    env = sandbox.gateway / ".env"
    env.write_text(env.read_text() + "MY_OWN=1\n")
    result = done(sandbox.doit("uninstall"))
    assert (sandbox.gateway / "notes.txt").read_text() == "mine"
    assert "MY_OWN=1" in env.read_text()
    assert "notes.txt" in result.out
    assert not sandbox.settings.exists()


@pytest.mark.parametrize("is_package", [False, True], ids=["clone", "package"])
def test_uninstall_with_purge_leaves_nothing(sandbox, is_package):
    if is_package:
        (sandbox.project / "__init__.py").touch()
    sandbox.deploy("--preset", "demo")
    done(sandbox.doit("uninstall"))
    if is_package:
        assert list(sandbox.home.glob(".cache/gatehand/*/release"))
    sandbox.deploy("--preset", "demo")
    removed = done(sandbox.doit("uninstall", "--purge")).out
    assert [path for path in sandbox.home.rglob("*") if path.is_file()] == []
    assert not list(sandbox.home.glob("**/gatehand"))
    assert not sandbox.workshop.exists()
    assert str(sandbox.home / ".cache" / "gatehand" if is_package else sandbox.workshop) in removed
    again = done(sandbox.doit("uninstall", "--purge"))
    assert "Nothing is deployed" in again.text
    assert [path for path in sandbox.home.rglob("*") if path.is_file()] == []


def test_after_uninstall_the_numbers_go_on(sandbox):
    sandbox.deploy("--preset", "demo")
    done(sandbox.doit("uninstall"))
    sandbox.deploy("--preset", "demo")
    assert revision(sandbox) == 3
    assert "uninstall" in done(sandbox.doit("history")).out


def test_an_edited_script_makes_room_and_is_kept_beside(sandbox):
    sandbox.deploy("--preset", "demo")
    script = sandbox.gateway / "start-gateway.sh"
    edited = script.read_text() + "# mine\n"
    script.write_text(edited)
    result = sandbox.deploy("--port", "4333")
    assert (sandbox.gateway / "start-gateway.sh.yours").read_text() == edited
    assert "port=4333" in script.read_text()
    assert "yours" in result.out


def test_the_lines_of_the_user_in_env_stay(sandbox):
    sandbox.deploy("--preset", "demo")
    env = sandbox.gateway / ".env"
    env.write_text("# my own comment\nMY_OWN='a b'\n" + env.read_text())
    sandbox.deploy("--port", "4444")
    assert env.read_text().startswith("# my own comment\nMY_OWN='a b'\n")
