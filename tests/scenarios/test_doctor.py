"""`doit doctor`: each link of the way broken in turn, found, named with its fix; and nothing is changed by looking."""

from __future__ import annotations

import json
import shutil
import socket
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from tasks.core.catalogue import schemas
from tasks.core.doctor.case import LINKS
from tasks.core.http import tls
from tests.artifacts.fakes import Folder, clear, free_port, make_litellm
from tests.conftest import PROJECT, make_sandbox

pytestmark = pytest.mark.sample(2)

ENDED = """\
-----BEGIN CERTIFICATE-----
MIIBSDCB8KADAgECAgEBMAoGCCqGSM49BAMCMCQxIjAgBgNVBAMMGUVuZGVkIGF1
dGhvcml0eSBvZiBhIHRlc3QwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAw
WjAkMSIwIAYDVQQDDBlFbmRlZCBhdXRob3JpdHkgb2YgYSB0ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAE2CZ+cJl/gIp51uDjXLeIHGNc9ZX9EqjhLXmmp094
+7QXwswZzmg87xO19HTjkzxDyneKuDfh6yk2mSjxsxX/D6MTMBEwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiB6xsRzI9plJZHfitpu3bg3vUV3anng
F1G9TUE4QeL8FQIgfjeIswERz5Dk4MhER2jBNwG2dN0rO4r1e1r7swGTeJs=
-----END CERTIFICATE-----
"""
"""The certificate of an authority that ended with 2020; its key was thrown away."""

SCHEMA = PROJECT / "templates" / "schemas" / "doctor.schema.json"


def make_deployed(root: Path):
    """A deployment of the demo on a free port, a LiteLLM that costs nothing, and a claude that tells a version."""
    box = make_sandbox(root)
    program = make_litellm(root / "litellm")
    claude = program.with_name("claude")
    claude.write_text("#!/bin/sh\necho '2.1.330 (Claude Code)'\n")
    claude.chmod(0o755)
    box.extra["PATH"] = f"{program.parent}:{box.environment()['PATH']}"
    box.extra["GATEWAY_START_TIMEOUT"] = "30"
    box.deploy("--preset", "demo", "--port", str(free_port()))
    return box


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    return make_deployed(tmp_path_factory.mktemp("stopped"))


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    box = make_deployed(tmp_path_factory.mktemp("serving"))
    started = box.doit("start")
    assert started.code == 0, started.text
    yield box
    clear(Folder(box.gateway, box.home))


@contextmanager
def restored(box):
    """Whatever is changed in the home meanwhile is as before afterwards."""
    kept = {path: path.read_bytes() for path in (box.settings, *box.gateway.iterdir()) if path.is_file()}
    modes = {path: path.stat().st_mode for path in kept}
    before = dict(box.extra)
    try:
        yield box
    finally:
        box.extra.clear()
        box.extra.update(before)
        for path in {*box.home.rglob("*")} - set(kept):
            if path.is_file() and box.gateway not in path.parents:
                path.unlink()
        shutil.rmtree(box.project / ".claude", ignore_errors=True)
        for path, data in kept.items():
            path.write_bytes(data)
            path.chmod(modes[path])


@pytest.fixture
def box(stopped):
    with restored(stopped):
        yield stopped


@pytest.fixture
def live(serving):
    with restored(serving):
        yield serving


def examined(box, *words, **env):
    """What the doctor says, as data; the exit code must fit."""
    result = box.doit("doctor", "--json", *words, env=env)
    found = json.loads(result.out)
    assert schemas.findings(found, SCHEMA, file="doctor") == []
    assert list(dict.fromkeys(each["link"] for each in found["checks"])) == list(LINKS)
    found["broken"] = found["verdict"]["link"] if found["verdict"]["state"] == "fail" else None
    assert result.code == (6 if found["broken"] else 0), result.text
    return found


def at(found, link, state=None):
    """The checks of *link*, or those of them in this *state*."""
    return [each for each in found["checks"] if each["link"] == link and state in (None, each["state"])]


def set_env(box, **values):
    """Change the env of settings.json as a user would; None takes a key out."""
    known = json.loads(box.settings.read_text())
    for name, value in values.items():
        known["env"].pop(name, None)
        if value is not None:
            known["env"][name] = value
    box.settings.write_text(json.dumps(known, indent=2))


