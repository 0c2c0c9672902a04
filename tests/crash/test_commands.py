"""The real `doit deploy`, update, `rollback` and `uninstall` meet a fault at each system call that changes a file.

After the next command the home is exactly old or exactly new, and the exit code told which. A sample runs by default;
the whole with GATEWAY_CRASH_ALL=1 (hours), every n-th point with GATEWAY_CRASH_EVERY=n.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Sandbox, make_sandbox
from tests.crash import runner

ALL = bool(os.environ.get("GATEWAY_CRASH_ALL"))
EVERY = 1 if ALL else int(os.environ.get("GATEWAY_CRASH_EVERY", "389"))
REASON = runner.available()
KEY = "sk-" + "0123456789abcdef" * 4
THEIRS = '{\n  "theme": "dark",\n  "env": {"MINE": "1", "ANTHROPIC_BASE_URL": "https://example.com"}\n}\n'
RUNTIME = {"backups", "history", "deployment.log", ".lock", ".digest-key", "gateway.pid", "litellm.log"}
"""What no transaction covers: it may be there or not."""

SCENARIOS = {
    "first deploy": ([], ["deploy", "--preset", "demo"]),
    "update": ([["deploy", "--preset", "demo"]], ["deploy", "--port", "4321"]),
    "rollback": ([["deploy", "--preset", "demo"], ["deploy", "--port", "4321"]], ["rollback"]),
    "uninstall": ([["deploy", "--preset", "demo"]], ["uninstall"]),
}

pytestmark = [pytest.mark.skipif(bool(REASON), reason=REASON), pytest.mark.slow]


def environment(root: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    fixed = {"LITELLM_MASTER_KEY": KEY, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", "USER": "ada"}
    return {"HOME": str(root / "home"), "PATH": path, **fixed}


def doit(root: Path, *words: str) -> list[str]:
    return [sys.executable, "-S", str(root / "project" / "run.py"), *words]


def state(root: Path) -> dict[str, Any]:
    """What a user of the home sees: every file with its mode, without what differs from run to run."""
    found: dict[str, Any] = {}
    for path in sorted((root / "home").rglob("*")):
        name = path.relative_to(root / "home").as_posix()
        if path.is_file() and not RUNTIME & set(path.relative_to(root).parts):
            found[name] = (stat.S_IMODE(path.stat().st_mode), content(path))
    return found


def content(path: Path) -> Any:
    if path.name == "deployment-manifest.json":
        told = json.loads(path.read_bytes())
        return {name: told[name] for name in ("gateway_url", "models", "modes", "choices", "revision")}
    if path.name == "settings-ledger.json":
        return [each["path"] for each in json.loads(path.read_bytes())["owned"]]
    return path.read_bytes()


@pytest.fixture(scope="module", params=SCENARIOS)
def prepared(request, tmp_path_factory) -> tuple[str, Path]:
    """A sandbox as it is before the command, to be copied for every run."""
    box: Sandbox = make_sandbox(tmp_path_factory.mktemp("before") / "box")
    box.claude.mkdir()
    box.settings.write_text(THEIRS)
    sites = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    start = (
        f"import sys; sys.path[:0] = {sites!r}\nfrom tasks.core.frame.front import main; sys.exit(main(sys.argv[1:]))\n"
    )
    (box.project / "run.py").write_text(start)
    for words in SCENARIOS[request.param][0]:
        done = subprocess.run(
            doit(box.root, *words),
            env=environment(box.root),
            cwd=box.project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return request.param, box.root


def test_old_or_new_and_a_true_exit_code(prepared, tmp_path):
    name, before = prepared
    words = SCENARIOS[name][1]

    def prepare(root: Path) -> None:
        shutil.copytree(before, root, dirs_exist_ok=True, symlinks=True)

    def recover(root: Path) -> None:
        subprocess.run(
            doit(root, "status"),
            env=environment(root),
            cwd=root / "project",
            capture_output=True,
            check=False,
            timeout=60,
        )

    experiment = runner.Experiment(
        prepare=prepare,
        command=lambda root: ["env", "-C", str(root / "project"), *doit(root, *words)],
        environment=environment,
        recover=recover,
        state=state,
    )
    report = runner.run(experiment, tmp_path, every=EVERY)
    print(f"{name}: {report}")
    assert not report.failures, "\n".join(report.failures)
