"""Whose a folder, a file and an archive is: looked at before anything is written to it or run from it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess

import pytest

from tasks.core.history import tar_format
from tasks.core.model.layout import PROJECT
from tasks.core.service import processes
from tests.artifacts.fakes import make_litellm

DODO = (PROJECT / "dodo.py").read_text()
PUBLIC = {*re.findall(r"^def task_([a-z]\w*)", DODO, re.MULTILINE)} - {"test", "bench", "docs", "lock", "facts"}


def typed(box, folder, *words, **environ):
    """`doit WORDS` as it is typed in *folder*."""
    return subprocess.run(
        box.command(*words),
        cwd=folder,
        env=box.environment(**environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def deployed(sandbox):
    """A demo with a LiteLLM that costs nothing."""
    make_litellm(sandbox.gateway / "venv")
    sandbox.deploy("--preset", "demo", "--port", str(processes.free_port()))
    return sandbox


def hand_over(box):
    """The gateway's folder as another user has it, who exchanges the start script; the mark of that script."""
    mark = box.root / "ran"
    script = box.gateway / "start-gateway.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    if os.geteuid() == 0:
        os.chown(box.gateway, 65534, 65534)
    else:
        box.gateway.chmod(0o777)
    return mark


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "words",
    [["start"], ["restart"], ["deploy", "--port", "4499"], ["plan"], ["uninstall"], ["rollback", "1"], ["backup"]],
    ids=" ".join,
)
def test_nothing_is_written_to_or_run_from_another_users_folder(deployed, words):
    mark = hand_over(deployed)
    before = deployed.state(deployed.home)
    result = deployed.doit(*words)
    assert result.code == 5, result.text
    assert str(deployed.gateway) in result.err
    assert deployed.state(deployed.home) == before
    assert not mark.exists()


def test_what_is_remembered_in_a_folder_for_all_is_not_deployed(deployed):
    (deployed.project / "build").chmod(0o777)
    result = deployed.doit("deploy", "--port", "4499")
    assert result.code == 5, result.text
    assert str(deployed.project / "build") in result.err


def test_a_gateway_of_ones_own_in_a_folder_for_all_says_what_to_type(deployed):
    deployed.gateway.chmod(0o777)
    result = deployed.doit("start")
    assert result.code == 5, result.text
    assert f"chmod go-w {deployed.gateway}" in result.err


@pytest.mark.parametrize("name", ["start-gateway.sh", "serve.py"])
def test_a_program_that_was_changed_is_not_run_until_a_deployment_brings_ours(deployed, name):
    program = deployed.gateway / name
    data = program.read_bytes()
    program.write_bytes(data + b"# of mine\n")
    result = deployed.doit("start")
    assert result.code == 5, result.text
    assert name in result.err
    deployed.deploy()
    assert program.read_bytes() == data
    assert program.with_name(f"{name}.yours").read_bytes() == data + b"# of mine\n"
    assert deployed.doit("start").code == 0
    assert deployed.doit("stop").code == 0


def test_an_edited_configuration_is_run(deployed):
    config = deployed.gateway / "litellm_config.yaml"
    config.write_text(config.read_text() + "# of mine\n")
    assert deployed.doit("start").code == 0
    assert deployed.doit("stop").code == 0


def forge(box):
    """Exchange the start script in the archive of *box*, and the digest of it that the archive has; its name."""
    (archive,) = (box.gateway / "backups").glob("*.tar.gz")
    members, facts = tar_format.unpack(archive.read_bytes(), "")
    script = members["start-gateway.sh"]
    members["start-gateway.sh"] = script._replace(data=script.data + b"# forged\n")
    forged = archive.with_name("gateway-backup-20200101-000000.tar.gz")
    forged.write_bytes(tar_format.pack(members, facts))
    return forged.name


