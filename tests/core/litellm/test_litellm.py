"""LiteLLM is found and judged by its files; a program that would leave a trace when run never leaves one."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from tasks.core.litellm import litellm, packages
from tasks.core.litellm.litellm import LITELLM_KNOWN_GOOD, MALICIOUS, Found, find, missing_modules, refusal, warnings
from tasks.core.model.errors import UsageError
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


class Tree:
    """Fake environments in a temporary folder, whose every program touches `ran` when it is started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout = Layout.of(
            {"HOME": str(folder), "CLAUDE_CONFIG_DIR": str(folder / "claude")}, project=folder / "project"
        )
        self.ran = folder / "ran"

    def venv(self, name: str, version: str | None = LITELLM_KNOWN_GOOD, uvicorn: str | None = "0.54.0") -> Path:
        """An environment with LiteLLM in it: its program."""
        root = self.folder / name
        site = root / "lib" / "python3.12" / "site-packages"
        site.mkdir(parents=True)
        for package, number in {"litellm": version, "uvicorn": uvicorn, "litellm_proxy_extras": "9.9.9"}.items():
            if number:
                (site / f"{package}-{number}.dist-info").mkdir()
        python = self.program(root / "bin" / "python3.12", "#!/bin/sh")
        (root / "bin" / "python").symlink_to(python.name)
        return self.program(root / "bin" / "litellm", f"#!{root}/bin/python")

    def program(self, path: Path, first: str) -> Path:
        """Something that can be run, and tells when it was."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{first}\ntouch {self.ran}\n")
        path.chmod(0o755)
        return path

    def find(self, *path: Path, given: str | None = None) -> Found | None:
        """What is found with these folders on PATH."""
        return find(self.layout, {"PATH": os.pathsep.join(map(str, path))}, given)


@pytest.fixture
def tree(tmp_path):
    tree = Tree(tmp_path)
    yield tree
    assert not tree.ran.exists(), "something was run"


def judged(found: Found | None) -> Found:
    assert found is not None
    refusal(found)
    warnings(found)
    missing_modules(found, ["google.auth"])
    return found


def test_what_is_given_comes_first_then_this_gateways_own_then_path(tree):
    given, own, path = tree.venv("given"), tree.venv("claude/gateway/venv"), tree.venv("path")
    assert judged(tree.find(path.parent, given=str(given))).executable == given
    assert judged(tree.find(path.parent)).executable == own
    own.unlink()
    found = judged(tree.find(tree.folder / "nothing", path.parent))
    assert (found.executable, found.source, found.version) == (path, "PATH", LITELLM_KNOWN_GOOD)
    assert found.python == path.parent / "python"
    assert refusal(found) is None
    assert warnings(found) == []


def test_nowhere(tree):
    assert tree.find(tree.folder) is None
    assert find(tree.layout, {}) is None


def test_the_folder_of_an_environment_may_be_given(tree):
    program = tree.venv("given")
    assert judged(tree.find(given=str(tree.folder / "given"))).executable == program
    assert judged(tree.find(given=str(program.parent))).executable == program


@pytest.mark.parametrize("given", ["gone", "notes.txt", "", "a\0b"])
def test_what_is_given_must_be_a_program(tree, given):
    (tree.folder / "notes.txt").write_text("not a program")
    with pytest.raises(UsageError) as error:
        tree.find(tree.venv("path").parent, given=str(tree.folder / given) if given != "a\0b" else given)
    assert "litellm" in str(error.value)


def test_an_own_environment_that_stopped_half_way_is_not_taken(tree):
    tree.venv("claude/gateway/venv")
    (tree.layout.venv / packages.STAMP).write_text("")
    assert tree.find() is None


def test_path_entries_relative_to_wherever_one_stands_are_left_out(tree, monkeypatch):
    monkeypatch.chdir(tree.venv("here").parent)
    assert find(tree.layout, {"PATH": f".{os.pathsep}{os.pathsep}"}) is None


@pytest.mark.parametrize("version", sorted(MALICIOUS))
def test_the_malicious_releases_are_refused_loudly(tree, version):
    refused = refusal(judged(tree.find(tree.venv("bad", version).parent)))
    assert refused is not None
    assert version in str(refused)
    assert "rotate every credential" in str(refused)


def test_the_implant_is_refused_whatever_version_it_lies_beside(tree):
    program = tree.venv("bad")
    (tree.folder / "bad/lib/python3.12/site-packages/litellm_init.pth").write_text(f"import os; os.mknod('{tree.ran}')")
    assert "rotate every credential" in str(refusal(judged(tree.find(program.parent))))


def test_a_malicious_release_is_seen_beside_traces_of_another(tree):
    program = tree.venv("bad")
    (tree.folder / "bad/lib/python3.12/site-packages/litellm-1.82.8.dist-info").mkdir()
    assert "1.82.8" in str(refusal(judged(tree.find(program.parent))))


@pytest.mark.parametrize("version", ["1.87.14", "1.82.9", "0.1"])
def test_releases_with_known_holes_are_refused(tree, version):
    refused = str(refusal(judged(tree.find(tree.venv("old", version).parent))))
    assert version in refused
    assert LITELLM_KNOWN_GOOD in refused


@pytest.mark.parametrize(("version", "age"), [("1.88.0", "older"), ("1.106.10", "newer"), ("2.0", "newer")])
def test_other_releases_are_told(tree, version, age):
    found = judged(tree.find(tree.venv("other", version).parent))
    assert refusal(found) is None
    assert age in warnings(found)[0]


def test_a_version_that_cannot_be_told_is_told(tree):
    found = judged(tree.find(tree.program(tree.folder / "bin" / "litellm", "#!/bin/sh").parent))
    assert (found.version, found.python, refusal(found)) == (None, None, None)
    assert "cannot be told" in warnings(found)[0]
    assert missing_modules(found, ["google.auth"]) == []


def test_uvicorn_missing_or_old_is_told(tree):
    assert "litellm[proxy]" in warnings(judged(tree.find(tree.venv("bare", uvicorn=None).parent)))[0]
    assert "0.50.2" in warnings(judged(tree.find(tree.venv("old", uvicorn="0.50.2").parent)))[0]


def test_links_of_uv_tool_and_pipx_are_followed(tree):
    real = tree.venv("share/uv/tools/litellm")
    link = tree.folder / "local" / "bin" / "litellm"
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    found = judged(tree.find(link.parent))
    assert (found.executable, found.version, found.python) == (link, LITELLM_KNOWN_GOOD, real.parent / "python")


def test_an_installation_for_the_user_alone_is_read_for_its_own_python(tree):
    python = tree.program(tree.folder / "usr" / "bin" / "python3.11", "#!/bin/sh")
    for version, release in {"3.9": "1.60.0", "3.11": "1.106.2", "3.13": "1.107.0"}.items():
        (tree.folder / f"home/.local/lib/python{version}/site-packages/litellm-{release}.dist-info").mkdir(parents=True)
    program = tree.program(tree.folder / "home/.local/bin/litellm", f"#!{python}")
    assert judged(tree.find(program.parent)).version == "1.106.2"


def test_packages_beside_the_interpreter_are_seen_too(tree):
    python = tree.venv("system").parent / "python"
    program = tree.program(tree.folder / "elsewhere" / "litellm", f"#!{python}")
    assert judged(tree.find(program.parent)).version == LITELLM_KNOWN_GOOD


@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_the_detour_that_installers_write_for_long_paths(tree, quote):
    program = tree.venv("a b")
    python = program.parent / "python"
    program.write_text(f"#!/bin/sh\n'''exec' {quote}{python}{quote} \"$0\" \"$@\"\n' '''\nimport sys\n")
    assert judged(tree.find(program.parent)).python == python


def test_a_shim_is_passed_over_for_a_real_one_and_else_explained(tree):
    shim = tree.program(tree.folder / ".pyenv" / "shims" / "litellm", "#!/usr/bin/env bash")
    assert judged(tree.find(shim.parent, tree.venv("real").parent)).executable.parts[-3] == "real"
    for found in (tree.find(shim.parent), tree.find(given=str(shim))):
        assert "pyenv which litellm" in str(refusal(judged(found)))


def test_missing_modules_are_told_by_file_names(tree):
    program = tree.venv("some")
    site = tree.folder / "some/lib/python3.12/site-packages"
    (site / "google" / "auth").mkdir(parents=True)
    (site / "six.py").touch()
    (site / "fast.cpython-312-x86_64-linux-gnu.so").touch()
    asked = ["google.auth", "google.cloud", "six", "fast", "boto3"]
    assert missing_modules(judged(tree.find(program.parent)), asked) == ["google.cloud", "boto3"]


def test_files_that_cannot_be_read_are_no_end(tree):
    program = tree.venv("odd")
    program.write_bytes(b"\x7fELF\0\xff")
    assert judged(tree.find(program.parent)).version == LITELLM_KNOWN_GOOD


def test_the_pinned_release_is_the_locked_one():
    locked = litellm.lock(Layout.of({"HOME": "/nowhere"})).read_text()
    assert f"\nlitellm=={LITELLM_KNOWN_GOOD} " in locked


def test_an_installation_that_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    layout = Layout.of({"HOME": str(tmp_path)})

    def install(venv, lock, *, takes):
        venv.mkdir()
        (venv / packages.STAMP).write_text("")
        raise KeyboardInterrupt

    monkeypatch.setattr(packages, "install", install)
    with pytest.raises(KeyboardInterrupt):
        litellm.make(layout)
    assert list(layout.gateway.iterdir()) == []


def test_what_a_failed_deployment_installed_goes_with_it_and_what_was_there_stays(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    for name in ("venv-old", "venv-new"):
        (layout.gateway / name).mkdir(parents=True)
        (layout.gateway / name / packages.STAMP).write_text("3.11\n0123\n")
    litellm.use(layout, layout.gateway / "venv-new")
    litellm.forget_since(layout, [layout.gateway / "venv-old"])
    assert [path.name for path in layout.gateway.iterdir()] == ["venv-old"]


def test_what_a_dead_command_left_of_environments_goes_and_what_is_used_stays(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    folders = {name: layout.gateway / f"venv-{name}" for name in ("used", "old", "half", "begun", "theirs", "folder")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    for name in ("used", "old"):
        (folders[name] / packages.STAMP).write_text("3.11\n0123\n")
    (folders["half"] / packages.STAMP).touch()
    (folders["begun"] / packages.GUARD).touch()
    (folders["theirs"] / packages.STAMP).write_text(f"{packages.OTHERS}\n0123\n")
    (folders["folder"] / "notes.txt").touch()
    litellm.use(layout, folders["used"])

    def left():
        return {name for name, folder in folders.items() if folder.exists()}

    with (folders["half"] / packages.GUARD).open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        assert litellm.forget_abandoned(layout, str(folders["old"] / "bin" / "litellm"))
        assert left() == {"used", "old", "half", "theirs", "folder"}
    assert litellm.forget_abandoned(layout, "")
    assert left() == {"used", "theirs", "folder"}
    assert not litellm.forget_abandoned(layout, "")
