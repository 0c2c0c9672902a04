"""What is deployed in a sandbox, and what else a command must not leave behind."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Sandbox

State = dict[str, tuple[Any, ...]]
"""By path below the home: mode and content."""

BESIDE = ("backups", "history", "profiles", "venv", ".start-lock")
"""Folders of the gateway's that no transaction covers."""

OF_A_START = ("/.start-lock", "/.start-lock/pid", "/gateway.status.json.new", "/gateway.pid.new")
"""What a start cannot remove from a disk that refuses everything; the next one does, or uninstall."""

RUNTIME = (
    "deployment.log", ".lock", ".digest-key", "gateway.pid", "gateway.status.json", "litellm.log",
    ".litellm_config.served.yaml", "gateway.status.json.new", "gateway.pid.new",
)  # fmt: skip
"""And files."""

OF_ONE_RUN = (
    "deployment_id", "timestamp", "revision", "backup_path", "flags_used", "files", "source_version", "deployed_by",
)  # fmt: skip
"""What a manifest says of when and how it was deployed, and digests: files are compared themselves."""

KEPT = {
    f"home/.claude/gateway/{name}".rstrip("/")
    for name in (
        "", "backups", "backups/metadata.json", "backups/gateway-backup-#-#.tar.gz", "backups/settings-backup-#-#.json",
        "deployment.log", "litellm.log", ".lock", ".digest-key",
    )
}  # fmt: skip
"""What stays of a deployment on purpose, or comes with the next command."""

PREPARED = ".prepared"
"""The ending of the folder of a revision that the next transaction settles."""

KEY = "LITELLM_MASTER_KEY="
TOKEN = "ANTHROPIC_AUTH_TOKEN"


def state(box: Sandbox) -> State:
    """The deployment, Claude Code's settings, and what is not ours; alike for runs that made keys of their own."""
    key = key_of(box)
    found: State = {}
    for path in _files(box.home):
        name = path.relative_to(box.home).as_posix()
        if path.name not in RUNTIME and not set(BESIDE) & set(path.parts):
            found[name] = (stat.S_IMODE(path.stat().st_mode), _content(path, key))
    return found


def deployed(box: Sandbox) -> State:
    """What of the state is a deployment's own: without when each key of settings.json was found."""
    private = ("settings-ledger.json", ".gateway-recovery.json")
    return {name: found for name, found in state(box).items() if not name.endswith(private)}


def difference(found: State, wanted: State) -> str:
    """The names of what differs."""
    names = sorted(found.keys() | wanted.keys())
    return ", ".join(name for name in names if found.get(name) != wanted.get(name))


def key_of(box: Sandbox) -> str:
    """The key in .env; empty if there is none."""
    try:
        lines = (box.gateway / ".env").read_text().splitlines()
    except OSError:
        return ""
    return next((line.removeprefix(KEY) for line in lines if line.startswith(KEY)), "")


def problems(box: Sandbox) -> Iterator[str]:
    """What must not be, whatever happened."""
    yield from _two_keys(box)
    yield from _lost_history(box)
    yield from _open_secrets(box)


def _two_keys(box: Sandbox) -> Iterator[str]:
    try:
        token = json.loads(box.settings.read_bytes()).get("env", {}).get(TOKEN)
    except FileNotFoundError:
        return
    if token and token != key_of(box):
        yield "the key in settings.json is not that of .env"


def _lost_history(box: Sandbox) -> Iterator[str]:
    try:
        manifest = json.loads((box.gateway / "deployment-manifest.json").read_bytes())
    except FileNotFoundError:
        return
    number = f"{manifest['revision']:04}"
    kept = box.gateway / "history" / number
    if not kept.exists():
        kept = kept.with_suffix(PREPARED)
    for name in manifest["files"]:
        if not (kept / "released" / name).exists():
            yield f"history: revision {manifest['revision']} has no {name}"
    backup = manifest["backup_path"]
    if backup and not Path(backup).exists():
        yield f"backup: {backup} is not there"


def _open_secrets(box: Sandbox) -> Iterator[str]:
    key = key_of(box)
    for path in [*_files(box.home), *_files(box.project / "build")]:
        if key and path.stat().st_mode & 0o077 and key.encode() in path.read_bytes():
            yield f"secret: {path} is readable by others"


def names(box: Sandbox) -> set[str]:
    """All names in the home and in build/, alike for runs at other times."""
    found = [path for top in (box.home, box.project / "build") for path in top.rglob("*")]
    return {plain(path.relative_to(box.root).as_posix()) for path in found}


def is_temporary(name: str) -> bool:
    """Whether *name* is removed by the next command that writes there: it holds no secret, and is of use for none."""
    return f"{PREPARED}/" in f"{name}/" or name.startswith("project/build/")


def plain(name: str) -> str:
    """*name* without its numbers."""
    # Two archives of the same second: the later one has one more number.
    return re.sub(r"-#-#-#\b", "-#-#", re.sub(r"[0-9]+", "#", name))


def _files(top: Path) -> Iterator[Path]:
    return (path for path in sorted(top.rglob("*")) if path.is_file())


def _content(path: Path, key: str) -> Any:
    text = path.read_text(errors="backslashreplace")  # a key, where a full disk refused to move it
    if key:
        text = text.replace(key, "KEY")
    if path.name == "deployment-manifest.json":
        return {name: value for name, value in json.loads(text).items() if name not in OF_ONE_RUN}
    if path.name == "settings-ledger.json":
        return _content_of_ledger(json.loads(text))
    if path.name == ".gateway-recovery.json":
        copy = json.loads(text)
        manifest = {name: value for name, value in copy["manifest"].items() if name not in OF_ONE_RUN}
        return manifest, _content_of_ledger(copy["ledger"])
    return text


def _content_of_ledger(content: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(entry["path"], entry["before"]) for entry in content["owned"]]
