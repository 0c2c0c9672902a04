"""A disk that is really full: a small tmpfs, filled up to a few kilobytes."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tasks.core.model.errors import GatewayError
from tests.crash import payload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def small(tmp_path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip("mounting is not allowed here")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.mark.parametrize("left", [0, 4, 8, 12, 16, 20, 24, 32, 48, 64])
def test_a_full_disk_leaves_what_was_there(small, left):
    payload.plain(small)
    before = payload.state(small)
    filler = small / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        file.truncate(max(file.tell() - left * 1024, 0))
    told = ""
    try:
        payload.deploy(payload.layout_of(small), 2)
    except GatewayError as error:
        told = str(error)
    filler.unlink()
    assert (payload.state(small) == before) == ("no space is left" in told) == bool(told)
    assert left or told
    assert not [*small.rglob(".gw-*")]