def url(box):
    return box.env_json()["ANTHROPIC_BASE_URL"]


def test_a_gateway_that_runs_is_found_whole(live):
    found = examined(live)
    assert found["broken"] is None, found
    assert {each["state"] for each in found["checks"] if each["link"] not in ("hosts", "replies", "probe")} == {"ok"}
    assert (found["verdict"]["state"], found["verdict"]["fix"]) == ("ok", "")
    last = live.doit("doctor").out.splitlines()[-1]
    assert last == f"✓ all is well: claude asks {url(live)}, which serves all that was deployed"
    assert at(found, "names")[0]["says"].endswith("is served: demo for all names")
    assert {each["answers"] for each in found["asks"]} == {"demo"}


@pytest.mark.slow
def test_looking_changes_nothing(live):
    examined(live)
    before = live.state(live.home)
    examined(live)
    live.doit("doctor")
    live.doit("explain")
    assert live.state(live.home) == before


def test_nothing_deployed_is_told_and_is_no_failure(sandbox):
    sandbox.doit("list")
    before = sandbox.state()
    found = examined(sandbox)
    assert found["broken"] is None
    assert [each["fix"] for each in at(found, "files", "skip")] == ["To deploy: doit deploy"]
    assert sandbox.state() == before


def test_the_first_broken_link_is_named_and_the_rest_follows(box):
    set_env(box, ANTHROPIC_AUTH_TOKEN="sk-of-somebody-else")
    result = box.doit("doctor")
    assert result.code == 6
    assert "first broken link is settings" in result.err
    assert "does not run" in result.out


def test_client_missing(box):
    box.extra["PATH"] = "/usr/bin:/bin"
    (missing,) = at(examined(box, PATH=f"{Path(shutil.which('python3')).parent}:/usr/bin:/bin"), "client")
    assert missing["state"] == "warn"
    assert "npm install" in missing["fix"]


@pytest.mark.parametrize(("says", "state"), [("echo '1.0.35 (Claude Code)'", "warn"), ("exit 1", "fail")])
def test_client_old_or_broken(box, tmp_path, says, state):
    program = tmp_path / "claude"
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(0o755)
    (found,) = at(examined(box, PATH=f"{tmp_path}:{box.environment()['PATH']}"), "client")
    assert found["state"] == state


def test_settings_that_nobody_can_read(box):
    box.settings.write_text("{")
    broken = at(examined(box), "settings", "fail")
    assert any("ignores the whole file" in each["says"] for each in broken)


def test_the_copy_that_is_named_for_settings_that_nobody_can_read_is_there(box):
    box.deploy("--port", "4300")
    box.settings.write_text("{")
    (fix,) = [each["fix"] for each in at(examined(box), "settings", "fail") if "ignores" in each["says"]]
    assert "rollback" not in fix  # which refuses
    assert "ANTHROPIC_BASE_URL" in json.loads(Path(fix.split()[-1]).read_text())["env"]


def test_settings_with_a_value_of_the_wrong_type(box):
    known = json.loads(box.settings.read_text())
    box.settings.write_text(json.dumps({**known, "model": 5}))
    assert any("model" in each["says"] for each in at(examined(box), "settings", "fail"))


def test_only_doctor_asks_claude_code_about_rules_in_the_settings(box):
    known = json.loads(box.settings.read_text())
    known["permissions"] |= {"allow": ["Bash(ls:*)"]}
    box.settings.write_text(json.dumps(known))
    ran = box.root / "ran"
    claude = box.root / "spy" / "claude"
    claude.parent.mkdir(exist_ok=True)
    claude.write_text(f"#!/bin/sh\necho \"$1\" >> '{ran}'\necho '2.1.332 (Claude Code)'\n")
    claude.chmod(0o755)
    box.extra["PATH"] = f"{claude.parent}:{box.extra['PATH']}"
    for words in (("status",), ("status", "--check"), ("status", "--json")):
        box.doit(*words)
    assert not ran.exists()
    examined(box)
    assert ran.read_text().split() == ["--version", "doctor"]


