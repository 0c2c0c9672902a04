"""What the disk refuses: a sentence with the user's file, the fix, and a true exit code; nothing is left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can set attributes, and mount")


def run(*words):
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip(f"{words[0]} is not allowed here")


@contextmanager
def attribute(letter, path):
    run("chattr", f"+{letter}", path)
    try:
        yield
    finally:
        run("chattr", f"-{letter}", path)


@contextmanager
def mounted(path, *options):
    """*path*, mounted onto itself."""
    run("mount", "--bind", path, path)
    try:
        if options:
            run("mount", "-o", ",".join(["remount", "bind", *options]), path)
        yield
    finally:
        run("umount", "-l", path)


@root
@pytest.mark.skipif(not shutil.which("chattr"), reason="there is no chattr")
@pytest.mark.parametrize("kind", ["immutable", "append-only", "mount point"])
def test_settings_that_cannot_be_replaced_are_named_and_nothing_is_left(sandbox, kind):
    sandbox.claude.mkdir()
    sandbox.settings.write_text("{}")
    before = sandbox.state(sandbox.home)
    frame = {
        "immutable": lambda: attribute("i", sandbox.settings),
        "append-only": lambda: attribute("a", sandbox.settings),
        "mount point": lambda: mounted(sandbox.settings),
    }[kind]
    with frame():
        result = sandbox.doit("deploy", "--preset", "demo")
        assert result.code == 5, result.text
        assert f"{sandbox.settings}: is" in result.err
        assert kind in result.err
        assert ".gw-" not in result.text
        assert sandbox.state(sandbox.home) == before


def test_a_folder_in_the_place_of_a_deployed_file_is_named_with_a_fix(sandbox):
    sandbox.deploy("--preset", "demo")
    config = sandbox.gateway / "litellm_config.yaml"
    config.unlink()
    config.mkdir()
    result = sandbox.doit("deploy", "--port", "4600")
    assert result.code == 5, result.text
    assert f"{config}: is a directory" in result.err
    assert "Move it away" in result.err


@root
def test_a_purge_that_the_disk_refuses_is_no_success(sandbox):
    sandbox.deploy("--preset", "demo")
    sandbox.deploy("--port", "4600")
    with mounted(sandbox.gateway / "backups", "ro"):
        result = sandbox.doit("uninstall", "--purge")
        assert result.code == 75, result.text
        assert "Read-only" in result.err
        assert f"{sandbox.gateway / 'backups'}/" in result.err
    assert not (sandbox.gateway / "history").exists()
    assert sandbox.doit("uninstall", "--purge").code == 0
    assert not sandbox.gateway.exists()


@root
def test_a_full_disk_does_not_keep_the_gateway_from_being_removed(sandbox):
    sandbox.home.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(sandbox.home))
    try:
        sandbox.deploy("--preset", "demo")
        fill(sandbox.home / "filler", left=32 * 1024)
        result = sandbox.doit("uninstall")
        assert result.code == 0, result.text
        assert "no backup was made" in result.err
        assert not (sandbox.gateway / "litellm_config.yaml").exists()
    finally:
        run("umount", "-l", str(sandbox.home))


def fill(path, left):
    """Fill the disk of *path* up to *left* bytes."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(file.tell() - left)
