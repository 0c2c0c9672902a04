"""Two commands at the same time, archives with secrets: what a second look is for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import Sandbox

pytestmark = pytest.mark.sample(1)


def started(box, *words):
    return subprocess.Popen(
        box.command(*words),
        cwd=box.project,
        env=box.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_deployments_at_once_one_waits_or_says_who_is_there(sandbox):
    sandbox.deploy("--preset", "demo")
    other = sandbox.root / "other"
    shutil.copytree(sandbox.project, other / "project")
    pair = [started(sandbox, "deploy", "--port", "4101")]
    pair.append(subprocess.Popen(
        Sandbox(other).command("deploy", "--port", "4102"), cwd=other / "project", env=sandbox.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ))  # fmt: skip
    said = [each.communicate(timeout=60)[0] for each in pair]
    codes = [each.returncode for each in pair]
    assert set(codes) <= {0, 5}, said
    assert 0 in codes
    manifest = sandbox.json(sandbox.gateway / "deployment-manifest.json")
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"] == manifest["gateway_url"]
    assert manifest["gateway_url"].rpartition(":")[2] in (sandbox.gateway / "start-gateway.sh").read_text()


def test_status_tells_who_holds_the_lock(sandbox):
    sandbox.deploy("--preset", "demo")
    code = (
        "import os, sys\n"
        "from tasks.core.model.layout import Layout\n"
        "from tasks.core.disk.transaction import Transaction\n"
        "with Transaction.begin(Layout.of(os.environ), 'test'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=sandbox.project, env=sandbox.environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout.readline() == "held\n"
        lock = json.loads(sandbox.doit("status", "--json").out)["lock"]
        assert (lock["pid"], lock["command"]) == (holder.pid, "test")
        assert sandbox.doit("deploy", "--port", "4999").code == 5
        holder.stdin.close()
    assert json.loads(sandbox.doit("status", "--json").out)["lock"] is None
    sandbox.deploy("--port", "4999")


@pytest.mark.slow
def test_an_archive_with_secrets_is_encrypted_and_brings_env_back_when_asked(sandbox):
    phrase = sandbox.home / "phrase"
    phrase.write_text("correct horse\n")
    env = {"GATEWAY_PASSPHRASE_FILE": str(phrase)}
    sandbox.deploy("--preset", "demo", "--port", "4101")
    (key,) = sandbox.secrets()
    refused = sandbox.doit("deploy", "--port", "4102", "--include-secrets")
    assert refused.code == 3
    assert "GATEWAY_PASSPHRASE_FILE" in refused.err
    sandbox.deploy("--port", "4102", "--include-secrets", env=env)
    (archive,) = (sandbox.gateway / "backups").glob("*.age")
    assert key.encode() not in archive.read_bytes()
    file = sandbox.gateway / ".env"
    file.write_text(file.read_text().replace(key, "sk-" + "f" * 64))
    assert sandbox.doit("rollback", archive.name, env=env).code == 0
    assert sandbox.secrets() == ["sk-" + "f" * 64]  # the present .env stays
    assert sandbox.doit("rollback", archive.name, "--include-secrets", env=env).code == 0
    assert sandbox.secrets() == [key]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(sandbox):
    sandbox.home.chmod(0o500)
    result = sandbox.doit("deploy", "--preset", "demo")
    sandbox.home.chmod(0o700)
    assert result.code == 1
    assert "may not be written" in result.err
