"""A small program, written in each test, runs below a folder of its own."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.injector.program import Run, reason_not_to

if TYPE_CHECKING:
    from pathlib import Path

reason = functools.cache(reason_not_to)


class Script:
    """Python that runs below *root*."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, code: str, mode: str = "", at: int = 0, **more: Any) -> Run:
        command = [sys.executable, "-I", "-S", "-c", f"import os, sys\n{code}"]
        return Run(self.root, command, self.root, {}, mode=mode, at=at, **more)

    def end(self, code: str, mode: str = "", at: int = 0) -> int:
        """Its exit code."""
        with self.run(code, mode, at) as run:
            return run.ended.code

    def calls(self, code: str) -> list[str]:
        """The calls that are seen, with paths from the root."""
        with self.run(code) as run:
            assert run.ended.code == 0, run.ended.err
            return [call.replace(f"{self.root}/", "") for call in run.ended.calls]

    @property
    def files(self) -> dict[str, str]:
        """The files that are there, with their content."""
        found = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_text() for path in found}


@pytest.fixture
def script(tmp_path: Path) -> Script:
    if reason():
        pytest.skip(reason())
    (tmp_path / "root").mkdir()
    return Script(tmp_path / "root")