@pytest.mark.parametrize("manifests", ["as they were", "forged as well"])
def test_a_forged_archive_is_not_installed(sandbox, manifests, monkeypatch):
    sandbox.deploy("--preset", "demo")
    sandbox.deploy("--port", "4499")
    name = forge(sandbox)
    if manifests == "forged as well":
        rewrite_manifests(sandbox.gateway / "backups" / name)
    before = (sandbox.gateway / "start-gateway.sh").read_bytes()
    result = sandbox.doit("rollback", name)
    assert result.code == 4, result.text
    assert "start-gateway.sh" in result.err
    assert (sandbox.gateway / "start-gateway.sh").read_bytes() == before


def rewrite_manifests(archive):
    """Have the manifests in an archive name the forged script: only the history knows better."""
    members, facts = tar_format.unpack(archive.read_bytes(), "")
    digest = "sha256:" + hashlib.sha256(members["start-gateway.sh"].data).hexdigest()
    for name in ("revision.json", "deployment-manifest.json"):
        data = json.loads(members[name].data)
        data.get("manifest", data)["files"]["start-gateway.sh"] = digest
        members[name] = members[name]._replace(data=json.dumps(data).encode())
    archive.write_bytes(tar_format.pack(members, facts))


DAMAGES = {
    "an address that is none": {"gateway_url": "none"},
    "a port that is none": {"gateway_url": "http://127.0.0.1:99999999"},
    "half an address": {"gateway_url": "http://[::1"},
    "a user who writes on the terminal": {"deployed_by": "\x1b]0;evil\x07\nroot"},
    "a model that does": {"models": ["\x1b[2J"]},
    "a choice that does": {"choices": {"preset": "\x1b[2J"}},
    "a file that does": {"files": {"\x1b[2J": "sha256:0"}},
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("damage", [*DAMAGES, "5000 brackets"])
def test_a_damaged_manifest_gives_sentences_and_moves_no_cursor(sandbox, damage):
    sandbox.deploy("--preset", "demo")
    path = sandbox.gateway / "deployment-manifest.json"
    if damage in DAMAGES:
        path.write_text(json.dumps({**sandbox.json(path), **DAMAGES[damage]}))
    else:
        path.write_text("[" * 5000)
    for command in ("status", "plan", "history", "doctor", "verify"):
        result = sandbox.doit(command, env={"FORCE_COLOR": "1"})
        assert "Traceback" not in result.text, command
        assert not re.search(r"\x1b(?!\[\d*m)|\x07", result.text), command
        assert "\nroot" not in result.text


def test_a_relative_claude_config_dir_is_relative_to_the_current_folder(sandbox):
    folder = sandbox.home / "work"
    folder.mkdir()
    for words in (["deploy", "--preset", "demo"], ["status"], ["deploy", "--port", "4499"]):
        done = typed(sandbox, folder, *words, CLAUDE_CONFIG_DIR="cfg", NODE_EXTRA_CA_CERTS="")
        assert done.returncode == 0, done.stderr
    assert json.loads((folder / "cfg" / "settings.json").read_text())["env"]["ANTHROPIC_BASE_URL"].endswith(":4499")
    assert f"Deployed demo to {folder / 'cfg' / 'gateway'}\n" in done.stdout
    assert not (sandbox.project / "cfg").exists()


@pytest.mark.sample(5)
@pytest.mark.parametrize("command", sorted(PUBLIC))
def test_a_file_in_the_place_of_claudes_folder_is_a_sentence(sandbox, command):
    (sandbox.home / "file").write_text("mine")
    words = {"deploy": ["--preset", "demo"], "exec": ["--", "true"]}.get(command, [])
    result = sandbox.doit(command, *words, env={"CLAUDE_CONFIG_DIR": str(sandbox.home / "file")})
    assert "Traceback" not in result.text
    assert result.code in (0, 1, 3, 5, 6), result.text
    if command in ("deploy", "plan", "install", "settings", "uninstall", "rollback", "start", "status"):
        assert result.code == 5, result.text
        assert "directory" in result.err
    assert (sandbox.home / "file").read_text() == "mine"
