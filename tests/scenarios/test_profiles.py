"""Somebody has several gateways, each under a name, and switches between them."""

from __future__ import annotations

import json
import shutil

import pytest

from tasks.core.catalogue import schemas
from tests.conftest import PROJECT

pytestmark = pytest.mark.sample(4)

SCHEMA = PROJECT / "templates" / "schemas" / "profiles.schema.json"
BEFORE = '{\r\n\t"model": "opus",\r\n\t"env": { "MINE": "1", "ANTHROPIC_BASE_URL": "https://example.com" }\r\n}'
TOKEN = "company-token-0123456789"
WAYS = {
    "plain": ["--preset", "demo", "--port", "4101"],
    "helper": ["--preset", "demo", "--port", "4102", "--auth", "apikeyhelper"],
    "company": ["--gateway-type", "custom", "--gateway-url", "https://gw.example.com", "--sonnet", "s"],
}
"""Three profiles whose keys of settings.json are not the same ones."""


def done(result):
    assert result.code == 0, result.text
    return result


def profiles(box):
    known = json.loads(done(box.doit("profiles", "--json")).out)
    assert schemas.findings(known, SCHEMA, file="profiles") == []
    return {each["name"]: each for each in known["profiles"]}


def deployed(box):
    return [name for name, each in profiles(box).items() if each["deployed"]]


@pytest.fixture
def three(sandbox):
    """A home whose settings are somebody's own, and three profiles deployed one after the other."""
    sandbox.claude.mkdir()
    sandbox.settings.write_bytes(BEFORE.encode())
    sandbox.extra["GATEWAY_TOKEN"] = TOKEN
    sandbox.left = {}
    for name, words in WAYS.items():
        sandbox.deploy("--profile", name, *words)
        sandbox.left[name] = sandbox.settings.read_bytes()
    return sandbox


@pytest.mark.slow
def test_there_and_back_again_leaves_the_same_bytes(three):
    for name in ("plain", "company", "helper", "plain", "helper", "company"):
        done(three.doit("use", name))
        assert three.settings.read_bytes() == three.left[name], name
        assert deployed(three) == [name]
    done(three.doit("uninstall"))
    assert three.settings.read_bytes() == BEFORE.encode()


def test_switching_is_a_revision_and_can_be_undone(three):
    done(three.doit("use", "plain"))
    assert three.json(three.gateway / "deployment-manifest.json")["revision"] == 4
    done(three.doit("rollback"))
    assert three.settings.read_bytes() == three.left["company"]
    assert deployed(three) == ["company"]


def test_they_are_listed_with_what_they_come_to(three):
    known = profiles(three)
    assert known["plain"]["models"] == ["demo"]
    assert known["company"]["url"] == "https://gw.example.com"
    assert done(three.doit("profiles")).out.splitlines()[0].startswith("* company")


def test_a_profile_is_private_holds_no_secret_and_no_place(three):
    files = sorted((three.gateway / "profiles").iterdir())
    assert [path.stem for path in files] == sorted(WAYS)
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert TOKEN not in path.read_text()
    assert (three.gateway / "profiles").stat().st_mode & 0o777 == 0o700


def test_a_fresh_clone_finds_them_and_another_target_is_no_part_of_them(three):
    shutil.rmtree(three.project / "build")
    assert deployed(three) == ["company"]
    done(three.doit("use", "helper"))
    assert three.settings.read_bytes() == three.left["helper"]


def test_changing_something_is_no_change_of_the_profile_until_it_is_named(sandbox):
    sandbox.deploy("--profile", "work", "--preset", "demo", "--port", "4101")
    sandbox.deploy("--port", "4102")
    assert deployed(sandbox) == []
    sandbox.deploy("--profile", "work", "--port", "4103")
    assert sandbox.json(sandbox.gateway / "profiles" / "work.json") == {"preset": "demo", "port": 4103}
    assert deployed(sandbox) == ["work"]


def test_naming_what_stands_keeps_it(sandbox):
    sandbox.deploy("--preset", "demo", "--port", "4101")
    sandbox.deploy("--profile", "mine")
    assert deployed(sandbox) == ["mine"]


def test_a_dry_run_keeps_and_switches_nothing(sandbox):
    sandbox.deploy("--profile", "one", "--preset", "demo")
    before = sandbox.state(sandbox.home)
    done(sandbox.doit("deploy", "--profile", "two", "--port", "4102", "--dry-run"))
    done(sandbox.doit("use", "one", "--dry-run"))
    assert sandbox.state(sandbox.home) == before


def test_a_deployment_that_fails_keeps_no_profile(sandbox):
    sandbox.deploy("--preset", "demo")
    refused = sandbox.doit("deploy", "--profile", "x", "--gateway-type", "custom", "--gateway-url", "https://a.example")
    assert refused.code == 1, refused.text
    assert profiles(sandbox) == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["use"], "There is only work"),
        (["use", "nope"], "There is only work"),
        (["use", "work", "other"], "There is only work"),
        (["use", "../work"], "a-z"),
        (["use", "work", "--startt"], "startt"),
        (["use", "work", "--port", "4103"], "port"),
        (["deploy", "--profile", "Work!"], "a-z"),
        (["profiles", "--remove", "nope"], "There is only work"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_exit_3(sandbox, words, says):
    sandbox.deploy("--profile", "work", "--preset", "demo")
    before = sandbox.state(sandbox.home)
    result = sandbox.doit(*words)
    assert result.code == 3, result.text
    assert says in result.text
    assert "Traceback" not in result.text
    after = sandbox.state(sandbox.home)
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} <= {
        "home/.claude/gateway/deployment.log"
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"preset": "Nope!"}', '{"no": 1}'])
def test_a_damaged_profile_is_told_never_deployed_and_can_be_removed(sandbox, text):
    sandbox.deploy("--profile", "work", "--preset", "demo")
    sandbox.deploy("--profile", "other", "--port", "4102")
    (sandbox.gateway / "profiles" / "work.json").write_text(text)
    assert "work.json" in profiles(sandbox)["work"]["problem"]
    refused = sandbox.doit("use", "work")
    assert refused.code == 3, refused.text
    assert "work.json" in refused.text
    assert deployed(sandbox) == ["other"]
    done(sandbox.doit("profiles", "--remove", "work"))
    assert list(profiles(sandbox)) == ["other"]


def test_uninstalling_keeps_the_profiles_purging_does_not(sandbox):
    sandbox.deploy("--profile", "work", "--preset", "demo", "--port", "4101")
    done(sandbox.doit("uninstall"))
    done(sandbox.doit("use", "work"))
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"].endswith(":4101")
    done(sandbox.doit("uninstall", "--purge"))
    assert not sandbox.claude.exists()


def test_a_new_profile_with_a_preset_begins_anew_one_without_goes_on(sandbox):
    sandbox.extra["GATEWAY_TOKEN"] = TOKEN
    sandbox.deploy("--profile", "company", *WAYS["company"], "--port", "4101")
    sandbox.deploy("--profile", "home", "--preset", "demo")
    assert sandbox.json(sandbox.gateway / "profiles" / "home.json") == {"preset": "demo", "port": 4101}
    sandbox.deploy("--profile", "other", "--port", "4102")
    assert sandbox.json(sandbox.gateway / "profiles" / "other.json") == {"preset": "demo", "port": 4102}