@pytest.mark.slow
@pytest.mark.parametrize("file", ["settings.json", "settings.local.json"])
def test_settings_of_a_project_that_overrule(box, file):
    place = box.project / ".claude"
    place.mkdir()
    (place / file).write_text(
        '{\n  "env": {"ANTHROPIC_BASE_URL": "https://elsewhere.example.com",\n "ANTHROPIC_MODEL": "x"}\n}'
    )
    found = examined(box)
    (broken,) = at(found, "settings", "fail")
    assert broken["where"].endswith(f"{file}:2")
    assert "ANTHROPIC_BASE_URL" in broken["says"]
    assert any("ANTHROPIC_MODEL" in each["says"] for each in at(found, "settings", "warn"))
    assert "elsewhere.example.com" in at(found, "address", "fail")[0]["says"]
    assert not at(examined(box, "--dir", str(box.home)), "settings", "fail")


def test_settings_that_were_changed(box):
    set_env(box, ANTHROPIC_MODEL="mine", ANTHROPIC_BASE_URL=None)
    found = examined(box)
    assert at(found, "settings", "fail")[0]["verb"] == ["deploy"]
    assert "ANTHROPIC_MODEL" in at(found, "settings", "warn")[0]["says"]
    assert at(found, "address", "fail")


def test_settings_of_an_editor(box):
    place = box.home / ".config" / "Code" / "User"
    place.mkdir(parents=True)
    entry = '{"name": "ANTHROPIC_BASE_URL", "value": "http://127.0.0.1:1"}'
    (place / "settings.json").write_text(
        f'{{\n  // mine\n  "claudeCode.environmentVariables": [\n    {entry},\n  ],\n}}'
    )
    (found,) = at(examined(box), "starters", "warn")
    assert found["where"].endswith("settings.json:4")


def test_settings_of_another_tool(box):
    (box.home / ".litellm").mkdir(exist_ok=True)
    (box.home / ".litellm" / "claude_configure_state.json").write_text("{}")
    (found,) = at(examined(box), "settings", "warn")
    assert "lite unconfigure" in found["fix"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ANTHROPIC_AUTH_TOKEN": None}, "Not logged in"),
        ({"ANTHROPIC_AUTH_TOKEN": "sk-somebody-elses-key"}, "not the token of the deployed gateway"),
        ({"ANTHROPIC_AUTH_TOKEN": "Bearer sk-0123456789"}, "Bearer"),
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, "past the gateway"),
        ({"CLAUDE_CODE_USE_MANTLE": "1"}, "past the gateway"),
    ],
)
def test_credentials_that_break_the_way(box, change, says):
    set_env(box, **change)
    assert any(says in each["says"] for each in at(examined(box), "credentials", "fail"))


def test_credentials_twice(box):
    set_env(box, ANTHROPIC_API_KEY=None)
    known = json.loads(box.settings.read_text())
    box.settings.write_text(json.dumps({**known, "apiKeyHelper": "echo x"}))
    (box.claude / ".credentials.json").write_text("{}")
    found = at(examined(box, ANTHROPIC_API_KEY="sk-ant-mine-0123456789"), "credentials", "warn")
    told = " ".join(each["says"] for each in found)
    assert "ANTHROPIC_API_KEY" in told
    assert "apiKeyHelper" in told
    assert "login" in told


def test_the_switch_of_a_shell_is_cancelled_by_the_settings(box):
    assert not at(examined(box, CLAUDE_CODE_USE_BEDROCK="1"), "credentials", "fail")


@pytest.mark.parametrize(("text", "says"), [("127.0.0.1:4000", "http://"), ("http://127.0.0.1:4000/v1", "/v1")])
def test_address_of_the_wrong_form(box, text, says):
    set_env(box, ANTHROPIC_BASE_URL=text)
    (found,) = at(examined(box), "address", "fail")
    assert says in found["says"]
    assert found["verb"] == ["deploy"]


def test_address_dead_in_settings_where_nothing_is_deployed(sandbox):
    sandbox.claude.mkdir()
    sandbox.settings.write_text(f'{{"env": {{"ANTHROPIC_BASE_URL": "http://127.0.0.1:{free_port()}"}}}}')
    found = examined(sandbox)
    assert found["broken"] == "address"
    assert "nothing listens" in at(found, "address", "fail")[0]["says"]


