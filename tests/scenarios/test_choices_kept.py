"""What was chosen belongs to one deployment, can be seen, and can be taken back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest

from tasks.core.disk import lock
from tasks.core.model.layout import Layout
from tests.artifacts.fakes import make_litellm
from tests.conftest import Sandbox

URL = "https://llm.example.com"


def make_certificate(folder):
    """A certificate and its key, both PEM files."""
    paths = folder / "me.pem", folder / "me.key"
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-nodes", "-subj", "/CN=me")
    subprocess.run([*new, "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def deployed(box, **env):
    """The port that is deployed, which is the same wherever it is named."""
    layout = Layout.of(box.environment(**env), project=box.project)
    address = box.json(layout.settings)["env"]["ANTHROPIC_BASE_URL"]
    manifest = box.json(layout.manifest)
    script = layout.start_script.read_text()
    assert manifest["gateway_url"] == address
    port = address.rpartition(":")[2]
    assert f"port={port}\n" in script
    assert f"127.0.0.1:{port}/" in layout.config.read_text()
    return port


@pytest.mark.parametrize("name", ["HOME", "CLAUDE_CONFIG_DIR"])
def test_two_homes_never_mix_in_one_checkout(sandbox, name):
    other = {name: str(sandbox.root / "other")}
    (sandbox.root / "other").mkdir()
    sandbox.deploy("--preset", "demo", "--port", "4101")
    fresh = sandbox.doit("plan", "--preset", "demo", env=other)
    assert "4101" not in fresh.text
    sandbox.deploy("--preset", "demo", "--port", "4102", env=other)
    assert "Nothing" in sandbox.deploy().err
    assert "Nothing" in sandbox.deploy(env=other).err
    assert (deployed(sandbox), deployed(sandbox, **other)) == ("4101", "4102")


def test_one_target_is_for_one_claude(sandbox):
    words = ("--preset", "demo", "--target", str(sandbox.root / "shared"))
    sandbox.deploy(*words, env={"CLAUDE_CONFIG_DIR": str(sandbox.root / "one")})
    other = {"CLAUDE_CONFIG_DIR": str(sandbox.root / "two")}
    before = sandbox.state(sandbox.root / "shared")
    refused = sandbox.doit("deploy", *words, "--yes", env=other)
    assert refused.code == 5, refused.text
    assert "another CLAUDE_CONFIG_DIR" in refused.err
    assert sandbox.state(sandbox.root / "shared") == before
    assert not (sandbox.root / "two" / "settings.json").exists()
    sandbox.deploy(*words, "--port", "4602", env={"CLAUDE_CONFIG_DIR": str(sandbox.root / "one")})


def test_two_checkouts_go_on_with_what_is_deployed(sandbox):
    second = Sandbox(sandbox.root / "second", {"HOME": str(sandbox.home)})
    second.root.mkdir()
    shutil.copytree(sandbox.project, second.project)
    sandbox.deploy("--preset", "demo", "--port", "4101")
    second.deploy("--port", "4102")
    assert "Nothing" in sandbox.deploy().err
    assert deployed(sandbox) == "4102"


def test_a_killed_deployment_leaves_the_next_one_as_it_would_have_been(sandbox):
    sandbox.deploy("--preset", "demo", "--port", "4101")
    with subprocess.Popen(
        sandbox.command("deploy", "--port", "4102"),
        cwd=sandbox.project,
        env=sandbox.environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr:
            if "stage" in line:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert "--port 4102 chosen at" in sandbox.doit("status").out
    assert sandbox.json(sandbox.gateway / "deployment-manifest.json")["gateway_url"].endswith(":4101")
    sandbox.deploy()
    assert sandbox.json(sandbox.gateway / "deployment-manifest.json")["gateway_url"].endswith(":4101")
    assert "chosen" not in sandbox.doit("status").out


def test_what_failed_is_for_one_step_alone_and_not_for_the_next_deployment(sandbox):
    sandbox.deploy("--preset", "demo")
    bundle = sandbox.home / "ca.pem"
    failed = sandbox.doit("deploy", "--ca-bundle", str(bundle))
    assert failed.code == 4, failed.text
    assert "none" not in failed.err  # it was typed, so there is nothing to drop
    alone = sandbox.doit("preflight")
    assert alone.code == 4
    assert "--ca-bundle none" in alone.err
    assert "not deployed" in sandbox.doit("plan").out
    assert "Nothing" in sandbox.deploy().err
    assert sandbox.doit("preflight").code == 0


def test_a_deployed_choice_that_became_wrong_says_how_to_drop_it(sandbox):
    bundle = sandbox.home / "ca.pem"
    certificate, _ = make_certificate(sandbox.home)
    shutil.copy(certificate, bundle)
    sandbox.deploy("--preset", "demo", "--ca-bundle", str(bundle))
    bundle.unlink()
    failed = sandbox.doit("deploy")
    assert failed.code == 4
    assert "revision 1" in failed.err
    assert "deploy --ca-bundle none" in failed.err
    sandbox.deploy("--ca-bundle", "none")


def test_choices_are_kept_for_the_next_deployment_and_shown(sandbox):
    assert sandbox.doit("choose", "--preset", "demo", "--port", "4103").code == 0
    assert "4103" in sandbox.doit("status").out
    assert "4103" in sandbox.doit("plan").out
    sandbox.deploy()
    assert deployed(sandbox) == "4103"
    shown = sandbox.doit("choose", "--haiku", "demo").out
    lines = {line.split()[0]: line for line in shown.splitlines() if line.startswith("  --")}
    assert "deployed, revision 1" in lines["--port"]
    assert "this command line" in lines["--haiku"]
    assert "default" in lines["--proxy"]
    assert "preset" in lines["--models"]


CASES = {
    "local": (
        ["--preset", "multi-provider", "--allow-missing"],
        ["--port", "4104", "--listen", "0.0.0.0", "--models", "demo", "--opus", "demo", "--sonnet", "demo"],
        ["--haiku", "demo"],
    ),
    "remote": (
        ["--preset", "enterprise", "--gateway-url", URL],
        ["--header", "x-team: blue", "--sonnet", "a", "--opus", "b", "--haiku", "c", "--auth", "x-api-key"],
        ["--token", "env:OTHER_TOKEN"],
    ),
}
"""What is deployed, and every optional choice beside the files, which are the same for both."""


@pytest.mark.parametrize("case", CASES)
def test_every_choice_can_be_taken_back(sandbox, case):
    words, one, other = CASES[case]
    sandbox.extra |= {"GATEWAY_TOKEN": "tok-0123456789abcdef", "OTHER_TOKEN": "tok-0123456789abcdef"}
    certificate, key = make_certificate(sandbox.home)
    program = make_litellm(sandbox.root / "litellm")
    files = ["--ca-bundle", str(certificate), "--client-cert", str(certificate), "--client-key", str(key)]
    options = [*one, *other, *files, "--proxy", "http://proxy.example.com:8080", "--litellm", str(program)]
    sandbox.deploy(*words)
    before = stands(sandbox)
    sandbox.deploy(*words, *options)
    assert stands(sandbox) != before
    names = dict.fromkeys(word for word in options if word.startswith("--"))
    back = [word for name in names for word in (name, "none")]
    sandbox.deploy(*words[-1:] if case == "local" else [], *back)
    assert stands(sandbox) == before
    wanted = {"preset": words[1]} | ({"gateway_url": URL} if case == "remote" else {})
    assert sandbox.json(sandbox.gateway / "deployment-manifest.json")["choices"] == wanted


def stands(box):
    """The deployed files and the settings, but for what counts up."""
    manifest = box.json(box.gateway / "deployment-manifest.json")
    files = {name: (box.gateway / name).read_text() for name in manifest["files"]}
    there = {path.name for path in box.gateway.iterdir()} - {"deployment.log", "history", "backups"}
    return files, there, box.settings.read_text()


def test_a_second_command_waits_or_leaves_with_5_and_who_only_looks_does_neither(sandbox):
    sandbox.deploy("--preset", "demo")
    held = lock.hold(sandbox.layout.build_lock, "somebody")
    try:
        for words in (["stage"], ["-n", "2", "stage"], ["deploy", "--port", "4105"], ["install"]):
            result = sandbox.doit(*words)
            assert result.code == 5, result.text
            assert f"pid {os.getpid()}" in result.err
        for words in (["status"], ["list"], ["plan"], ["history"], ["deploy", "--dry-run"]):
            assert sandbox.doit(*words).code == 0
    finally:
        os.close(held)
    assert sandbox.doit("-n", "2", "stage").code == 0


@pytest.mark.sample(1)
@pytest.mark.parametrize("pause", [0, 0.1, 0.3, 0.6])
def test_of_two_deployments_at_once_each_is_whole(sandbox, pause):
    sandbox.deploy("--preset", "demo", "--port", "4106")
    pair = []
    for port in ("4107", "4108"):
        pair.append(
            subprocess.Popen(
                sandbox.command("deploy", "--port", port),
                cwd=sandbox.project,
                env=sandbox.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        time.sleep(pause)
    said = [process.communicate(timeout=100)[0] for process in pair]
    codes = [process.returncode for process in pair]
    assert set(codes) <= {0, 5}, said
    assert 0 in codes, said
    port = deployed(sandbox)
    assert codes[("4107", "4108").index(port)] == 0
    assert "Nothing" in sandbox.deploy().err


@pytest.mark.parametrize(
    "words", [["deploy", "--no-input"], ["deploy", "--port", "4109"], ["install"], ["plan"]], ids=str
)
def test_without_a_terminal_nothing_is_guessed(sandbox, words):
    for _ in range(2):
        result = sandbox.doit(*words)
        assert result.code == 3, result.text
        assert "--preset demo" in result.err
    assert not sandbox.gateway.exists()
    assert "chosen" not in sandbox.doit("status").out