def test_address_left_in_a_profile(box):
    (box.home / ".bashrc").write_text(f"# mine\nexport ANTHROPIC_BASE_URL=http://127.0.0.1:{free_port()}\n")
    (found,) = at(examined(box), "address", "warn")
    assert found["where"] == "~/.bashrc:2"
    assert "dead" in found["says"]


def test_exports_in_profiles_that_change_whom_it_asks(box):
    fish = box.home / ".config" / "fish" / "config.fish"
    fish.parent.mkdir(parents=True)
    fish.write_text("set -gx ANTHROPIC_API_KEY sk-ant-canary-0123456789\n")
    lines = ["# mine", "export ANTHROPIC_AUTH_TOKEN=canary-token", "export CLAUDE_CODE_USE_BEDROCK=1"]
    lines += ["export ANTHROPIC_MODEL=$(cat model)", "export CLAUDE_CODE_USE_VERTEX=0", "export ANTHROPIC_API_KEY="]
    (box.home / ".bashrc").write_text("\n".join([*lines, "export EDITOR=vi", ""]))
    found = examined(box)
    told = {(each["where"], each["says"].split()[1].rstrip(";")) for each in at(found, "address", "warn")}
    assert told == {
        ("~/.bashrc:2", "ANTHROPIC_AUTH_TOKEN"),
        ("~/.bashrc:3", "CLAUDE_CODE_USE_BEDROCK"),
        ("~/.bashrc:4", "ANTHROPIC_MODEL"),
        ("~/.config/fish/config.fish:1", "ANTHROPIC_API_KEY"),
    }
    assert "canary" not in json.dumps(found)
    same = json.loads(box.settings.read_text())["env"]["ANTHROPIC_AUTH_TOKEN"]
    (box.home / ".bashrc").write_text(f"export ANTHROPIC_AUTH_TOKEN={same}\n")
    fish.unlink()
    assert not at(examined(box), "address", "warn")


def test_a_name_that_no_program_reads(box):
    (found,) = at(examined(box, ANTHROPIC_TIMEOUT="9"), "address", "warn")
    assert "API_TIMEOUT_MS" in found["fix"]


def test_network_with_a_proxy_and_no_way_past_it(box):
    proxy = "http://ada:canary-pass@proxy.example.com:8080"
    assert not at(examined(box, HTTPS_PROXY=proxy), "network", "fail")
    set_env(box, NO_PROXY=None)
    found = examined(box, HTTPS_PROXY=proxy)
    (broken,) = at(found, "network", "fail")
    assert "NO_PROXY" in broken["says"]
    assert broken["verb"] == ["deploy"]
    assert "canary-pass" not in json.dumps(found)
    spared = examined(box, HTTPS_PROXY="http://proxy.example.com:8080", NO_PROXY="localhost,127.0.0.1")
    assert not at(spared, "network", "fail")


def test_network_with_a_proxy_without_scheme(box):
    found = at(examined(box, HTTP_PROXY="proxy:8080", NO_PROXY="*"), "network", "fail")
    assert "http://" in found[0]["says"]


@pytest.mark.parametrize("content", [None, "no certificate", ENDED], ids=["missing", "none", "ended"])
def test_network_with_certificates_that_are_none(box, content):
    bundle = box.home / "company.pem"
    if content is not None:
        bundle.write_text(content)
    (found,) = at(examined(box, NODE_EXTRA_CA_CERTS=str(bundle)), "network", "fail")
    assert "company.pem" in found["says"]


def test_a_bundle_is_told_of_once_and_a_systems_ended_roots_never(box):
    system = box.home / "many.pem"
    valid = tls.find_system_bundle()
    system.write_text(ENDED + (valid.read_text() if valid else ""))
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")
    with (box.gateway / ".env").open("a") as file:
        file.writelines(f"{name}={system}\n" for name in names)
    if valid:
        assert not [each for each in at(examined(box), "network") if "many.pem" in each["says"]]
    system.write_text(ENDED)
    (found,) = [
        each for each in at(examined(box, NODE_EXTRA_CA_CERTS=str(system)), "network") if "many.pem" in each["says"]
    ]
    assert found["state"] == "fail"
    assert all(name in found["says"] for name in (*names, "NODE_EXTRA_CA_CERTS"))


def test_files_missing_changed_open_and_broken(box):
    (box.gateway / "stop-gateway.sh").unlink()
    (box.gateway / ".env").chmod(0o644)
    (box.gateway / "litellm_config.yaml").write_text("model_list: [\n")
    found = at(examined(box), "files")
    told = {(each["state"], each["where"].rpartition("/")[2].partition(":")[0]) for each in found}
    assert {("fail", "stop-gateway.sh"), ("fail", ".env"), ("warn", "litellm_config.yaml")} <= told
    assert ("fail", "litellm_config.yaml") in told


def test_program_missing(box):
    tools = box.root / "tools"
    tools.mkdir(exist_ok=True)
    found = at(examined(box, PATH=f"{tools}:/usr/bin:/bin"), "program")
    assert [(each["state"], each["verb"]) for each in found] == [("fail", ["litellm"])]


def test_program_malicious(box, tmp_path):
    bad = make_litellm(tmp_path / "bad", version="1.82.8")
    (found,) = at(examined(box, PATH=f"{bad.parent}:/usr/bin:/bin"), "program")
    assert found["state"] == "fail"
    assert "malicious" in found["says"]


def test_port_of_a_stranger(box):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", int(url(box).rpartition(":")[2])))
        stranger.listen()
        found = examined(box)
    (taken,) = at(found, "port")
    assert taken["state"] == "fail"
    assert "taken" in taken["says"]
    assert "--port" in taken["fix"]


def test_process_that_does_not_run(box):
    found = examined(box)
    assert found["broken"] == "process"
    assert at(found, "process")[0]["verb"] == ["start"]
    assert {each["state"] for link in ("readiness", "key", "models") for each in at(found, link)} == {"skip"}
    (names,) = at(found, "names")
    assert (names["state"], "is configured" in names["says"]) == ("ok", True)
    found = examined(box, CLAUDE_CODE_SUBAGENT_MODEL="gpt-nothing")
    assert "is not configured to serve" in at(found, "names", "fail")[0]["says"]


@pytest.mark.parametrize("model", ["opus[1m]", "sonnet[1m]", "opusplan[1m]", "best"])
@pytest.mark.parametrize("named", ["demo", None])
def test_names_that_claude_code_writes_itself_are_no_mistake(box, model, named):
    set_env(box, ANTHROPIC_MODEL=named)
    known = json.loads(box.settings.read_text())
    box.settings.write_text(json.dumps({**known, "model": model}))
    assert {each["state"] for each in at(examined(box), "names")} == {"ok"}


def test_a_name_that_another_key_wins_over_is_no_mistake(box):
    known = json.loads(box.settings.read_text())
    box.settings.write_text(json.dumps({**known, "model": "gpt-nothing"}))
    assert {each["state"] for each in at(examined(box), "names")} == {"ok"}
    set_env(box, ANTHROPIC_MODEL=None)
    assert at(examined(box), "names", "fail")


def test_status_and_doctor_say_the_same_and_a_probe_can_ask(box):
    known = json.loads(box.doit("status", "--json").out)["verdict"]
    assert known == examined(box)["verdict"]
    assert (known["state"], known["link"], known["command"]) == ("fail", "process", ["start"])
    assert box.doit("status").out.splitlines()[-1].endswith(f"{known['says']}. {known['fix']}")
    assert box.doit("status").code == 0
    probe = box.doit("status", "--check")
    assert (probe.code, known["says"] in probe.err) == (6, True)


def test_a_probe_finds_a_gateway_that_runs(live):
    assert live.doit("status", "--check").code == 0
    known = json.loads(live.doit("status", "--json").out)["verdict"]
    assert (known["state"], known["says"]) == ("ok", examined(live)["verdict"]["says"])


def test_every_command_says_of_a_stopped_gateway_how_to_start_it(box):
    codes = {"status": 0, "verify": 0, "doctor": 6, "check": 6}
    for command, code in codes.items():
        result = box.doit(command)
        assert result.code == code, result.text
        assert "doit start" in result.text, command
    assert "the gateway does not run" in box.doit("check").err
    assert "so it was not asked" in box.doit("verify").err
    (check,) = json.loads(box.doit("verify", "--json").out)["checks"]
    assert (check["state"], len(check["warnings"])) == ("warn", 1)


def test_readiness_of_one_that_runs_and_is_not_ready(live):
    (live.home / "not-ready").touch()  # the fake LiteLLM looks for it
    found = examined(live)
    assert found["broken"] == "readiness"
    (broken,) = at(found, "readiness")
    assert (broken["state"], broken["where"]) == ("fail", url(live))
    assert "litellm.log" in broken["fix"]
    assert {each["state"] for link in ("port", "process") for each in at(found, link)} == {"ok"}


@pytest.mark.slow
def test_names_that_the_gateway_does_not_serve(live):
    found = examined(live, CLAUDE_CODE_SUBAGENT_MODEL="gpt-nothing")
    (broken,) = at(found, "names", "fail")
    assert broken["where"] == "environment"
    assert not at(examined(live, CLAUDE_CODE_SUBAGENT_MODEL="claude-opus-9"), "names", "fail")


@pytest.mark.slow
def test_a_gateway_that_was_started_with_another_key_and_config(live):
    env = live.gateway / ".env"
    env.write_text(env.read_text().replace("sk-", "sk-other"))
    set_env(live, ANTHROPIC_AUTH_TOKEN=env.read_text().partition("LITELLM_MASTER_KEY=")[2].split()[0])
    found = examined(live)
    assert at(found, "process", "warn")[0]["verb"] == ["restart"]
    assert at(found, "key", "fail")[0]["verb"] == ["restart"]


@pytest.mark.slow
def test_providers_without_what_they_want(vertex):
    vertex.deploy("--preset", "basic")
    env = vertex.gateway / ".env"
    kept = [line for line in env.read_text().splitlines() if not line.startswith("VERTEX_PROJECT")]
    env.write_text("\n".join(kept) + "\n")
    (vertex.home / "key.json").unlink()
    told = " ".join(each["says"] for each in at(examined(vertex), "providers", "fail"))
    assert "VERTEX_PROJECT" in told
    assert "GOOGLE_APPLICATION_CREDENTIALS" in told


def test_fix_asks_and_so_needs_somebody_to_ask(box):
    result = box.doit("doctor", "--fix")
    assert result.code == 3
    assert "--yes" in result.err


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["n\r", "\x04"], ids=["no", "Ctrl-D"])
def test_fix_asks_before_each_command_and_a_no_runs_none(box, answer):
    command = box.command("doctor", "--fix")
    terminal = pexpect.spawn(
        command[0], command[1:], cwd=str(box.project), env=box.environment(), timeout=60, encoding="utf-8"
    )
    terminal.expect_exact("doit start ? [y/N]: ")
    terminal.send(answer)
    terminal.expect(pexpect.EOF)
    assert "Traceback" not in terminal.before
    terminal.close()
    assert terminal.exitstatus == 6
    assert not (box.gateway / "gateway.pid").exists()


@pytest.mark.slow
def test_fix_runs_our_own_commands_and_looks_again(tmp_path):
    box = make_deployed(tmp_path)
    set_env(box, ANTHROPIC_BASE_URL=None)
    try:
        result = box.doit("doctor", "--fix", "--yes")
        assert result.code == 0, result.text
        assert examined(box)["broken"] is None
    finally:
        clear(Folder(box.gateway, box.home))


@pytest.mark.slow
def test_a_gateway_that_is_asked_as_a_provider_is(vertex):
    vertex.deploy("--gateway-type", "vertex", "--models", "vertex-claude-sonnet")
    assert not at(examined(vertex), "credentials", "fail")
    set_env(vertex, CLAUDE_CODE_USE_VERTEX="", ANTHROPIC_VERTEX_BASE_URL="https://elsewhere.example.com")
    found = examined(vertex)
    assert "CLAUDE_CODE_USE_VERTEX" in at(found, "credentials", "fail")[0]["says"]
    assert "ANTHROPIC_VERTEX_BASE_URL" in at(found, "address", "fail")[0]["says"]
